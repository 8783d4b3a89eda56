// Steps from principal to principal, both ways round: what one reaches, and from where it is reached.
import { Chains, Column, NONE, Texts } from './columns.ts'
import { IdTable } from './id-table.ts'
import type { HeldWay, WayKind } from './records.ts'

/** A step of a path, as answers tell it. */
export interface Step {
  readonly kind: WayKind
  readonly how: string
  /** Whom it reaches; absent where that is no principal. */
  readonly principalId?: string
  readonly reaches?: string
  /** False where something would have to hold that no source tells. */
  readonly certain: boolean
  readonly open: readonly string[]
}

type Words = Pick<Step, 'kind' | 'how' | 'open' | 'reaches'>

export class WayRows {
  readonly #ids = new IdTable('way_')
  readonly #from = new Column()
  readonly #to = new Column()
  readonly #words = new Column()
  /** 1 for what can simply be done, by acting as another; others are followed only when asked for. */
  readonly #class = new Column()
  readonly #texts = new Texts()
  readonly #out = new Chains()
  readonly #in = new Chains()
  #live = 0

  get size(): number {
    return this.#live
  }

  get bytes(): number {
    const columns = this.#from.bytes + this.#to.bytes + this.#words.bytes + this.#class.bytes
    return this.#ids.bytes + columns + this.#out.bytes + this.#in.bytes
  }

  put(principals: IdTable, way: HeldWay): void {
    const row = this.#ids.add(way.id)
    this.#unlink(row)
    const { principalId, reachesPrincipalId, kind, how, open, reaches } = way
    const from = principals.add(principalId)
    const to = reachesPrincipalId === undefined ? NONE : principals.add(reachesPrincipalId)
    this.#from.set(row, from)
    this.#to.set(row, to)
    this.#words.set(row, this.#texts.add(JSON.stringify({ kind, how, open, reaches })))
    this.#class.set(row, classOf(kind, open.length === 0))
    this.#out.add(from, row)
    if (to !== NONE) this.#in.add(to, row)
    this.#live += 1
  }

  remove(id: string): void {
    const row = this.#ids.find(id)
    if (row !== NONE) this.#unlink(row)
  }

  id(row: number): string {
    return this.#ids.id(row)
  }

  from(row: number): number {
    return this.#from.get(row)
  }

  to(row: number): number {
    return this.#to.get(row)
  }

  isOf(row: number, follow: Follow): boolean {
    const held = this.#class.get(row)
    return (follow.escalations || held < 2) && (!follow.onlyCertain || held % 2 === 1)
  }

  out(node: number): Generator<number> {
    return this.#out.rows(node)
  }

  into(node: number): Generator<number> {
    return this.#in.rows(node)
  }

  step(row: number, principals: IdTable): Step {
    const words = JSON.parse(this.#texts.text(this.#words.get(row))) as Words
    const to = this.#to.get(row)
    return { ...words, certain: words.open.length === 0, ...(to !== NONE && { principalId: principals.id(to) }) }
  }

  #unlink(row: number): void {
    if (this.#words.get(row) === NONE) return
    this.#out.remove(this.#from.get(row), row)
    const to = this.#to.get(row)
    if (to !== NONE) this.#in.remove(to, row)
    this.#words.set(row, NONE)
    this.#live -= 1
  }
}

/** Which steps a question follows. */
export interface Follow {
  readonly onlyCertain: boolean
  /** Also what takes more than acting as another: changing a policy, starting a workload. */
  readonly escalations: boolean
}

const classOf = (kind: WayKind, certain: boolean): number => (kind === 'escalation' ? 2 : 0) + (certain ? 1 : 0)
