// When a principal last used which service: `get-service-last-accessed-details`, and the same inside other exports.
import { ref } from '#kernel'
import type { Instant, Observation } from '#kernel'
import { instantIn, isRecord, listOf, member, textIn } from '../untrusted-value.ts'
import { iamArn } from './iam-name.ts'
import { provenanceOf } from './place.ts'
import type { Place, UntrustedRecord } from './place.ts'

export interface LastAccessed {
  readonly at: Instant | undefined
  /** By service prefix. */
  readonly byService: Readonly<Record<string, Instant>>
}

/** `[{ServiceNamespace, LastAccessed}]`; `undefined` when there is no such list. */
export function lastAccessed(list: unknown): LastAccessed | undefined {
  if (!Array.isArray(list)) return undefined
  const byService: Record<string, Instant> = {}
  for (const entry of listOf(list)) {
    if (!isRecord(entry)) continue
    const service = textIn(entry, 'ServiceNamespace')
    const at = instantIn(entry, 'LastAccessed') ?? instantIn(entry, 'LastAuthenticated')
    if (service !== undefined && at !== undefined && service !== '__proto__') byService[service] = at
  }
  return { at: Object.values(byService).toSorted().at(-1), byService }
}

/**
 * The report does not say whom it is about, but every service that was used says who used it last. A report about a
 * policy or group names several; each gets what is its own.
 */
export function* lastAccessedFacts(report: UntrustedRecord, place: Place): Generator<Observation> {
  const byEntity = new Map<string, UntrustedRecord[]>()
  for (const entry of listOf(member(report, 'ServicesLastAccessed'))) {
    const entity = isRecord(entry) ? textIn(entry, 'LastAuthenticatedEntity') : undefined
    if (!isRecord(entry) || entity === undefined) continue
    byEntity.set(entity, [...(byEntity.get(entity) ?? []), entry])
  }
  for (const [entity, entries] of byEntity) {
    const arn = iamArn(entity)
    const used = lastAccessed(entries)
    if (arn === undefined || used?.at === undefined) continue
    yield {
      type: 'principal',
      ref: ref('aws', entity),
      kind: 'service_account',
      nativeType: `iam-${arn.type}`,
      system: 'aws',
      externalId: entity,
      name: arn.name,
      lastUsedAt: used.at,
      attributes: { serviceLastAccessed: used.byService },
      mentioned: true,
      provenance: provenanceOf(place, report, entity),
    }
  }
}
