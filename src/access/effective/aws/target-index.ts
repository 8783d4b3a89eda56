// Finds targets without trying each: by the resource patterns of a grant, and by how privileged they are.
import type { Tier } from '../../entitlement.ts'
import { TIERS } from '../../entitlement.ts'
import type { AwsPrincipal } from './estate.ts'
import type { ResourcePattern } from './resource-pattern.ts'

export class TargetIndex {
  readonly #byArn: readonly AwsPrincipal[]
  readonly all: readonly AwsPrincipal[]

  constructor(principals: readonly AwsPrincipal[]) {
    this.all = principals
    this.#byArn = principals.toSorted((a, b) => (a.arn < b.arn ? -1 : a.arn > b.arn ? 1 : 0))
  }

  /** Those that some pattern may match, and perhaps others; `undefined`: the patterns select nothing out. */
  select(patterns: readonly ResourcePattern[]): ReadonlySet<AwsPrincipal> | undefined {
    const found = new Set<AwsPrincipal>()
    for (const { matchesAll, prefix } of patterns) {
      const service = /^arn:[^:]*:([^:]+):/.exec(prefix)?.[1]
      if (service !== undefined && service !== 'iam') continue
      if (matchesAll || !/:(?:user|role|group)\/./.test(prefix)) return undefined
      for (let at = this.#from(prefix); at < this.#byArn.length; at++) {
        const principal = this.#byArn[at]
        if (principal?.arn.startsWith(prefix) !== true) break
        found.add(principal)
      }
    }
    return found
  }

  #from(prefix: string): number {
    let low = 0
    let high = this.#byArn.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#byArn[middle]?.arn ?? '') < prefix) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Most privileged first, then by ARN. */
export function rank<T>(items: readonly T[], tierOf: (item: T) => Tier, arnOf: (item: T) => string): T[] {
  const keyed = items.map((item) => ({ item, tier: TIERS.indexOf(tierOf(item)), arn: arnOf(item) }))
  keyed.sort((a, b) => b.tier - a.tier || (a.arn < b.arn ? -1 : a.arn > b.arn ? 1 : 0))
  return keyed.map(({ item }) => item)
}
