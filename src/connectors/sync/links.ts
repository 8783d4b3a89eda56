// Which facts can bear on one another. What shares no link can be worked out apart, with the same answer: so a large
// source needs no more memory than its largest part.
import { ref } from '#kernel'
import type { Fact } from '#kernel'

/** Kept in every part: they speak of files, or of people who are looked for from everywhere. */
export const EVERYWHERE = 'everywhere'

const ARN = /^arn:aws/
const DN = /^[a-z][a-z0-9-]{0,30}=[^,]+,/i

/** Keys of everything that this fact names; facts that share a key belong together. */
export function linksOf(fact: Fact): readonly string[] | typeof EVERYWHERE {
  switch (fact.type) {
    case 'principal':
      return [fact.ref, ...(fact.aliases ?? []), ...(fact.ownerHints ?? []).flatMap(({ who }) => namedPrincipal(who))]
    case 'account':
    case 'entitlement':
      return [fact.principal]
    case 'membership':
      return [fact.member, fact.group]
    case 'credential': {
      const identifiers = [...(fact.ref === undefined ? [] : [fact.ref]), ...(fact.aliases ?? [])]
      const { file, object = '' } = fact.provenance
      return [
        ...identifiers,
        ...(fact.principal === undefined ? [] : [fact.principal]),
        ...(fact.fingerprint === undefined ? [] : [`value ${fact.fingerprint}`]),
        // several without identifier at one place are told apart by their order
        ...(identifiers.length > 0
          ? []
          : [`place ${JSON.stringify([file, object, fact.credentialType, fact.rule, fact.name])}`]),
      ]
    }
    case 'consumer':
      return [fact.principal, 'ref' in fact.credential ? fact.credential.ref : `value ${fact.credential.fingerprint}`]
    case 'relation':
      return [fact.to, ...('ref' in fact.from ? [fact.from.ref] : [])]
    case 'policy':
      return [fact.ref, POLICIES]
    case 'attachment':
      return [fact.policy, fact.target, POLICIES]
    case 'resource':
      return [fact.ref]
    case 'ownership':
      return 'ref' in fact.of ? [fact.of.ref] : EVERYWHERE
    default:
      return EVERYWHERE
  }
}

/** Policies reach whatever their patterns match: with them, all of these systems belongs together. */
const POLICIES = 'policies'
const POLICY_SYSTEMS: ReadonlySet<string> = new Set(['aws', 'kubernetes'])

/** An owner who is named by an identifier may be a principal of the source itself. */
function namedPrincipal(who: string): string[] {
  const text = who.trim()
  if (ARN.test(text)) return [ref('aws', text)]
  return DN.test(text) ? [ref('directory', text.toLowerCase())] : []
}

/** Disjoint sets over numbers, for millions of keys. */
export class Links {
  readonly #numbers = new Map<string, number>()
  readonly #parents: number[] = []
  readonly #policySystems: number[] = []
  #hasPolicies = false

  /** Joins what the fact names; gives the number of one of its keys, or -1 for a fact of every part. */
  add(fact: Fact): number {
    const keys = linksOf(fact)
    if (keys === EVERYWHERE) return -1
    const [first = 0, ...others] = keys.map((key) => this.#number(key))
    for (const other of others) this.#join(first, other)
    if (fact.type === 'policy' || fact.type === 'attachment') this.#hasPolicies = true
    if (fact.type === 'principal' && POLICY_SYSTEMS.has(fact.system)) this.#policySystems.push(first)
    return first
  }

  /** No key is added any more: what is kept is one number for each. */
  settle(): (key: number) => number {
    if (this.#hasPolicies) for (const key of this.#policySystems) this.#join(this.#number(POLICIES), key)
    this.#numbers.clear()
    return (key) => this.#find(key)
  }

  #number(key: string): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#parents.length
    this.#parents.push(number)
    this.#numbers.set(key, number)
    return number
  }

  #find(key: number): number {
    let root = key
    for (let up = this.#parents[root] ?? root; up !== root; up = this.#parents[root] ?? root) root = up
    for (let at = key; at !== root;) {
      const up = this.#parents[at] ?? root
      this.#parents[at] = root
      at = up
    }
    return root
  }

  #join(a: number, b: number): void {
    const [left, right] = [this.#find(a), this.#find(b)]
    if (left !== right) this.#parents[Math.max(left, right)] = Math.min(left, right)
  }
}
