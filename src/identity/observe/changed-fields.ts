// Which fields of a record differ, by what they say and not by how they are spelled.
import { canonicalJson } from '#kernel'
import type { Json } from '#kernel'

/** Sorted names of the top-level members that differ. */
export function changedFields(before: object, after: object): string[] {
  const [was, is] = [before as Record<string, Json>, after as Record<string, Json>]
  const names = new Set([...Object.keys(was), ...Object.keys(is)])
  return [...names].filter((name) => !same(was[name], is[name])).sort()
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined) return false
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false
  return canonicalJson(a) === canonicalJson(b)
}
