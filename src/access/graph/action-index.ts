// Distinct rights, found by an action: those that name it, and those with a pattern of its system. A million entitlements
// share a few thousand of them.
import { covers as grantCovers } from '../decide/index.ts'
import { covers } from './covers.ts'
import type { Covered, Right } from './covers.ts'
import { BETWEEN, Texts } from './columns.ts'

export interface DistinctRight extends Right {
  readonly effect: 'allow' | 'deny'
  /** Of a grant: covered as decisions cover it. */
  readonly granted: boolean
}

/** Under which rights with patterns are kept that may be of any system. */
const ANY = ''

export class ActionIndex {
  readonly #keys = new Texts()
  readonly #rights: DistinctRight[] = []
  readonly #named = new Map<string, number[]>()
  readonly #patterns = new Map<string, number[]>()

  get size(): number {
    return this.#rights.length
  }

  add({ effect, granted, actions, resources, level, conditions }: DistinctRight): number {
    const given = conditions === undefined ? '' : JSON.stringify(conditions)
    const words = [effect, granted ? 'g' : '', level, given, String(actions.length), ...actions, ...resources]
    const number = this.#keys.add(words.join(BETWEEN))
    if (number < this.#rights.length) return number
    this.#rights.push({ effect, granted, actions, resources, level, ...(conditions !== undefined && { conditions }) })
    for (const key of uniqueKeys(actions)) push(key.pattern ? this.#patterns : this.#named, key.text, number)
    if (actions.length === 0) push(this.#patterns, ANY, number)
    return number
  }

  right(number: number): DistinctRight {
    const right = this.#rights[number]
    if (right === undefined) throw new Error('a row points to a right that is there')
    return right
  }

  /** Those that may cover the action, each once. */
  candidates(action: string): ReadonlySet<number> {
    const folded = action.toLowerCase()
    const system = folded.slice(0, Math.max(0, folded.indexOf(':')))
    const lists = [this.#named.get(folded), this.#patterns.get(system), this.#patterns.get(ANY)]
    return new Set(lists.flatMap((list) => list ?? []))
  }

  covers(number: number, action: string, resource: string): Covered {
    const right = this.right(number)
    if (!right.granted) return covers(right, action, resource)
    const covered =
      right.actions.some((pattern) => grantCovers(pattern, action)) &&
      right.resources.some((pattern) => grantCovers(pattern, resource))
    return covered ? 'yes' : 'no'
  }
}

/** A level of GitHub's holds others, so that its name alone does not find it. */
function keyOf(action: string): { readonly pattern: boolean; readonly text: string } {
  const folded = action.toLowerCase()
  if (!/[*?…]/.test(folded) && !folded.startsWith('github:')) return { pattern: false, text: folded }
  const colon = folded.indexOf(':')
  const system = colon === -1 ? ANY : folded.slice(0, colon)
  return { pattern: true, text: /[*?…]/.test(system) ? ANY : system }
}

function uniqueKeys(actions: readonly string[]): Iterable<ReturnType<typeof keyOf>> {
  return new Map(actions.map((action) => [JSON.stringify(keyOf(action)), keyOf(action)])).values()
}

function push(lists: Map<string, number[]>, key: string, number: number): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [number])
  else if (list.at(-1) !== number) list.push(number)
}
