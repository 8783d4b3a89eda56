// Columns of whole numbers that grow: what a graph of millions of edges is made of.

export const NONE = -1

export class Column {
  #values = new Int32Array(1024).fill(NONE)

  get(at: number): number {
    return this.#values[at] ?? NONE
  }

  set(at: number, value: number): void {
    if (at >= this.#values.length) {
      const larger = new Int32Array(Math.max(this.#values.length * 2, at + 1)).fill(NONE)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[at] = value
  }

  get bytes(): number {
    return this.#values.byteLength
  }
}

/** Lists of rows, one list for each number. New rows come first; a row leaves its list at once, however long that is. */
export class Chains {
  readonly #heads = new Column()
  readonly #next = new Column()
  readonly #before = new Column()

  add(list: number, row: number): void {
    const head = this.#heads.get(list)
    this.#next.set(row, head)
    this.#before.set(row, NONE)
    if (head !== NONE) this.#before.set(head, row)
    this.#heads.set(list, row)
  }

  remove(list: number, row: number): void {
    const [before, next] = [this.#before.get(row), this.#next.get(row)]
    if (before === NONE) this.#heads.set(list, next)
    else this.#next.set(before, next)
    if (next !== NONE) this.#before.set(next, before)
  }

  *rows(list: number): Generator<number> {
    for (let row = this.#heads.get(list); row !== NONE; row = this.#next.get(row)) yield row
  }

  head(list: number): number {
    return this.#heads.get(list)
  }

  next(row: number): number {
    return this.#next.get(row)
  }

  get bytes(): number {
    return this.#heads.bytes + this.#next.bytes + this.#before.bytes
  }
}

/** Between words of one text: no record holds it, since PostgreSQL cannot. */
export const BETWEEN = '\u0000'

/** Numbers for texts that come again and again. */
export class Texts {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []

  add(text: string): number {
    let number = this.#numbers.get(text)
    if (number === undefined) {
      this.#numbers.set(text, (number = this.#texts.length))
      this.#texts.push(text)
    }
    return number
  }

  text(number: number): string {
    return this.#texts[number] ?? ''
  }

  get size(): number {
    return this.#texts.length
  }
}
