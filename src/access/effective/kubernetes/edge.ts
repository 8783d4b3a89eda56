// One step up: from rights that are held to a principal that is taken over, or to what is reached at once.
import type { Tier } from '../../entitlement.ts'
import type { Held, HeldByNamespace } from './holder.ts'

/**
 * Principals that can be taken over by the same right: all of a place, or one by its name; '' stands for any. `beside`:
 * accounts of a namespace in which a workload of the named kind runs.
 */
export type TargetKind = 'account' | 'pod' | 'token' | 'user' | 'group' | 'beside'
export const targetKey = (kind: TargetKind, namespace: string, name = ''): string => `${kind}\n${namespace}\n${name}`

export interface Edge {
  /** The set of principals of which any may be reached, or what is reached at once. */
  readonly to: { readonly key: string; readonly place: string } | { readonly tier: Tier; readonly reaches: string }
  /** The rights that it takes, in the order of the steps. */
  readonly by: readonly Held[]
}

/** Pairs of rights that hold in one place. */
export function* together(a: HeldByNamespace, b: HeldByNamespace): Generator<readonly [Held, Held]> {
  for (const [namespace, first] of a) {
    if (namespace === '') {
      for (const second of b.values()) yield [first, second]
      continue
    }
    for (const place of ['', namespace]) {
      const second = b.get(place)
      if (second !== undefined) yield [first, second]
    }
  }
}

export function placeInWords(namespace: string): string {
  return namespace === '' ? 'any namespace' : `namespace \`${namespace}\``
}

export function toAccounts(held: Held, namespace: string, more: readonly Held[] = []): Edge {
  return { to: { key: targetKey('account', namespace), place: placeInWords(namespace) }, by: [held, ...more] }
}
