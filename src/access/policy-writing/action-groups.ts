// The groups of actions that a schema declares, written out in the policies that name them. Decisions know actions by name
// alone, so `in` a group becomes `in` the list of the group and all that is in it: the same set of actions, and what was
// approved says which they were.
import { Fault } from '#kernel'
import { readSchema } from '../policy/index.ts'

type Json = unknown
type Name = { readonly type: string; readonly id: string }

const keyOf = ({ type, id }: Name): string => JSON.stringify([type, id])
const isObject = (json: Json): json is Readonly<Record<string, Json>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

export class ActionGroups {
  /** By group: everything below it, however deep. */
  readonly #members = new Map<string, Name[]>()
  readonly #types = new Set<string>()

  /** `schema`: in JSON form. */
  constructor(schema: Json) {
    const { actions } = readSchema(schema)
    const parents = new Map(actions.map((action) => [keyOf(action), action.parents]))
    for (const { type, id } of actions) {
      this.#types.add(type)
      const above = new Set<string>()
      const waiting = [keyOf({ type, id })]
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
        for (const parent of parents.get(key) ?? []) {
          const group = keyOf(parent)
          if (!above.has(group)) waiting.push(group)
          above.add(group)
        }
      }
      for (const group of above) {
        const members = this.#members.get(group)
        if (members === undefined) this.#members.set(group, [{ type, id }])
        else members.push({ type, id })
      }
    }
  }

  /** The policy (in JSON form) with every group written out. Throws a Fault for an `in` whose groups cannot be told. */
  writeOut(policy: Json): Json {
    if (this.#members.size === 0 || !isObject(policy)) return policy
    return { ...policy, action: this.#scope(policy['action']), conditions: this.#expression(policy['conditions']) }
  }

  #scope(scope: Json): Json {
    if (!isObject(scope) || scope['op'] !== 'in') return scope
    const named = Array.isArray(scope['entities']) ? (scope['entities'] as readonly Json[]) : [scope['entity']]
    if (!named.some((entity) => this.#below(entity).length > 0)) return scope
    return { op: 'in', entities: named.concat(named.flatMap((entity) => this.#below(entity))) }
  }

  #below(entity: Json): readonly Name[] {
    const named = isObject(entity) && isObject(entity['__entity']) ? entity['__entity'] : entity
    return isObject(named) ? (this.#members.get(keyOf(named as Name)) ?? []) : []
  }

  #expression(json: Json): Json {
    if (Array.isArray(json)) return json.map((item) => this.#expression(item as Json))
    if (!isObject(json)) return json
    const { in: within } = json
    if (isObject(within) && 'left' in within && 'right' in within) {
      const left = this.#expression(within['left'])
      if (this.#mayBeAction(within['left'])) return { in: { left, right: this.#groups(within['right']) } }
      return { in: { left, right: this.#expression(within['right']) } }
    }
    // `is … in` of an action
    const { is } = json
    if (isObject(is) && is['in'] !== undefined && this.#mayBeAction(is['left']))
      return { is: { ...is, in: this.#groups(is['in']) } }
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, this.#expression(value)]))
  }

  #mayBeAction(json: Json): boolean {
    if (!isObject(json)) return false
    if (json['Var'] === 'action') return true
    if (isObject(json['Value']) && isObject(json['Value']['__entity']))
      return this.#types.has(String(json['Value']['__entity']['type']))
    const { 'if-then-else': choice } = json
    return isObject(choice) && (this.#mayBeAction(choice['then']) || this.#mayBeAction(choice['else']))
  }

  /** What stands at the right of an `in` over actions: an action, a set of them, or a choice between such. */
  #groups(json: Json): Json {
    if (isObject(json)) {
      const { Value: value, Set: items, 'if-then-else': choice } = json
      if (isObject(value) && isObject(value['__entity'])) return this.#listed([json])
      if (Array.isArray(items) && items.every((item: Json) => isObject(item) && isObject(item['Value'])))
        return this.#listed(items as readonly Json[])
      if (isObject(choice)) {
        const written = Object.entries(choice).map(([part, own]) => [
          part,
          part === 'if' ? this.#expression(own) : this.#groups(own),
        ])
        return { 'if-then-else': Object.fromEntries(written) as Json }
      }
    }
    throw new Fault('unprocessable', 'at the right of `in`, actions are named one by one or as a set of names')
  }

  #listed(values: readonly Json[]): Json {
    const below = values.flatMap((value) => (isObject(value) ? this.#below(value['Value']) : []))
    return below.length === 0 && values.length === 1
      ? values[0]
      : { Set: [...values, ...below.map((name) => ({ Value: { __entity: name } }))] }
  }
}
