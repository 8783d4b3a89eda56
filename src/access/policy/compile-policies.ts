// From policies in Cedar's JSON form to a set that decides, or to what is wrong with them, each named by its id.
import { Fault } from '#kernel'
import { EntityStore } from './entity-store.ts'
import { PolicySet, type PolicyLink } from './policy-set.ts'
import type { Json } from './read-value.ts'
import { readSchema } from './schema.ts'

export interface PolicySource {
  /** By id, as `policyToJson` of cedar-wasm gives them; an integer beyond 53 bits as a bigint. */
  readonly policies?: Readonly<Record<string, Json>>
  readonly templates?: Readonly<Record<string, Json>>
  readonly links?: Iterable<PolicyLink>
  /** What they are decided over; its schema directs how requests are read. */
  readonly entities?: EntityStore
}

export interface PolicyProblem {
  readonly policyId: string
  readonly message: string
}

/** A schema in JSON form; throws a Fault that says what is wrong with it. */
export function createEntities(schema?: Json): EntityStore {
  return new EntityStore(schema === undefined ? undefined : readSchema(schema))
}

/** All or nothing: a set from which a policy was left out would decide something else. */
export function compilePolicies(
  source: PolicySource,
):
  | { readonly set: PolicySet; readonly problems?: never }
  | { readonly problems: readonly PolicyProblem[]; readonly set?: never } {
  const set = new PolicySet(source.entities ?? createEntities())
  const problems: PolicyProblem[] = []
  const attempt = (policyId: string, add: () => void): void => {
    try {
      add()
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      problems.push({ policyId, message: error.detail })
    }
  }
  for (const [id, json] of Object.entries(source.policies ?? {})) attempt(id, () => set.addPolicy(id, json))
  for (const [id, json] of Object.entries(source.templates ?? {})) attempt(id, () => set.addTemplate(id, json))
  for (const link of source.links ?? []) attempt(link.id, () => set.addLink(link))
  if (problems.length === 0) return { set }
  set.release()
  return { problems }
}
