// 32-bit integers by number, growing as they are written. What was never written reads as the initial value.

export class Numbers {
  readonly #initial: number
  #values: Int32Array<ArrayBuffer>

  constructor(initial: number) {
    this.#initial = initial
    this.#values = new Int32Array(16).fill(initial)
  }

  get(at: number): number {
    return this.#values[at] ?? this.#initial
  }

  set(at: number, value: number): void {
    if (at >= this.#values.length) {
      // half as much again: doubling a million of each would be the largest part of the memory
      const grown = new Int32Array(Math.max(at + 1, Math.ceil(this.#values.length * 1.5))).fill(this.#initial)
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[at] = value
  }
}
