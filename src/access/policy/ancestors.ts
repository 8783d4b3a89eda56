// The hierarchy as sorted arrays of slots: `in` is a search in one of them.
import type { Entity } from './value.ts'

const NONE: readonly number[] = []
const ANCESTORS_MAX = 4096
/** Above this a binary search is faster than a scan. */
const SCANNED_MAX = 16

/** What the children of an entity have as ancestors, kept while the entity's own do not change. */
const lineages = new WeakMap<readonly number[], { readonly slot: number; readonly lineage: readonly number[] }>()

/** Sorted and without repetition; undefined when there are more than is sensible. */
export function ancestorsOf(parents: readonly Entity[]): readonly number[] | undefined {
  const [first, ...others] = parents
  if (first === undefined) return NONE
  if (others.length === 0) return lineageOf(first)
  const all = new Set<number>()
  for (const parent of parents) for (const slot of lineageOf(parent) ?? []) all.add(slot)
  return all.size > ANCESTORS_MAX ? undefined : [...all].sort((a, b) => a - b)
}

/** The entity and its ancestors: one array that all of its only-children share. */
function lineageOf({ slot, data }: Entity): readonly number[] | undefined {
  if (data === null || data.ancestors.length === 0) return [slot]
  const kept = lineages.get(data.ancestors)
  if (kept?.slot === slot) return kept.lineage
  if (data.ancestors.length >= ANCESTORS_MAX) return undefined
  const lineage = [...data.ancestors, slot].sort((a, b) => a - b)
  lineages.set(data.ancestors, { slot, lineage })
  return lineage
}

/** Whether the first is an ancestor of the second. An entity is no ancestor of itself. */
export function isAncestor(ancestor: Entity, entity: Entity): boolean {
  const { data } = entity
  if (data === null || ancestor.slot < 0) return false
  const { ancestors } = data
  if (ancestors.length <= SCANNED_MAX) {
    for (const slot of ancestors) if (slot === ancestor.slot) return true
    return false
  }
  let low = 0
  let high = ancestors.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const slot = ancestors[middle] ?? 0
    if (slot === ancestor.slot) return true
    if (slot < ancestor.slot) low = middle + 1
    else high = middle - 1
  }
  return false
}
