// Entries that the other layers write: access, connections, and evidence of itself.
import type { EntryType } from './entry-type.ts'

const of =
  (layer: EntryType['layer']) =>
  (says: string, content?: EntryType['content']): EntryType => ({
    says,
    layer,
    ...(content === undefined ? {} : { content }),
  })
const access = of('access')
const connections = of('connections')
const evidence = of('evidence')

const SOURCE = { source: 'text' } as const
const RUN = { state: 'text', counts: 'object', confirmLeavers: 'flag?' } as const

/** `root`: SHA-256 over the lines of the batch that tells them one by one. */
const DECISIONS = { source: 'text', batch: 'number', root: 'text', count: 'number' } as const

export const OTHER_ENTRIES: Readonly<Record<string, EntryType>> = {
  'account.observed': access('a source showed an account', SOURCE),
  'account.drifted': access('a source changed an account', SOURCE),
  'account.gone': access('no source that saw an account sees it any more', SOURCE),
  'account.returned': access('a source sees an account again', SOURCE),
  'entitlement.observed': access('a source showed a right', SOURCE),
  'entitlement.drifted': access('a source changed a right', SOURCE),
  'entitlement.gone': access('no source that saw a right sees it any more', SOURCE),
  'entitlement.returned': access('a source sees a right again', SOURCE),
  'way.observed': access('a source showed how one principal comes to act as another, or to more', SOURCE),
  'way.drifted': access('a source changed how one principal comes to act as another, or to more', SOURCE),
  'way.gone': access('no source that saw a way from principal to principal sees it any more', SOURCE),
  'way.returned': access('a source sees a way from principal to principal again', SOURCE),
  'token.created': access('a token of Reeve was made', { kind: 'text', scopes: 'names', expiresAt: 'instant' }),
  'token.revoked': access('a token of Reeve is not accepted any more', { replayed: 'flag?' }),
  'role.assigned': access('a role of Reeve was given', { role: 'text', bothAdministrations: 'flag?' }),
  'role.ended': access('a role of Reeve was taken', { role: 'text?', replayed: 'flag?' }),
  'access_request.made': access('somebody asked for a right', {
    kind: 'text',
    actions: 'names',
    resources: 'names',
    approval: 'text',
    seconds: 'number?',
  }),
  'access_request.approved': access('somebody agreed to a right that was asked for'),
  'access_request.denied': access('a right that was asked for is not given'),
  'access_request.granted': access('a right that was asked for is given'),
  'access_request.refused': access('somebody tried to decide on a right in which they have an interest'),
  'access_request.withdrawn': access('who asked for a right does not ask for it any more'),
  'access_request.expired': access('nobody decided on a right in time'),
  'grant.made': access('somebody may do something for a time', { kind: 'text', from: 'instant', until: 'instant?' }),
  'grant.narrowed': access('a grant gives less from here on, or for less long', {
    actions: 'names',
    resources: 'names',
    until: 'instant?',
  }),
  'grant.provisioning': access('a grant may begin, and its target is told', { decision: 'text' }),
  'grant.activated': access('the target of a grant has it'),
  'grant.login_given': access('who has a grant was given a login at its target for a minute', { decision: 'text' }),
  'grant.attempt_failed': access('a target did not do what a grant asks of it, and is asked again', {
    step: 'text',
    attempt: 'number',
  }),
  'grant.ending': access('a grant is over here, and its target is told'),
  'grant.unproven': access('a grant is over here, and its target was not seen to refuse it'),
  'grant.ended': access('a grant is over; where a target was told, that was seen to refuse it', {
    answer: 'text?',
    left: 'names?',
  }),
  'break_glass.used': access('somebody took a right in an emergency, and nobody was asked first', {
    actions: 'names',
    resources: 'names',
    until: 'instant',
  }),
  'break_glass.reviewed': access('another person said what a use of break-glass was', { verdict: 'text' }),
  'break_glass.refused': access('somebody tried to review a use of break-glass that may be their own'),
  'subject.denied': access('a principal, credential, token or session is denied everywhere'),
  'subject.denial_lifted': access('what was denied everywhere is judged by grants and policies again'),
  'policy.proposed': access('a version of the policies was proposed', { number: 'number', policies: 'number' }),
  'policy.approved': access('another person approved a version of the policies', { number: 'number' }),
  'policy.refused': access('a version of the policies was refused', { number: 'number' }),
  'policy.activated': access('a version of the policies is in force', { number: 'number' }),
  'policy.superseded': access('a version of the policies is not in force any more', { number: 'number' }),
  'policy.rolled_back': access('an earlier version of the policies is in force again', { number: 'number' }),
  'decision.denied': access('a decision point denied what was asked for, as often as said', DECISIONS),
  'decision.would_deny': access(
    'a decision point would deny, where nothing hangs on it yet, as often as said',
    DECISIONS,
  ),
  'decision.allowed_high_risk': access('a decision point allowed acts of high risk, as many as said', DECISIONS),
  'decision.missing': access('a decision point decided and could not write it down, as often as said at least', {
    source: 'text',
    batch: 'number',
    count: 'number',
  }),
  'decision.pruned': access('counts and batches of decisions from before a day are not kept any more', {
    before: 'instant',
    counts: 'number',
    batches: 'number',
  }),
  'act.refused': access('somebody tried what they may not do; of reads, also so many times within a minute', {
    operation: 'text',
    code: 'text',
    tokenId: 'text',
    count: 'number?',
  }),

  'connection.created': connections('a source was configured', { type: 'text' }),
  'connection.changed': connections('a source is configured in another way', { changed: 'names' }),
  'connection.paused': connections('a source is not read until it is resumed'),
  'connection.resumed': connections('a source is read again'),
  'connection.removed': connections('a source is not configured any more'),
  'connection.run_queued': connections('a source is to be read', RUN),
  'connection.run_ended': connections('a source was read, or could not be', RUN),

  // of every layer: a trigger writes it, with the role of whoever wrote the rows. `root`: over the hash of each
  'rows.changed': {
    says: 'rows that have no versions were written',
    layer: 'any',
    content: {
      table: 'text',
      rows: 'number',
      root: 'text',
      ids: 'names?',
      began: 'flag?',
      first: 'number?',
      last: 'number?',
    },
  },
  'log.key_rotated': evidence('another key signs the log from here on, announced by the one before it', {
    note: 'text',
  }),
  'clock.stepped': evidence('a clock was ahead and was set back: entries from here on are dated before one in front', {
    newest: 'instant',
  }),
  'log.witness_alarmed': evidence('a witness says that this is not the log that it knows', {
    witness: 'text',
    cause: 'text?',
    size: 'number',
  }),
  'log.restored': evidence('the log goes on from a backup: a witness refuses it until its operator accepts that', {
    backupOf: 'instant',
    size: 'number',
    root: 'text',
    sizeBefore: 'number?',
    rootBefore: 'text?',
  }),
  'content.pruned': evidence('content of old entries was taken away; their hashes stay', {
    before: 'instant',
    count: 'number',
    type: 'text',
  }),
  // at most 1,000 of each; more are several entries. A version is `<record id> <version>`: its salt and data were taken
  'content.erased': evidence('what was kept of a person who has left was taken away; hashes stay', {
    person: 'text',
    entries: 'names',
    versions: 'names',
    rows: 'names',
  }),
}
