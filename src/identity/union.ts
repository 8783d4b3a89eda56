// Disjoint sets over strings, for joining records that share an explicit identifier.

export class Union {
  readonly #parent = new Map<string, string>()

  find(key: string): string {
    let root = key
    for (let up = this.#parent.get(root); up !== undefined && up !== root; up = this.#parent.get(root)) root = up
    // path compression
    for (let at = key; at !== root;) {
      const up = this.#parent.get(at) ?? root
      this.#parent.set(at, root)
      at = up
    }
    if (!this.#parent.has(root)) this.#parent.set(root, root)
    return root
  }

  /** The smaller string becomes the root, so that the result does not depend on order. */
  join(a: string, b: string): void {
    const rootA = this.find(a)
    const rootB = this.find(b)
    if (rootA === rootB) return
    if (rootA < rootB) this.#parent.set(rootB, rootA)
    else this.#parent.set(rootA, rootB)
  }
}
