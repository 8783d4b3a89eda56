// Entries that the identity layer writes.
import { REPLAYED } from './entry-type.ts'
import type { EntryType } from './entry-type.ts'

type Content = EntryType['content']

const of = (says: string, content?: Content): EntryType => ({
  says,
  layer: 'identity',
  ...(content === undefined ? {} : { content }),
})

const SOURCE = { source: 'text', fields: 'names?' } as const
const OF_KIND = { ...SOURCE, kind: 'text?' } as const

const PRINCIPALS: Readonly<Record<string, EntryType>> = {
  'principal.discovered': of('a source showed an identity that the roll did not have', OF_KIND),
  'principal.drifted': of('a source changed what the roll holds of it', OF_KIND),
  'principal.updated': of('a source said more, or less, of it', OF_KIND),
  'principal.gone': of('no source that saw it sees it any more', SOURCE),
  'principal.returned': of('a source sees it again', OF_KIND),
  'principal.reappeared': of('a source sees it again after it was retired', OF_KIND),
  'principal.registered': of('it was taken into the roll', {
    how: 'text?',
    kind: 'text?',
    system: 'text?',
    owner: 'text?',
    backup: 'text?',
    state: 'text?',
  }),
  'principal.identified': of('identifiers were added to it', { added: 'number' }),
  'principal.activated': of('it became active', { exceptionUntil: 'instant?' }),
  'principal.attested': of('its owner said that it is still needed', { nextReviewAt: 'instant?' }),
  'principal.quarantined': of('it is not to be used, until it is restored or retired', {
    from: 'text?',
    cause: 'text?',
    gaps: 'names?',
    ...REPLAYED,
  }),
  'principal.restored': of('it left quarantine', { to: 'text?', gaps: 'names?' }),
  'principal.retired': of('it ended; its id is never used again', { from: 'text?', emergency: 'flag?', ...REPLAYED }),
  'principal.owner_assigned': of('somebody was made to answer for it', {
    owner: 'text',
    formerOwner: 'text?',
    validTo: 'instant?',
  }),
  'principal.owner_changed': of('somebody accepted to answer for it', {
    owner: 'text',
    offer: 'text',
    formerOwner: 'text?',
  }),
  'principal.orphaned': of('its owner left'),
  'principal.parties_left': of('a backup or custodian left'),
  'principal.backup_added': of('a second party answers for it', { backup: 'text' }),
  'principal.backup_removed': of('a backup does not answer for it any more', { backup: 'text' }),
  'principal.custodians_set': of('who answers for each consumer of a shared identity', { custodians: 'object' }),
  'principal.binding_proved': of('it was proven that record and identity belong together', {
    how: 'text',
    credential: 'text?',
  }),
  'principal.classified': of('a person stated what it is for and how critical', {
    environment: 'text?',
    function: 'text?',
    criticality: 'text?',
    kind: 'text?',
  }),
  'principal.purpose_set': of('its purpose was stated'),
  'principal.expiry_set': {
    ...of('its end was set, or taken away', { expiresAt: 'instant' }),
    nullable: ['expiresAt'],
  },
  'principal.review_set': {
    ...of('its next review was set, or taken away', { nextReviewAt: 'instant' }),
    nullable: ['nextReviewAt'],
  },
  'principal.vendor_set': { ...of('whose it is was stated', { vendorId: 'text' }), nullable: ['vendorId'] },
  'principal.workload_set': {
    ...of('the workload that it is for was stated', { workloadScope: 'text' }),
    nullable: ['workloadScope'],
  },
  'principal.exception_recorded': of('a rule does not hold for it until a day', { until: 'instant', gaps: 'names' }),
  'principal.exception_ended': { ...of('its exception ended', { until: 'instant' }), nullable: ['until'] },
  'principal.merged': of('another record was joined into it', { from: 'text', changed: 'names' }),
  'principal.joined': of('it was joined into another record', { into: 'text' }),
  'principal.split': of('a record that was joined into it stands alone again', { off: 'text' }),
  'principal.split_off': of('it stands alone again', { from: 'text', state: 'text' }),
  'principal.person_confirmed': of('it is a person of the roll', { personId: 'text', kindBefore: 'text' }),
  'principal.person_undone': of('it is not that person after all', { kind: 'text' }),
  'principal.renamed': of('the person that it is has another name'),
}

