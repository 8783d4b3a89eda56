// The tables that every bundle of this release has, and how each hangs on the log. The verifier knows this by itself: what a
// manifest says of it would be the word of whoever is being verified.

export interface PopulationTable {
  /** Of its ids. */
  readonly prefix: string
  /** Column → path in the record that it shows, in the order of the columns, after the id (version and hash). */
  readonly columns: Readonly<Record<string, string>>
  /** Of what has no versions: the types of entries that make a row. */
  readonly madeBy?: readonly string[]
  /** Of what has no versions: the table that the log was told of, and where its columns are called otherwise. */
  readonly told?: { readonly table: string; readonly columns: Readonly<Record<string, string>> }
  /** Columns that the log is not told of: the exporter's word. */
  readonly stated?: readonly string[]
  /** Whose rows show nothing but id, version and hash. */
  readonly withheld?: 'humans' | 'all'
  /** Columns that name identities, or credentials; a bundle of some identities has only their rows. Absent: always whole. */
  readonly identities?: readonly string[]
}

const same = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, name]))

export const POPULATION_TABLES: Readonly<Record<string, PopulationTable>> = {
  principals: {
    prefix: 'prn_',
    columns: {
      kind: 'kind',
      system: 'system',
      external_id: 'externalId',
      name: 'name',
      state: 'state',
      effect: 'effect',
      environment: 'environment.value',
      tier: 'tier.value',
      criticality: 'criticality.value',
      owner_kind: 'owner.party.kind',
      owner: 'owner.party.id',
      owner_from: 'owner.from',
      backups: 'backups',
      parties: 'parties',
      vendor: 'vendorId',
      purpose: 'purpose.value',
      provenance: 'provenance.how',
      first_seen_at: 'provenance.firstSeenAt',
      expires_at: 'expiresAt',
      next_review_at: 'nextReviewAt',
      attested_by: 'attestation.by',
      attested_at: 'attestation.at',
      binding: 'binding.how',
      bound_by: 'binding.by',
      bound_at: 'binding.at',
      exception_by: 'exception.by',
      exception_until: 'exception.until',
      exception_cause: 'exception.cause',
      exception_reason: 'exception.reason',
      quarantined_at: 'quarantine.at',
      quarantined_by: 'quarantine.by',
      retired_at: 'retirement.at',
      retired_by: 'retirement.by',
      orphaned_at: 'orphanedAt',
      gone_at: 'goneAt',
    },
    withheld: 'humans',
    identities: ['id'],
  },
  credentials: {
    prefix: 'cred_',
    columns: {
      type: 'type',
      principal: 'principalId',
      also_of: 'alsoOf',
      state: 'state',
      effect: 'effect',
      created_at_source: 'createdAtSource',
      last_rotated_at: 'lastRotatedAt',
      rotate_within_days: 'rotateWithinDays',
      expires_at: 'expiresAt',
      leaked_at: 'leak.at',
      leaked_by: 'leak.by',
      replaced_by: 'replacedBy',
      revoked_at: 'revocation.at',
      revoked_by: 'revocation.by',
      gone_at: 'goneAt',
    },
    identities: ['principal', 'also_of'],
  },
  'identity-requests': {
    prefix: 'irq_',
    columns: {
      kind: 'kind',
      system: 'system',
      state: 'state',
      requested_by: 'requestedByPerson',
      decided_by: 'decidedByPerson',
      requested_behind: 'requestedBehind',
      decided_behind: 'decidedBehind',
      decided_at: 'decidedAt',
      expires_at: 'expiresAt',
      principal: 'principalId',
      purpose: 'purpose',
    },
    identities: ['principal'],
  },
  offers: {
    prefix: 'ofr_',
    columns: {
      principal: 'principalId',
      to_kind: 'to.kind',
      to: 'to.id',
      cause: 'cause',
      state: 'state',
      decided_by: 'decided.by',
      decided_at: 'decided.at',
    },
    identities: ['principal'],
  },
  vendors: {
    prefix: 'ven_',
    columns: { name: 'name', state: 'state' },
  },
  people: {
    prefix: 'psn_',
    columns: {},
    withheld: 'all',
  },
  exposures: {
    prefix: 'exp_',
    columns: same('person', 'credential', 'how', 'source', 'at'),
    madeBy: ['exposure.recorded'],
    told: { table: 'identity.exposure', columns: { person: 'person_id', credential: 'credential_id' } },
    identities: ['credential'],
  },
  accounts: {
    prefix: 'acc_',
    columns: { principal: 'principalId', system: 'system', external_id: 'externalId', gone_at: 'goneAt' },
    identities: ['principal'],
  },
  entitlements: {
    prefix: 'ent_',
    columns: {
      principal: 'principalId',
      system: 'system',
      permission: 'permission',
      effect: 'effect',
      level: 'level',
      resources: 'resources',
      path: 'path',
      gone_at: 'goneAt',
    },
    identities: ['principal'],
  },
  ways: {
    prefix: 'way_',
    columns: {
      principal: 'principalId',
      kind: 'kind',
      how: 'how',
      technique: 'technique',
      reaches_principal: 'reachesPrincipalId',
      reaches: 'reaches',
      reaches_tier: 'reachesTier',
      open: 'open',
      gone_at: 'goneAt',
    },
    identities: ['principal'],
  },
  'access-requests': {
    prefix: 'req_',
    columns: {
      principal: 'principalId',
      kind: 'kind',
      actions: 'actions',
      resources: 'resources',
      seconds: 'seconds',
      purpose: 'purpose',
      requested_by: 'requestedBy',
      interested: 'interested',
      approval: 'needs.approval',
      approvals_needed: 'needs.approvals',
      policy_version: 'needs.policyVersion',
      state: 'state',
      grant: 'grantId',
    },
    identities: ['principal'],
  },
  approvals: {
    prefix: 'apr_',
    columns: same('request', 'verdict', 'actor', 'behind', 'interested', 'reason', 'at'),
    madeBy: ['access_request.approved', 'access_request.denied'],
    told: { table: 'access.approval', columns: { request: 'request_id' } },
    identities: [],
  },
  grants: {
    prefix: 'grt_',
    columns: {
      principal: 'principalId',
      kind: 'kind',
      actions: 'actions',
      resources: 'resources',
      from: 'from',
      until: 'until',
      state: 'state',
      request: 'requestId',
      approved_by: 'approvedBy',
      ended_at: 'ended.at',
      ended_by: 'ended.by',
    },
    identities: ['principal'],
  },
  'break-glass': {
    prefix: 'bgl_',
    columns: {
      principal: 'principalId',
      request: 'requestId',
      used_by: 'usedBy',
      persons: 'persons',
      at: 'at',
      until: 'until',
      state: 'state',
      reviewed_by: 'review.by',
      reviewed_at: 'review.at',
      verdict: 'review.verdict',
    },
    identities: ['principal'],
  },
  denials: {
    prefix: 'dny_',
    columns: { subject: 'subjectId', reason: 'reason', by: 'by', lifted_at: 'liftedAt' },
    identities: ['subject'],
  },
  'policy-versions': {
    prefix: 'pol_',
    columns: {
      number: 'number',
      state: 'state',
      text_sha256: 'textHash',
      proposed_by: 'proposedBy',
      proposed_behind: 'proposedBehind',
      approvals: 'approvals',
      activated_at: 'activatedAt',
    },
  },
  tokens: {
    prefix: 'tok_',
    columns: same('principal', 'person', 'bootstrap', 'scopes', 'created_at', 'expires_at', 'revoked_at', 'used_on'),
    madeBy: ['token.created'],
    told: { table: 'access.token', columns: { principal: 'principal_id', person: 'person_id' } },
    stated: ['used_on'],
    identities: ['principal'],
  },
  'role-assignments': {
    prefix: 'rol_',
    columns: same('subject', 'role', 'both_allowed', 'assigned_at', 'assigned_by', 'ended_at', 'ended_by'),
    madeBy: ['role.assigned'],
    told: { table: 'access.role_assignment', columns: { subject: 'subject_id' } },
    identities: ['subject'],
  },
}
