// Which OCSF class and activity an entry is. What is not here becomes a Base Event: counted, never dropped.

/** Of the definitions that the mapping was validated against, with the captions as they stand there. */
export const OCSF_CLASSES = {
  base_event: { category: 0, categoryName: 'Uncategorized', uid: 0, caption: 'Base Event' },
  detection_finding: { category: 2, categoryName: 'Findings', uid: 2004, caption: 'Detection Finding' },
  entity_management: {
    category: 3,
    categoryName: 'Identity & Access Management',
    uid: 3004,
    caption: 'Entity Management',
  },
  user_access: {
    category: 3,
    categoryName: 'Identity & Access Management',
    uid: 3005,
    caption: 'User Access Management',
  },
} as const
type OcsfClass = keyof typeof OCSF_CLASSES

export interface OcsfKind {
  readonly class: OcsfClass
  readonly activity: number
  readonly activityName: string
  /** 1 informational to 5 critical; informational unless said otherwise. */
  readonly severity?: 1 | 2 | 3 | 4 | 5
  /** It was tried and refused. */
  readonly failed?: true
}

const OTHER = 99

const entity = (activity: number, activityName: string, types: readonly string[]): [string, OcsfKind][] =>
  types.map((type) => [type, { class: 'entity_management', activity, activityName }])

const of = (noun: string, ...verbs: readonly string[]): string[] => verbs.map((verb) => `${noun}.${verb}`)

/** Activities of Entity Management since OCSF 1.3. */
const ENTITIES: readonly [string, OcsfKind][] = [
  ...entity(1, 'Create', [
    ...of('principal', 'discovered', 'registered'),
    ...of('credential', 'recorded', 'observed'),
    ...of('person', 'joined', 'recorded'),
    ...of('identity', 'requested'),
    'account.observed',
    'entitlement.observed',
    'way.observed',
    'token.created',
    'team.recorded',
    'vendor.registered',
    'offer.made',
    'match.proposed',
    'exposure.recorded',
    'exposure.watched',
    'connection.created',
    'target.added',
    'plan.made',
    'receipt.made',
    'policy.proposed',
    'access_request.made',
  ]),
  ...entity(2, 'Read', ['connection.run_queued', 'connection.run_ended', 'target.examined']),
  ...entity(3, 'Update', [
    'rows.changed',
    ...of('principal', 'drifted', 'updated', 'identified', 'attested', 'owner_assigned', 'owner_changed', 'orphaned'),
    ...of('principal', 'parties_left', 'backup_added', 'backup_removed', 'custodians_set', 'binding_proved'),
    ...of('principal', 'classified', 'purpose_set', 'expiry_set', 'review_set', 'vendor_set', 'workload_set'),
    ...of('principal', 'exception_recorded', 'exception_ended', 'person_confirmed', 'person_undone', 'renamed'),
    ...of('principal', 'returned', 'merged', 'split', 'split_off'),
    ...of('credential', 'drifted', 'updated', 'rekeyed', 'rotated', 'rotation_expected', 'returned', 'replaced'),
    ...of('account', 'drifted', 'returned'),
    ...of('entitlement', 'drifted', 'returned'),
    ...of('way', 'drifted', 'returned'),
    ...of('person', 'changed', 'moved', 'returned'),
    ...of('identity', 'request_approved', 'request_denied', 'request_withdrawn'),
    ...of('offer', 'accepted', 'declined', 'withdrawn'),
    ...of('match', 'confirmed', 'rejected', 'undone'),
    'team.changed',
    'vendor.changed',
    'policy.approved',
    'break_glass.reviewed',
    ...of('grant', 'narrowed', 'provisioning', 'activated', 'attempt_failed', 'ending'),
    ...of('access_request', 'approved', 'denied', 'granted', 'withdrawn', 'expired'),
    'connection.changed',
    'target.changed',
    'alarm.taken',
    ...of(
      'plan',
      'approved',
      'step_began',
      'step_goes_on',
      'step_ended',
      'attempt_failed',
      'step_undone',
      'undoing',
      'verified',
      'undone',
    ),
    'log.key_rotated',
    'server.restored',
    'people_feed.held',
    'people_feed.confirmed',
  ]),
  ...entity(4, 'Delete', [
    'principal.retired',
    'principal.gone',
    'credential.revoked',
    'credential.gone',
    'token.revoked',
    'account.gone',
    'entitlement.gone',
    'way.gone',
    'connection.removed',
    'target.reaped',
    'target.removed',
    'plan.cancelled',
    'person.left',
    'policy.refused',
    'content.pruned',
    'content.erased',
    'decision.pruned',
  ]),
  ...entity(5, 'Move', ['credential.moved', 'principal.joined']),
  ...entity(10, 'Activate', ['principal.activated', 'policy.activated', 'policy.rolled_back']),
  ...entity(11, 'Deactivate', ['vendor.offboarded', 'policy.superseded']),
  ...entity(12, 'Suspend', [
    'principal.quarantined',
    'connection.paused',
    'subject.denied',
    'plan.paused',
    'restraint.set',
  ]),
  ...entity(13, 'Resume', [
    'principal.restored',
    'connection.resumed',
    'subject.denial_lifted',
    'plan.resumed',
    'plan.ways_accepted',
    'restraint.lifted',
  ]),
]

const finding = { class: 'detection_finding', activity: 1, activityName: 'Create' } as const
const access = (activity: number, activityName: string): OcsfKind => ({ class: 'user_access', activity, activityName })

const KINDS: ReadonlyMap<string, OcsfKind> = new Map<string, OcsfKind>([
  ...ENTITIES,
  ['role.assigned', access(3, 'Assign Role')],
  ['role.ended', access(4, 'Remove Role')],
  ['grant.made', access(1, 'Assign Privileges')],
  ['grant.login_given', access(OTHER, 'Login given')],
  ['grant.ended', access(2, 'Revoke Privileges')],
  ['break_glass.used', { ...finding, severity: 4 }],
  ['break_glass.refused', { ...access(OTHER, 'Refused'), severity: 2, failed: true }],
  ['grant.unproven', { ...finding, severity: 4 }],
  ['plan.unproven', { ...finding, severity: 4 }],
  ['alarm.given_up', { ...finding, severity: 4 }],
  ['plan.rolled_back', { ...finding, severity: 3 }],
  ['access_request.refused', { ...access(OTHER, 'Refused'), severity: 2, failed: true }],
  ['decision.denied', { ...access(OTHER, 'Denied'), severity: 2, failed: true }],
  ['decision.would_deny', { ...access(OTHER, 'Would deny'), severity: 1 }],
  ['decision.missing', { ...finding, severity: 3 }],
  ['decision.allowed_high_risk', { ...access(OTHER, 'Allowed'), severity: 2 }],
  ['act.refused', { ...access(OTHER, 'Refused'), severity: 2, failed: true }],
  ['credential.leaked', { ...finding, severity: 4 }],
  ['credential.reappeared', { ...finding, severity: 4 }],
  ['principal.reappeared', { ...finding, severity: 4 }],
  ['log.witness_alarmed', { ...finding, severity: 5 }],
  ['log.restored', { ...finding, severity: 4 }],
  ['clock.stepped', { ...finding, severity: 3 }],
])

export const UNMAPPED: OcsfKind = { class: 'base_event', activity: OTHER, activityName: 'Other' }

export const ocsfKindOf = (type: string): OcsfKind => KINDS.get(type) ?? UNMAPPED
