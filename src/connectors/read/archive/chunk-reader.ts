// A stream of bytes read in pieces of the size that the caller wants.

export class ChunkReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #held: Buffer = Buffer.alloc(0)
  #ended = false

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Up to `count` bytes without taking them; fewer only at the end. */
  async peek(count: number): Promise<Buffer> {
    await this.#fill(count)
    return this.#held.subarray(0, count)
  }

  /** Up to `count` bytes; fewer only at the end. The bytes own their buffer. */
  async read(count: number): Promise<Uint8Array> {
    await this.#fill(count)
    const taken = new Uint8Array(this.#held.subarray(0, count))
    this.#held = this.#held.subarray(taken.length)
    return taken
  }

  /** Passes over `count` bytes without holding them. */
  async skip(count: number): Promise<void> {
    for await (const chunk of this.take(count)) void chunk
  }

  /** The next `count` bytes as they come. */
  async *take(count = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0;) {
      await this.#fill(1)
      if (this.#held.length === 0) return
      const chunk = this.#held.subarray(0, left)
      this.#held = this.#held.subarray(chunk.length)
      left -= chunk.length
      yield chunk
    }
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    this.#ended = true
    await this.#chunks.return?.()
  }

  async #fill(count: number): Promise<void> {
    if (this.#held.length >= count || this.#ended) return
    const parts: Uint8Array[] = [this.#held]
    let length = this.#held.length
    while (length < count && !this.#ended) {
      const next = await this.#chunks.next()
      if (next.done === true) this.#ended = true
      else {
        parts.push(next.value)
        length += next.value.length
      }
    }
    this.#held = parts.length === 1 ? this.#held : Buffer.concat(parts)
  }
}
