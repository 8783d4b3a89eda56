// Offers pairs that may be one principal, with the reason. A person confirms; nothing here merges. Bounded: names that
// many carry say nothing, so no bucket is compared beyond its limit and no more than a thousand pairs are offered.
import type { Fact, Id, PersonFact } from '#kernel'
import { append } from './layer.ts'
import { isEmail } from './people-index.ts'
import type { LikelyMatch, LikelyPerson, Principal } from './principal.ts'

export const LIKELY_MAX = 1000
/** A name that more principals carry than this is a word, not a name. */
const BUCKET_MAX = 8

/** Names that say what a thing is, not which one. */
const GENERIC: ReadonlySet<string> = new Set(
  'default admin administrator root deploy deployer build test ci cd user service svc app api web main job runner bot agent server client github'.split(
    ' ',
  ),
)
const AGREEING_LABELS: readonly string[] = [
  'app',
  'application',
  'app.kubernetes.io/name',
  'app.kubernetes.io/part-of',
  'team',
  'owner',
  'project',
  'service',
  'namespace',
]

/** Same name in two systems, and one more fact that agrees: a label, an owner, a namespace; or a host's certificate. */
export function offerLikelyMatches(principals: ReadonlyMap<Id<'principal'>, Principal>): LikelyMatch[] {
  const buckets = new Map<string, Principal[]>()
  for (const principal of principals.values()) {
    if (principal.kind === 'group') continue
    const name = comparableName(principal)
    if (name.length >= 3 && !GENERIC.has(name)) append(buckets, name, principal)
  }
  const offers: LikelyMatch[] = []
  for (const bucket of buckets.values()) {
    if (bucket.length < 2 || bucket.length > BUCKET_MAX) continue
    for (const [at, a] of bucket.entries()) {
      for (const b of bucket.slice(at + 1)) {
        const reason = a.system === b.system ? undefined : agreement(a, b)
        if (reason === undefined) continue
        offers.push({ a: a.id, b: b.id, reason })
        if (offers.length >= LIKELY_MAX) return offers
      }
    }
  }
  return offers
}

/** The name by which two of different systems are compared. */
export function comparableName({
  system,
  name,
  externalId,
}: Pick<Principal, 'system' | 'name' | 'externalId'>): string {
  const plain = system === 'kubernetes' ? externalId.slice(externalId.lastIndexOf(':') + 1) : name
  return plain
    .slice(plain.lastIndexOf('/') + 1)
    .normalize('NFKC')
    .toLowerCase()
    .slice(0, 256)
}

function agreement(a: Principal, b: Principal): string | undefined {
  const called = `both are called \`${a.name}\``
  const systems = new Set([a.system, b.system])
  if (systems.has('x509') && systems.has('host')) return `the certificate's subject is the host's name, \`${b.name}\``
  for (const label of AGREEING_LABELS) {
    const [left, right] = [valueOf(a, label), valueOf(b, label)]
    if (left !== undefined && right !== undefined && left === right)
      return `${called} and agree in \`${label}\`: \`${left}\``
  }
  const owners = new Set(a.ownerHints.map(({ who }) => who.trim().toLowerCase()))
  const owner = b.ownerHints.find(({ who }) => owners.has(who.trim().toLowerCase()))
  return owner === undefined ? undefined : `${called} and are owned by \`${owner.who}\``
}

function valueOf({ labels, attributes }: Principal, label: string): string | undefined {
  const value = Object.hasOwn(labels, label)
    ? labels[label]
    : label === 'namespace'
      ? attributes['namespace']
      : undefined
  return typeof value === 'string' && value !== '' ? value.toLowerCase() : undefined
}

/** People of the feed whose e-mail or handle is the very name of a principal: it may be theirs. */
export function offerLikelyPeople(
  principals: ReadonlyMap<Id<'principal'>, Principal>,
  facts: readonly Fact[],
): LikelyPerson[] {
  const people = new Map<string, PersonFact | undefined>()
  for (const fact of facts) {
    if (fact.type !== 'person') continue
    for (const name of [...fact.emails, ...(fact.handles ?? [])]) {
      const key = name.toLowerCase()
      people.set(key, people.has(key) ? undefined : fact)
    }
  }
  const offers: LikelyPerson[] = []
  if (people.size === 0) return offers
  for (const principal of principals.values()) {
    if (principal.kind === 'group' || offers.length >= LIKELY_MAX) continue
    const name = principal.name.toLowerCase()
    const person = people.get(name)
    if (person === undefined || GENERIC.has(name)) continue
    const what = isEmail(name) ? 'e-mail' : 'handle'
    offers.push({
      principalId: principal.id,
      personId: person.personId,
      reason: `its name is the ${what} of ${person.name} in the people feed`,
    })
  }
  return offers
}
