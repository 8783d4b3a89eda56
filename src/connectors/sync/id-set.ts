// A set of ids in eight bytes each, outside the heap: what a sync has met of hundreds of thousands of records.

const LOAD_MAX = 0.5

/**
 * Ids are known by 53 bits of a hash. Of a million, two are taken for one with a chance of one in 18,000; then a record
 * that is gone is marked a read later.
 */
export class IdSet {
  /** Zero is an empty place. */
  #slots = new Float64Array(1024)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(id: string): boolean {
    return this.#slots[this.#find(hash53(id))] !== 0
  }

  add(id: string): void {
    const hash = hash53(id)
    const at = this.#find(hash)
    if (this.#slots[at] !== 0) return
    this.#slots[at] = hash
    this.#size += 1
    if (this.#size > this.#slots.length * LOAD_MAX) this.#grow()
  }

  /** Where the hash is, or where it would be. */
  #find(hash: number): number {
    const mask = this.#slots.length - 1
    let at = hash % this.#slots.length
    while (this.#slots[at] !== 0 && this.#slots[at] !== hash) at = (at + 1) & mask
    return at
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Float64Array(before.length * 2)
    for (const hash of before) if (hash !== 0) this.#slots[this.#find(hash)] = hash
  }
}

/** From 1 to 2^53: two multiplicative hashes of 32 bits side by side (cyrb53). */
export function hash53(text: string): number {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    high = Math.imul(high ^ unit, 2_654_435_761)
    low = Math.imul(low ^ unit, 1_597_334_677)
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909)
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909)
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0) + 1
}
