// Finds principals by the resource patterns of a grant without trying each: by literal ARN or by literal prefix.
import type { AwsPrincipal } from './estate.ts'
import type { ResourcePattern } from './resource-pattern.ts'

export class TargetIndex {
  readonly #byArn: readonly AwsPrincipal[]
  readonly all: readonly AwsPrincipal[]

  constructor(principals: readonly AwsPrincipal[]) {
    this.all = principals
    this.#byArn = principals.toSorted((a, b) => (a.arn < b.arn ? -1 : a.arn > b.arn ? 1 : 0))
  }

  /** Those that some pattern may match, and perhaps others; `undefined` patterns: all. */
  select(patterns: readonly ResourcePattern[] | undefined): readonly AwsPrincipal[] {
    if (patterns === undefined) return this.all
    const found = new Set<AwsPrincipal>()
    for (const { matchesAll, prefix } of patterns) {
      // a prefix that ends before the name selects nothing out
      if (matchesAll || !/:(?:user|role|group)\/./.test(prefix)) return this.all
      for (let at = this.#from(prefix); at < this.#byArn.length; at++) {
        const principal = this.#byArn[at]
        if (principal?.arn.startsWith(prefix) !== true) break
        found.add(principal)
      }
    }
    return [...found]
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
