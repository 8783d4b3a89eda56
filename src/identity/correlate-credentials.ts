// Joins credential facts by explicit identifier or keyed fingerprint into one record each.
import { deriveId } from '#kernel'
import type { CredentialFact, Exposure, Fact, Id, Ref } from '#kernel'
import { append, latest, optional } from './correlate-principals.ts'
import type { Credential } from './principal.ts'
import { Union } from './union.ts'

const byFingerprint = (fingerprint: string): string => `fingerprint ${fingerprint}`

/** A record says more of a credential than a place where its value lies, and that more than a name for it. */
const ORDER: Record<Exposure, number> = { record: 0, public: 1, embedded: 2, reference: 3 }

export function correlateCredentials(
  facts: readonly Fact[],
  principalOf: (ref: Ref) => Id<'principal'> | undefined,
): Map<Id<'credential'>, Credential> {
  const union = new Union()
  const keys = new Map<CredentialFact, string>()
  const used = new Map<string, number>()
  for (const fact of facts) {
    if (fact.type !== 'credential') continue
    const explicit: string[] = [...(fact.ref === undefined ? [] : [fact.ref]), ...(fact.aliases ?? [])]
    if (fact.fingerprint !== undefined) explicit.push(byFingerprint(fact.fingerprint))
    const key = explicit[0] ?? placeKey(fact, used)
    for (const other of explicit.slice(1)) union.join(key, other)
    keys.set(fact, key)
  }
  const groups = new Map<string, CredentialFact[]>()
  for (const [fact, key] of keys) append(groups, union.find(key), fact)
  const consumers = new Map<string, Set<Id<'principal'>>>()
  for (const fact of facts) {
    if (fact.type !== 'consumer') continue
    const principalId = principalOf(fact.principal)
    if (principalId === undefined) continue
    const root = union.find('ref' in fact.credential ? fact.credential.ref : byFingerprint(fact.credential.fingerprint))
    const set = consumers.get(root) ?? new Set()
    consumers.set(root, set.add(principalId))
  }
  const credentials = new Map<Id<'credential'>, Credential>()
  const places = new Map<string, number>()
  for (const [root, group] of groups) {
    const credential = merge(group, consumers.get(root) ?? new Set(), principalOf, places)
    credentials.set(credential.id, credential)
  }
  return credentials
}

/** A credential that nothing identifies is known by its place: file, rule, name and how manieth of these. */
function placeKey(fact: CredentialFact, used: Map<string, number>): string {
  const place = JSON.stringify([
    fact.provenance.file,
    fact.provenance.object ?? '',
    fact.credentialType,
    fact.rule ?? '',
    fact.name ?? '',
  ])
  const ordinal = used.get(place) ?? 0
  used.set(place, ordinal + 1)
  return `place ${place} ${ordinal}`
}

function merge(
  facts: readonly CredentialFact[],
  consumers: ReadonlySet<Id<'principal'>>,
  principalOf: (ref: Ref) => Id<'principal'> | undefined,
  places: Map<string, number>,
): Credential {
  const ordered = facts.toSorted((a, b) => ORDER[a.exposure] - ORDER[b.exposure])
  const main = ordered[0]
  if (main === undefined) throw new Error('a group of sightings is never empty')
  const first = <T>(pick: (fact: CredentialFact) => T | undefined): T | undefined => {
    for (const fact of ordered) {
      const value = pick(fact)
      if (value !== undefined) return value
    }
    return undefined
  }
  const owners = new Set(
    ordered.flatMap((fact) => (fact.principal === undefined ? [] : (principalOf(fact.principal) ?? []))),
  )
  const [principalId, ...alsoOf] = owners
  const refs = [
    ...new Set(ordered.flatMap((fact) => [...(fact.ref === undefined ? [] : [fact.ref]), ...(fact.aliases ?? [])])),
  ].sort()
  return {
    // SECURITY: never from the fingerprint, so that an id says nothing about the secret
    id: deriveId('credential', refs[0] ?? placeKey(main, places)),
    type: main.credentialType,
    refs,
    ...optional('principalId', principalId),
    alsoOf,
    ...optional(
      'fingerprint',
      first((fact) => fact.fingerprint),
    ),
    ...optional(
      'hint',
      first((fact) => fact.hint),
    ),
    ...optional(
      'name',
      first((fact) => fact.name),
    ),
    ...optional(
      'enabled',
      first((fact) => fact.enabled),
    ),
    ...optional(
      'createdAt',
      first((fact) => fact.createdAt),
    ),
    ...optional('lastRotatedAt', latest(ordered.map((fact) => fact.lastRotatedAt))),
    ...optional('lastUsedAt', latest(ordered.map((fact) => fact.lastUsedAt))),
    ...optional(
      'expiresAt',
      first((fact) => fact.expiresAt),
    ),
    environmentHints: ordered.flatMap((fact) => fact.environment ?? []),
    attributes: Object.assign({}, ...ordered.map((fact) => fact.attributes).toReversed()) as Credential['attributes'],
    sightings: facts.map((fact) => ({
      ...fact.provenance,
      exposure: fact.exposure,
      ...optional('name', fact.name),
      ...optional('rule', fact.rule),
      ...optional('confidence', fact.confidence),
    })),
    consumers: [...consumers].sort(),
  }
}
