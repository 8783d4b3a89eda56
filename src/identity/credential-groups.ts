// Which sightings are one credential. Equal identifiers always are; equal secret values only where nothing contradicts:
// a password that two principals happen to share stays two records, so that neither's history, owner or age swallows
// the other's. Records with an equal secret keep the equal fingerprint, and detectors join on that.
import type { ConsumerFact, CredentialFact, Fact, Id, Ref } from '#kernel'
import { Union } from './union.ts'

export interface CredentialGroup {
  readonly facts: CredentialFact[]
  readonly consumers: ConsumerFact[]
}

/** A resolved principal, or the ref itself when no source knows it: two unknown owners are still two owners. */
type OwnerKey = Id<'principal'> | Ref

/**
 * The rules, in order:
 * 1. Sightings that share an identifier (through any chain of aliases) are one record.
 * 2. A value without an identifier, of a stated principal P, joins the one record of rule 1 that holds this value for P;
 *    or the only record that holds the value, if that is nobody's and P is the only one stated. Else it is P's own.
 * 3. A value of nobody stated joins the only record that holds it. Where there are several, or none, it is its own.
 * 4. What has neither identifier nor value is known by its place.
 *
 * The partition does not depend on the order of `facts`. Cost is linear in practice, n√n at worst.
 */
export function groupCredentials(
  facts: readonly Fact[],
  principalOf: (ref: Ref) => Id<'principal'> | undefined,
): CredentialGroup[] {
  const union = new Union()
  const sightings = facts.filter((fact) => fact.type === 'credential')
  for (const fact of sightings) {
    const [first, ...rest] = identifiersOf(fact)
    if (first !== undefined) for (const other of rest) union.join(first, other)
  }
  const holders = new Holders()
  const keyed = sightings.map((fact) => {
    const owner = fact.principal === undefined ? undefined : (principalOf(fact.principal) ?? fact.principal)
    const identifier = identifiersOf(fact)[0]
    if (identifier !== undefined)
      return { fact, key: holders.identified(union.find(identifier), fact.fingerprint, owner) }
    if (fact.fingerprint !== undefined) return { fact, key: holders.loose(fact.fingerprint, owner) }
    return { fact, key: undefined }
  })
  const settled = holders.settle()
  const groups = new Map<string, CredentialGroup>()
  const lone: CredentialGroup[] = []
  const consumed = new ValueIndex()
  for (const { fact, key } of keyed) {
    const final = key === undefined ? undefined : (settled.get(key) ?? key)
    const group: CredentialGroup = (final === undefined ? undefined : groups.get(final)) ?? { facts: [], consumers: [] }
    if (final === undefined) lone.push(group)
    else groups.set(final, group)
    group.facts.push(fact)
    consumed.add(fact, group)
  }
  for (const fact of facts) {
    if (fact.type !== 'consumer') continue
    const group = 'ref' in fact.credential ? groups.get(byRoot(union.find(fact.credential.ref))) : consumed.find(fact)
    group?.consumers.push(fact)
  }
  return [...groups.values(), ...lone]
}

const identifiersOf = (fact: CredentialFact): readonly Ref[] => [
  ...(fact.ref === undefined ? [] : [fact.ref]),
  ...(fact.aliases ?? []),
]
const byRoot = (root: string): string => `ref ${root}`
const byOwner = (fingerprint: string, owner: OwnerKey): string => `of ${fingerprint} ${owner}`
const byValue = (fingerprint: string): string => `value ${fingerprint}`

/** Who holds which secret value, collected in one pass and settled after it. */
class Holders {
  readonly #recordsOfValue = new Map<string, Set<string>>()
  readonly #ownersOfRecord = new Map<string, Set<OwnerKey>>()
  readonly #recordsOfOwner = new Map<OwnerKey, Set<string>>()
  readonly #looseOwners = new Map<string, Set<OwnerKey>>()
  readonly #anonymous = new Set<string>()

  identified(root: string, fingerprint: string | undefined, owner: OwnerKey | undefined): string {
    const key = byRoot(root)
    if (fingerprint !== undefined) addTo(this.#recordsOfValue, fingerprint, key)
    if (owner !== undefined) {
      addTo(this.#ownersOfRecord, key, owner)
      addTo(this.#recordsOfOwner, owner, key)
    }
    return key
  }

  loose(fingerprint: string, owner: OwnerKey | undefined): string {
    if (owner === undefined) {
      this.#anonymous.add(fingerprint)
      return byValue(fingerprint)
    }
    addTo(this.#looseOwners, fingerprint, owner)
    return byOwner(fingerprint, owner)
  }

  /** Where the loose keys that do not stand alone belong. */
  settle(): Map<string, string> {
    const settled = new Map<string, string>()
    for (const [fingerprint, owners] of this.#looseOwners) {
      for (const owner of owners) {
        const record = this.#recordFor(fingerprint, owner, owners.size)
        if (record !== undefined) settled.set(byOwner(fingerprint, owner), record)
      }
    }
    for (const fingerprint of this.#anonymous) {
      const records = [...(this.#recordsOfValue.get(fingerprint) ?? [])]
      for (const owner of this.#looseOwners.get(fingerprint) ?? []) {
        const key = byOwner(fingerprint, owner)
        if (!settled.has(key)) records.push(key)
      }
      const [only, ...others] = records
      if (only !== undefined && others.length === 0) settled.set(byValue(fingerprint), only)
    }
    return settled
  }

  #recordFor(fingerprint: string, owner: OwnerKey, looseOwners: number): string | undefined {
    const holding = this.#recordsOfValue.get(fingerprint) ?? new Set<string>()
    const owned = this.#recordsOfOwner.get(owner) ?? new Set<string>()
    const [few, many] = holding.size < owned.size ? [holding, owned] : [owned, holding]
    const both: string[] = []
    for (const key of few) if (many.has(key) && both.push(key) > 1) return undefined
    if (both[0] !== undefined) return both[0]
    const [only, ...others] = holding.size === 1 ? holding : []
    const free = only !== undefined && others.length === 0 && !this.#ownersOfRecord.has(only)
    return free && looseOwners === 1 ? only : undefined
  }
}

/** Finds the record that a consumer is given by value: in the same file if there are several, else the first. */
class ValueIndex {
  readonly #first = new Map<string, CredentialGroup>()
  readonly #inFile = new Map<string, CredentialGroup>()

  add(fact: CredentialFact, group: CredentialGroup): void {
    if (fact.fingerprint === undefined) return
    const here = `${fact.fingerprint} ${fact.provenance.file}`
    if (!this.#first.has(fact.fingerprint)) this.#first.set(fact.fingerprint, group)
    if (!this.#inFile.has(here)) this.#inFile.set(here, group)
  }

  find(fact: ConsumerFact): CredentialGroup | undefined {
    if (!('fingerprint' in fact.credential)) return undefined
    const { fingerprint } = fact.credential
    return this.#inFile.get(`${fingerprint} ${fact.provenance.file}`) ?? this.#first.get(fingerprint)
  }
}

function addTo<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const set = map.get(key)
  if (set === undefined) map.set(key, new Set([value]))
  else set.add(value)
}
