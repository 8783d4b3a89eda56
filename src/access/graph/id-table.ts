// Numbers for ids, dense and in order of arrival, without an object or a string for each: 26 bytes and a place in an open
// hash table. What has a number keeps it.

/** `ent_` and 26 characters. All ids of one table have the same prefix. */
const TAIL = 26
const EMPTY = -1
const FNV = 0x811c9dc5
const FNV_PRIME = 0x01000193

export class IdTable {
  readonly #prefix: string
  #tails = Buffer.alloc(1024 * TAIL)
  #places = new Int32Array(2048).fill(EMPTY)
  #size = 0
  /** The id that is looked for, and where it falls. */
  readonly #probe = Buffer.alloc(TAIL)
  #hash = 0

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#tails.length + this.#places.byteLength
  }

  /** The number of the id; -1 where it has none. */
  find(id: string): number {
    return this.#read(id) ? (this.#places[this.#placeOfProbe()] ?? EMPTY) : EMPTY
  }

  /** The number of the id, a new one where it has none. Throws for what is no id of this table. */
  add(id: string): number {
    if (!this.#read(id)) throw new Error(`an id of another kind among ${this.#prefix}`)
    const place = this.#placeOfProbe()
    const known = this.#places[place] ?? EMPTY
    if (known !== EMPTY) return known
    const number = this.#size++
    if (this.#size * TAIL > this.#tails.length) this.#tails = grown(this.#tails)
    this.#probe.copy(this.#tails, number * TAIL)
    this.#places[place] = number
    if (this.#size * 2 > this.#places.length) this.#rehash()
    return number
  }

  id(number: number): string {
    return this.#prefix + this.#tails.toString('latin1', number * TAIL, (number + 1) * TAIL)
  }

  #read(id: string): boolean {
    if (id.length !== this.#prefix.length + TAIL || !id.startsWith(this.#prefix)) return false
    let hash = FNV
    for (let at = 0; at < TAIL; at++) {
      const letter = id.charCodeAt(this.#prefix.length + at)
      this.#probe[at] = letter
      hash = Math.imul(hash ^ (letter & 0xff), FNV_PRIME)
    }
    this.#hash = hash >>> 0
    return true
  }

  /** Where the id in the probe is, or would be. */
  #placeOfProbe(): number {
    const mask = this.#places.length - 1
    let place = this.#hash & mask
    for (;;) {
      const number = this.#places[place] ?? EMPTY
      if (number === EMPTY || this.#isProbe(number)) return place
      place = (place + 1) & mask
    }
  }

  #isProbe(number: number): boolean {
    for (let at = 0, from = number * TAIL; at < TAIL; at++) if (this.#probe[at] !== this.#tails[from + at]) return false
    return true
  }

  #rehash(): void {
    const mask = this.#places.length * 2 - 1
    this.#places = new Int32Array(mask + 1).fill(EMPTY)
    for (let number = 0; number < this.#size; number++) {
      let place = hashOf(this.#tails, number * TAIL) & mask
      while (this.#places[place] !== EMPTY) place = (place + 1) & mask
      this.#places[place] = number
    }
  }
}

/** FNV-1a; ids come from SHA-256 or a random source, so that nobody chooses where they fall. */
function hashOf(bytes: Buffer, from: number): number {
  let hash = FNV
  for (let at = from; at < from + TAIL; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), FNV_PRIME)
  return hash >>> 0
}

function grown(bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  const larger = Buffer.alloc(bytes.length * 2)
  bytes.copy(larger)
  return larger
}
