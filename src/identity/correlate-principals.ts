// Joins principal facts that share an explicit identifier into one record each. A name is never an identifier.
import { deriveId } from '#kernel'
import type { AccountFact, Fact, Id, PrincipalFact, Ref } from '#kernel'
import { append, firstOf, latest, layered, optional } from './layer.ts'
import type { Principal } from './principal.ts'
import { Union } from './union.ts'

export function correlatePrincipals(facts: readonly Fact[]): {
  principals: Map<Id<'principal'>, Principal>
  principalOf: (ref: Ref) => Id<'principal'> | undefined
} {
  const union = new Union()
  for (const fact of facts) {
    if (fact.type !== 'principal') continue
    for (const alias of fact.aliases ?? []) union.join(fact.ref, alias)
  }
  const sightings = new Map<string, PrincipalFact[]>()
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

/** The system's own record says most, then another tool's definition, then a mention; in reading order within each. */
function rank(fact: PrincipalFact): number {
  if (fact.mentioned === true) return 2
  return fact.provenance.connector === fact.system ? 0 : 1
}

function merge(facts: readonly PrincipalFact[], accounts: readonly AccountFact[]): Principal {
  const ordered = facts.toSorted((a, b) => rank(a) - rank(b))
  const main = ordered[0]
  if (main === undefined) throw new Error('a group of sightings is never empty')
  const refs = new Set<Ref>()
  for (const fact of ordered) {
    refs.add(fact.ref)
    for (const alias of fact.aliases ?? []) refs.add(alias)
  }
  const seen = new Map<string, Principal['accounts'][number]>()
  for (const at of [...ordered, ...accounts]) {
    const key = `${at.system} ${at.externalId}`
    if (!seen.has(key)) seen.set(key, { system: at.system, externalId: at.externalId })
  }
  const enabled = firstOf(ordered, (fact) => fact.enabled)
  const createdAt = firstOf(ordered, (fact) => fact.createdAt)
  const expiresAt = firstOf(ordered, (fact) => fact.expiresAt)
  const vendor = firstOf(ordered, (fact) => fact.vendor)
  return {
    id: deriveId('principal', main.ref),
    kind: (ordered.find((fact) => fact.kindIsDefault !== true && fact.mentioned !== true) ?? main).kind,
    nativeType: main.nativeType,
    system: main.system,
    externalId: main.externalId,
    name: main.name,
    refs: [...refs].sort(),
    accounts: [...seen.values()],
    mentionedOnly: main.mentioned === true,
    ...optional('enabled', enabled),
    ...optional('createdAt', createdAt),
    ...optional('expiresAt', expiresAt),
    ...optional('lastUsedAt', latest(ordered.map((fact) => fact.lastUsedAt))),
    ...optional('vendor', vendor),
    environmentHints: ordered.flatMap((fact) => fact.environment ?? []),
    purposeHints: ordered.flatMap((fact) => fact.purpose ?? []),
    ownerHints: ordered.flatMap((fact) => fact.ownerHints ?? []),
    labels: layered(ordered.map((fact) => fact.labels)),
    attributes: layered(ordered.map((fact) => fact.attributes)),
    provenance: ordered.map((fact) => fact.provenance),
  }
}