const CREDENTIALS: Readonly<Record<string, EntryType>> = {
  'credential.recorded': of('a credential was recorded', { type: 'text' }),
  'credential.observed': of('a source showed a credential', SOURCE),
  'credential.drifted': of('a source changed what the roll holds of it', SOURCE),
  'credential.updated': of('a source said more, or less, of it', SOURCE),
  'credential.gone': of('no source that saw it sees it any more', SOURCE),
  'credential.returned': of('a source sees it again', SOURCE),
  'credential.reappeared': of('a source sees it again after it was revoked', SOURCE),
  'credential.moved': of('it is of another record, since two were joined or parted', { from: 'text', into: 'text' }),
  'credential.rekeyed': of('fingerprints under an older key left it', { keyId: 'text' }),
  'credential.rotated': of('it has a new value, or another took its place', { rotatedAt: 'instant?', ...REPLAYED }),
  'credential.replaced': of('another credential took its place', { rotatedAt: 'instant' }),
  'credential.rotation_expected': of('within how many days it is to be rotated', { rotateWithinDays: 'number' }),
  'credential.leaked': of('it is known to others', REPLAYED),
  'credential.revoked': of('it is not to be accepted any more', REPLAYED),
  'exposure.recorded': of('a person knows, or knew, a credential', { how: 'text', source: 'text', at: 'instant' }),
  'exposure.watched': of('a source began to watch who gets to know credentials', {
    source: 'text',
    how: 'text',
    since: 'instant',
  }),
}

const LEAVERS = {
  leavers: 'number',
  missing: 'number',
  leftBefore: 'number',
  people: 'number',
  shareMax: 'number',
} as const

const PEOPLE: Readonly<Record<string, EntryType>> = {
  'person.joined': of('a feed brought a person', { status: 'text?' }),
  'person.recorded': of('a feed brought a person who had left already', { status: 'text' }),
  'person.changed': of('a feed changed a person', { fields: 'names?', missing: 'flag?' }),
  'person.moved': of('a person has another manager or team', { fields: 'names', missing: 'flag?' }),
  'person.left': of('a person left', { fields: 'names', missing: 'flag?' }),
  'person.returned': of('a person who had left is back', { fields: 'names', missing: 'flag?' }),
  'team.recorded': of('a feed brought a team'),
  'team.changed': of('a feed changed a team'),
  'people_feed.held': of('a feed marks so many leavers that a person has to confirm', {
    source: 'text',
    ...LEAVERS,
  }),
  'people_feed.confirmed': of('a person said that so many did leave', { source: 'text', ...LEAVERS }),
  'vendor.registered': of('a third party was taken into the roll', { name: 'text' }),
  'vendor.changed': of('what the roll says of a third party changed', { fields: 'names' }),
  'vendor.offboarded': of('a third party ended, with everything of it', { hash: 'text', quarantined: 'number' }),
}

const PROPOSALS: Readonly<Record<string, EntryType>> = {
  'offer.made': of('ownership was offered', { to: 'text?', cause: 'text?' }),
  'offer.accepted': of('an offer was accepted', { to: 'text' }),
  'offer.declined': of('an offer was declined', { to: 'text' }),
  'offer.withdrawn': of('an offer was withdrawn', { to: 'text?' }),
  'identity.requested': of('a new identity was asked for', {
    kind: 'text',
    system: 'text',
    owner: 'text',
    expiresAt: 'instant',
  }),
  'identity.request_approved': of('another person agreed to a new identity'),
  'identity.request_denied': of('another person denied a new identity'),
  'identity.request_withdrawn': of('who asked for a new identity took that back'),
  'match.proposed': of('two records may be one', { strength: 'text' }),
  'match.confirmed': of('two records are one'),
  'match.rejected': of('two records are two'),
  'match.undone': of('two records that were joined are two again'),
  'server.restored': of('the server stands on a backup, and on what was known after it', {
    backupOf: 'instant',
    knownUntil: 'instant',
    evidenceGiven: 'flag',
    unknown: 'number',
    leavers: 'number',
    quarantined: 'number?',
    retired: 'number?',
    credentials: 'number?',
    tokensRevoked: 'number?',
    rolesEnded: 'number?',
    plansPaused: 'number?',
    plansCancelled: 'number?',
    targetsRemoved: 'number?',
    grantsEnded: 'number?',
    denials: 'number?',
  }),
}

export const IDENTITY_ENTRIES: Readonly<Record<string, EntryType>> = {
  ...PRINCIPALS,
  ...CREDENTIALS,
  ...PEOPLE,
  ...PROPOSALS,
}
