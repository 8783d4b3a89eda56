// A subject with what it holds: its grants, how strong they are as they stand, and the capabilities that they give,
// by namespace.
import { refParts } from '#kernel'
import type { Ref } from '#kernel'
import type { Role } from './aggregate.ts'
import type { Capability, Given } from './capability.ts'
import { CAPABILITIES, capabilitiesOf, joined } from './capability.ts'
import type { Cluster, Grant } from './cluster.ts'
import type { Strength } from './strength.ts'
import { inWords, strengthOfRole, stronger } from './strength.ts'

export interface Held extends Given {
  /** '' is everywhere. */
  readonly namespace: string
  readonly grant: Grant
}

/** By namespace, '' for everywhere. */
export type HeldByNamespace = ReadonlyMap<string, Held>

export interface Holder {
  readonly subject: Ref
  /** As Kubernetes writes it: `system:serviceaccount:ns:name`, a user, a group. */
  readonly name: string
  readonly grants: readonly Grant[]
  readonly direct: Strength
  held(capability: Capability): HeldByNamespace
}

const NOTHING: HeldByNamespace = new Map()

/** Work per role is done once, however many bindings it has. */
export class Holders {
  readonly #cluster: Cluster
  readonly #capabilities = new Map<Role, ReadonlyMap<Capability, Given>>()
  readonly #strengths = new Map<Role, { everywhere?: Strength; inNamespace?: Strength }>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  capabilities(role: Role): ReadonlyMap<Capability, Given> {
    const known = this.#capabilities.get(role)
    if (known !== undefined) return known
    const made = capabilitiesOf(role)
    this.#capabilities.set(role, made)
    return made
  }

  strength(role: Role, everywhere: boolean): Strength {
    const known = this.#strengths.get(role) ?? {}
    this.#strengths.set(role, known)
    if (everywhere) return (known.everywhere ??= strengthOfRole(role, true))
    return (known.inNamespace ??= strengthOfRole(role, false))
  }

  holder(subject: Ref): Holder {
    const grants = this.#cluster.grantsOf(subject)
    const name = nameOf(subject)
    let held: ReadonlyMap<Capability, HeldByNamespace> | undefined
    return {
      subject,
      name,
      grants,
      direct: this.#direct(name, grants),
      held: (capability) => (held ??= this.#heldOf(grants)).get(capability) ?? NOTHING,
    }
  }

  #direct(name: string, grants: readonly Grant[]): Strength {
    if (name === 'system:masters')
      return { tier: 'admin', because: 'the API server lets members of `system:masters` do everything' }
    let best: Strength = { tier: 'none', because: 'no binding gives it more than discovery' }
    for (const grant of grants) {
      if (grant.role === undefined) continue
      const { tier, because } = this.strength(grant.role, grant.namespace === '')
      if (stronger(tier, best.tier)) best = { tier, because: `${because}: ${inWords(grant)}` }
    }
    return best
  }

  #heldOf(grants: readonly Grant[]): Map<Capability, HeldByNamespace> {
    const held = new Map<Capability, Map<string, Held>>()
    for (const grant of grants) {
      if (grant.role === undefined) continue
      const { namespace } = grant
      for (const [capability, given] of this.capabilities(grant.role)) {
        if (namespace !== '' && CAPABILITIES[capability].scope === 'cluster') continue
        const places = held.get(capability) ?? new Map<string, Held>()
        held.set(capability, places)
        const earlier = places.get(namespace)
        const both = joined(earlier, given)
        if (earlier !== undefined && both === earlier) continue
        places.set(namespace, {
          ...both,
          namespace,
          grant: both === given || earlier === undefined ? grant : earlier.grant,
        })
      }
    }
    return held
  }
}

function nameOf(subject: Ref): string {
  const { id } = refParts(subject)
  return id.replace(/^(?:user|group):/, '')
}

/** Whether what is held may be used on the object of this name. */
export const coversName = (held: Given, name: string): boolean => held.names === undefined || held.names.has(name)
