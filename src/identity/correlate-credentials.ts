// Makes one record out of the sightings of each credential. Which sightings are one is decided in `credential-groups.ts`.
import { deriveId } from '#kernel'
import type { CredentialFact, Exposure, Fact, Id, Ref } from '#kernel'
import { groupCredentials } from './credential-groups.ts'
import type { CredentialGroup } from './credential-groups.ts'
import { firstOf, latest, layered, optional } from './layer.ts'
import type { Credential } from './principal.ts'

/** A record says more of a credential than a place where its value lies, and that more than a name for it. */
const ORDER: Record<Exposure, number> = { record: 0, public: 1, embedded: 2, reference: 3 }

export function correlateCredentials(
  facts: readonly Fact[],
  principalOf: (ref: Ref) => Id<'principal'> | undefined,
): Map<Id<'credential'>, Credential> {
  const credentials = new Map<Id<'credential'>, Credential>()
  const places = new Map<string, number>()
  for (const group of groupCredentials(facts, principalOf)) {
    const credential = merge(group, principalOf, places)
    credentials.set(credential.id, credential)
  }
  return credentials
}

/** A credential that no identifier names is known by its place: file, object, rule, name and how manieth of these. */
function placeKey(fact: CredentialFact, used: Map<string, number>): string {
  const { file, object } = fact.provenance
  const place = JSON.stringify([file, object ?? '', fact.credentialType, fact.rule ?? '', fact.name ?? ''])
  const ordinal = used.get(place) ?? 0
  used.set(place, ordinal + 1)
  return `place ${place} ${ordinal}`
}

function merge(
  { facts, consumers }: CredentialGroup,
  principalOf: (ref: Ref) => Id<'principal'> | undefined,
  places: Map<string, number>,
): Credential {
  const ordered = facts.toSorted((a, b) => ORDER[a.exposure] - ORDER[b.exposure])
  const main = ordered[0]
  if (main === undefined) throw new Error('a group of sightings is never empty')
  const refs = new Set<Ref>()
  const principals = new Set<Id<'principal'>>()
  for (const fact of ordered) {
    if (fact.ref !== undefined) refs.add(fact.ref)
    for (const alias of fact.aliases ?? []) refs.add(alias)
    const of = fact.principal === undefined ? undefined : principalOf(fact.principal)
    if (of !== undefined) principals.add(of)
  }
  const users = new Set<Id<'principal'>>()
  for (const fact of consumers) {
    const user = principalOf(fact.principal)
    if (user !== undefined) users.add(user)
  }
  const sortedRefs = [...refs].sort()
  const [principalId, ...alsoOf] = principals
  return {
    // SECURITY: never from the fingerprint, so that an id says nothing about the secret
    id: deriveId('credential', sortedRefs[0] ?? placeKey(main, places)),
    type: main.credentialType,
    refs: sortedRefs,
    ...optional('principalId', principalId),
    alsoOf,
    ...fieldsOf(ordered),
    environmentHints: ordered.flatMap((fact) => fact.environment ?? []),
    attributes: layered(ordered.map((fact) => fact.attributes)),
    sightings: facts.map((fact) => ({
      ...fact.provenance,
      exposure: fact.exposure,
      ...optional('name', fact.name),
      ...optional('rule', fact.rule),
      ...optional('confidence', fact.confidence),
    })),
    consumers: [...users].sort(),
  }
}

type Fields = Pick<
  Credential,
  'fingerprint' | 'hint' | 'name' | 'enabled' | 'createdAt' | 'lastRotatedAt' | 'lastUsedAt' | 'expiresAt'
>

/** What each sighting may say, the one that says most first. Dates of acts are the latest that any source saw. */
function fieldsOf(ordered: readonly CredentialFact[]): Fields {
  const fingerprint = firstOf(ordered, (fact) => fact.fingerprint)
  const hint = firstOf(ordered, (fact) => fact.hint)
  const name = firstOf(ordered, (fact) => fact.name)
  const enabled = firstOf(ordered, (fact) => fact.enabled)
  const createdAt = firstOf(ordered, (fact) => fact.createdAt)
  const expiresAt = firstOf(ordered, (fact) => fact.expiresAt)
  return {
    ...optional('fingerprint', fingerprint),
    ...optional('hint', hint),
    ...optional('name', name),
    ...optional('enabled', enabled),
    ...optional('createdAt', createdAt),
    ...optional('lastRotatedAt', latest(ordered.map((fact) => fact.lastRotatedAt))),
    ...optional('lastUsedAt', latest(ordered.map((fact) => fact.lastUsedAt))),
    ...optional('expiresAt', expiresAt),
  }
}
