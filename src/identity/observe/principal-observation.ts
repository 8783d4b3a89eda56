// A correlated principal of one read as a record that nobody has touched yet.
import type { Instant } from '#kernel'
import type { Classification } from '../classify.ts'
import { optional } from '../layer.ts'
import type { Principal } from '../principal.ts'
import { sameParty } from '../principal/patch-principal.ts'
import type { OwnerOfRecord, Stated } from '../record/party.ts'
import type { PrincipalRecord, PrivilegeTier } from '../record/principal-record.ts'
import { boundedAttributes, boundedId, boundedLabels, boundedName, boundedRef, boundedText } from './bounded.ts'
import type { Observed, Rank } from './observed.ts'

/** What the read says of one principal, worked out as a scan does. */
export interface PrincipalSighting {
  readonly principal: Principal
  readonly classification: Classification
  readonly tier: { readonly value: PrivilegeTier; readonly reason: string }
  /** Resolved to people and teams of the roll. */
  readonly owner?: OwnerOfRecord
  readonly backup?: OwnerOfRecord
  /** Whom the source names although that one has left. */
  readonly leftOwner?: OwnerOfRecord
  /** The principal that created it at the source. */
  readonly createdBy?: string
}

const derived = <T extends string>({ value, reason }: { readonly value: T; readonly reason: string }): Stated<T> => ({
  value,
  from: 'derived',
  reason: boundedText(reason),
})

function rankOf({ mentionedOnly, system, provenance }: Principal): Rank {
  if (mentionedOnly) return 2
  return provenance[0]?.connector === system ? 0 : 1
}

export function observedPrincipal(sighting: PrincipalSighting, source: string, at: Instant): Observed<PrincipalRecord> {
  const { principal } = sighting
  const refs = [...new Set(principal.refs.map(boundedRef))].sort()
  return {
    id: principal.id,
    refs,
    rank: rankOf(principal),
    ...optional('lastUsedAt', principal.lastUsedAt),
    accounts: principal.accounts.map(({ system, externalId }) => ({ system, externalId: boundedId(externalId) })),
    fresh: {
      ...sourceFields(principal),
      refs,
      provenance: provenanceOf(sighting, source, at),
      ...saidFields(sighting, at),
      parties: [],
      state: 'discovered',
      effect: 'not_applied',
      searchText: '',
    },
  }
}

type SourceFields = Pick<
  PrincipalRecord,
  | 'kind'
  | 'nativeType'
  | 'system'
  | 'externalId'
  | 'name'
  | 'enabled'
  | 'createdAtSource'
  | 'labels'
  | 'attributes'
  | 'integration'
  | 'workloadScope'
  | 'expiresAt'
>

function sourceFields(principal: Principal): SourceFields {
  const { attributes, system, vendor } = principal
  const namespace = system === 'kubernetes' ? attributes['namespace'] : undefined
  const cluster = attributes['cluster']
  const scope =
    typeof namespace === 'string' && namespace !== ''
      ? `k8s://${typeof cluster === 'string' ? cluster : ''}/${namespace}`
      : undefined
  return {
    kind: principal.kind,
    nativeType: boundedName(principal.nativeType),
    system,
    externalId: boundedId(principal.externalId),
    name: boundedName(principal.name),
    labels: boundedLabels(principal.labels),
    attributes: boundedAttributes(attributes),
    ...optional('enabled', principal.enabled),
    ...optional('createdAtSource', principal.createdAt),
    ...optional('expiresAt', principal.expiresAt),
    ...optional('integration', vendor === undefined ? undefined : boundedName(vendor)),
    ...optional('workloadScope', scope === undefined ? undefined : boundedName(scope)),
  }
}

function provenanceOf(
  { principal, createdBy }: PrincipalSighting,
  source: string,
  at: Instant,
): PrincipalRecord['provenance'] {
  const [first] = principal.provenance
  return {
    how: 'discovered',
    source,
    ...optional('connector', first?.connector),
    ...optional('file', first === undefined ? undefined : boundedText(first.file)),
    ...optional('object', first?.object === undefined ? undefined : boundedText(first.object)),
    ...optional('createdBy', createdBy === undefined ? undefined : boundedText(createdBy)),
    firstSeenAt: at,
  }
}

type SaidFields = Pick<
  PrincipalRecord,
  | 'environment'
  | 'function'
  | 'criticality'
  | 'tier'
  | 'purpose'
  | 'owner'
  | 'backups'
  | 'custodians'
  | 'formerOwner'
  | 'orphanedAt'
>

function saidFields({ classification, tier, owner, backup, leftOwner }: PrincipalSighting, at: Instant): SaidFields {
  const { environment, criticality, purpose } = classification
  return {
    environment: derived(environment),
    function: derived({ ...classification.function, value: boundedName(classification.function.value) }),
    criticality: derived(criticality),
    tier: derived(tier),
    ...optional(
      'purpose',
      purpose.value === 'unknown' ? undefined : derived({ ...purpose, value: boundedText(purpose.value, 2000) }),
    ),
    ...optional('owner', owner),
    // a team that answers for itself when one of it cannot is no second party
    backups: backup === undefined || (owner !== undefined && sameParty(owner.party, backup.party)) ? [] : [backup],
    custodians: [],
    ...(owner === undefined && leftOwner !== undefined ? { formerOwner: leftOwner, orphanedAt: at } : {}),
  }
}
