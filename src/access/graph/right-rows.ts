// Who holds which right: one row per entitlement or grant, in columns. A row keeps its number for as long as the graph lives.
import { Chains, Column, NONE } from './columns.ts'
import { IdTable } from './id-table.ts'

export class RightRows {
  readonly #ids: IdTable
  readonly #holder = new Column()
  readonly #right = new Column()
  readonly #words = new Column()
  readonly ofHolder = new Chains()
  readonly ofRight = new Chains()
  #live = 0

  constructor(prefix: string) {
    this.#ids = new IdTable(prefix)
  }

  get size(): number {
    return this.#live
  }

  get bytes(): number {
    const columns = this.#holder.bytes + this.#right.bytes + this.#words.bytes
    return this.#ids.bytes + columns + this.ofHolder.bytes + this.ofRight.bytes
  }

  put(id: string, holder: number, right: number, words: number): void {
    const row = this.#ids.add(id)
    this.#unlink(row)
    this.#holder.set(row, holder)
    this.#right.set(row, right)
    this.#words.set(row, words)
    this.ofHolder.add(holder, row)
    this.ofRight.add(right, row)
    this.#live += 1
  }

  remove(id: string): void {
    const row = this.#ids.find(id)
    if (row !== NONE) this.#unlink(row)
  }

  /** The row of the id; -1 where it is not held. */
  find(id: string): number {
    const row = this.#ids.find(id)
    return row === NONE || this.#right.get(row) === NONE ? NONE : row
  }

  id(row: number): string {
    return this.#ids.id(row)
  }

  holder(row: number): number {
    return this.#holder.get(row)
  }

  right(row: number): number {
    return this.#right.get(row)
  }

  words(row: number): number {
    return this.#words.get(row)
  }

  #unlink(row: number): void {
    const right = this.#right.get(row)
    if (right === NONE) return
    this.ofHolder.remove(this.#holder.get(row), row)
    this.ofRight.remove(right, row)
    this.#right.set(row, NONE)
    this.#live -= 1
  }
}
