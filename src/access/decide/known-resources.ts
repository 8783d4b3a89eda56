// Resources that are known by name, so that a search has something to go through: those that somebody told of, and those
// that a grant or a policy names exactly. What else there is in the world, a search cannot find.
import type { Json } from '#kernel'
import type { EntityProblem, EntityStore } from '../policy/index.ts'
import type { GrantIndex } from './grant-index.ts'
import { asCedar } from './request-context.ts'
import { resourceName, resourceOf } from './resource-name.ts'
import { namesAfter } from './sorted-names.ts'

export interface ResourceFacts {
  readonly type: string
  readonly id: string
  readonly properties?: { readonly [key: string]: Json }
}

export class KnownResources {
  readonly #told = new Map<string, ResourceFacts>()
  #sorted: readonly string[] = []
  /** What the sorted names were made from. */
  #sortedFrom = ''

  /** In the place of what was told of it before. Throws Fault('invalid') for properties that Cedar cannot hold. */
  put(facts: ResourceFacts, entities: EntityStore): EntityProblem | undefined {
    const name = resourceName(facts)
    const attrs = asCedar(facts.properties ?? {}, 'properties')
    const problem = entities.add({ uid: { type: 'Resource', id: name }, attrs, parents: [] })
    if (problem === undefined) this.#told.set(name, facts)
    return problem
  }

  *after(name: string, grants: GrantIndex, entities: EntityStore): IterableIterator<ResourceFacts> {
    for (const found of namesAfter(this.#names(grants, entities), name)) {
      yield this.#told.get(found) ?? resourceOf(found)
    }
  }

  /** Sorted anew only where there are others: names are added, and hardly ever go. */
  #names(grants: GrantIndex, entities: EntityStore): readonly string[] {
    const mentioned = [...entities.idsOf('Resource')]
    const from = `${grants.patternCount} ${this.#told.size} ${mentioned.length} ${mentioned.at(-1) ?? ''}`
    if (from === this.#sortedFrom) return this.#sorted
    const named = [...grants.patterns(), ...mentioned].filter(canBeAskedFor)
    this.#sorted = [...new Set([...named, ...this.#told.keys()])].sort()
    this.#sortedFrom = from
    return this.#sorted
  }
}

function canBeAskedFor(name: string): boolean {
  const resource = resourceOf(name)
  return !name.includes('*') && resource.type !== '' && resource.id !== '' && resourceName(resource) === name
}
