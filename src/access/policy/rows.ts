// Rows of 32-bit integers by number, growing as they are written. What was never written reads as -1. What is read together
// stands together: with a million rows it is the pages of memory touched that cost, not the instructions.

export class Rows {
  readonly #width: number
  #values: Int32Array<ArrayBuffer>

  constructor(width: number) {
    this.#width = width
    this.#values = new Int32Array(16 * width).fill(-1)
  }

  get(row: number, column: number): number {
    return this.#values[row * this.#width + column] ?? -1
  }

  set(row: number, column: number, value: number): void {
    const at = row * this.#width + column
    if (at >= this.#values.length) {
      // half as much again: doubling a million of each would be the largest part of the memory
      const grown = new Int32Array(Math.ceil((row + 1) * 1.5) * this.#width).fill(-1)
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[at] = value
  }
}
