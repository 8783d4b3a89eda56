// Joins principal facts that share an identifier into one record each.
import { deriveId } from '#kernel'
import type { AccountFact, Fact, Id, PrincipalFact, Ref } from '#kernel'
import type { Principal } from './principal.ts'
import { Union } from './union.ts'

export function correlatePrincipals(facts: readonly Fact[]): {
  principals: Map<Id<'principal'>, Principal>
  principalOf: (ref: Ref) => Id<'principal'> | undefined
} {
  const union = new Union()
  const sightings = new Map<string, PrincipalFact[]>()
  for (const fact of facts) {
    if (fact.type !== 'principal') continue
    for (const alias of fact.aliases ?? []) union.join(fact.ref, alias)
  }
  const accounts = new Map<string, AccountFact[]>()
  for (const fact of facts) {
    if (fact.type === 'principal') append(sightings, union.find(fact.ref), fact)
    else if (fact.type === 'account') append(accounts, union.find(fact.principal), fact)
  }
  const principals = new Map<Id<'principal'>, Principal>()
  const idByRoot = new Map<string, Id<'principal'>>()
  for (const [root, group] of sightings) {
    const principal = merge(group, accounts.get(root) ?? [])
    principals.set(principal.id, principal)
    idByRoot.set(root, principal.id)
  }
  return { principals, principalOf: (ref) => idByRoot.get(union.find(ref)) }
}

function merge(facts: readonly PrincipalFact[], accounts: readonly AccountFact[]): Principal {
  const definitions = facts.filter((fact) => fact.mentioned !== true)
  const ordered = [...definitions, ...facts.filter((fact) => fact.mentioned === true)]
  const main = ordered[0]
  if (main === undefined) throw new Error('a group of sightings is never empty')
  const first = <T>(pick: (fact: PrincipalFact) => T | undefined): T | undefined => {
    for (const fact of ordered) {
      const value = pick(fact)
      if (value !== undefined) return value
    }
    return undefined
  }
  const refs = [...new Set(ordered.flatMap((fact) => [fact.ref, ...(fact.aliases ?? [])]))].sort()
  const seen = new Map<string, Principal['accounts'][number]>()
  for (const at of [...ordered, ...accounts]) {
    seen.set(`${at.system} ${at.externalId}`, { system: at.system, externalId: at.externalId })
  }
  return {
    id: deriveId('principal', main.ref),
    kind: main.kind,
    nativeType: main.nativeType,
    system: main.system,
    externalId: main.externalId,
    name: main.name,
    refs,
    accounts: [...seen.values()],
    mentionedOnly: definitions.length === 0,
    ...optional(
      'enabled',
      first((fact) => fact.enabled),
    ),
    ...optional(
      'createdAt',
      first((fact) => fact.createdAt),
    ),
    ...optional(
      'expiresAt',
      first((fact) => fact.expiresAt),
    ),
    ...optional('lastUsedAt', latest(ordered.map((fact) => fact.lastUsedAt))),
    ...optional(
      'vendor',
      first((fact) => fact.vendor),
    ),
    environmentHints: ordered.flatMap((fact) => fact.environment ?? []),
    purposeHints: ordered.flatMap((fact) => fact.purpose ?? []),
    ownerHints: ordered.flatMap((fact) => fact.ownerHints ?? []),
    labels: Object.assign({}, ...ordered.map((fact) => fact.labels).toReversed()) as Record<string, string>,
    attributes: Object.assign({}, ...ordered.map((fact) => fact.attributes).toReversed()) as Principal['attributes'],
    provenance: ordered.map((fact) => fact.provenance),
  }
}

export function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

export function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V })
}

/** The latest of the instants that are there. Instants compare as strings. */
export function latest<T extends string>(instants: readonly (T | undefined)[]): T | undefined {
  let best: T | undefined
  for (const at of instants) if (at !== undefined && (best === undefined || at > best)) best = at
  return best
}
