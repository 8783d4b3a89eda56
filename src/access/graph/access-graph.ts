// Who holds what and who can act as whom, across all systems, as one graph in columns of whole numbers. Built from records,
// kept by changes of single records; the questions stand beside it.
import { ActionIndex } from './action-index.ts'
import { NONE } from './columns.ts'
import { IdTable } from './id-table.ts'
import type { GraphChange, HeldRight } from './records.ts'
import { RightRows } from './right-rows.ts'
import { WayRows } from './way-rows.ts'
import { Words } from './words.ts'

const GRANT = 'grt_'

export class AccessGraph {
  readonly principals = new IdTable('prn_')
  readonly rights = new ActionIndex()
  readonly words = new Words()
  readonly entitlements = new RightRows('ent_')
  readonly grants = new RightRows(GRANT)
  readonly ways = new WayRows()
  /** Of grants, by row: milliseconds since 1970. */
  readonly #windows = new Map<number, { readonly from: number; readonly until: number }>()

  get edges(): number {
    return this.entitlements.size + this.grants.size + this.ways.size
  }

  /** Of the columns; the words and distinct rights, which are few, come on top. */
  get bytes(): number {
    return this.principals.bytes + this.entitlements.bytes + this.grants.bytes + this.ways.bytes
  }

  apply(change: GraphChange): void {
    if ('gone' in change) this.#remove(change.gone)
    else if (change.put === 'right') this.#putRight(change.right)
    else this.ways.put(this.principals, change.way)
  }

  /** -1 for a principal of which nothing is known here. */
  node(principalId: string): number {
    return this.principals.find(principalId)
  }

  /** Both kinds of rights alike: entitlements of systems, and Reeve's own grants that are in force at `now`. */
  *rowsOf(node: number, now: number): Generator<readonly [rows: RightRows, row: number]> {
    for (const row of this.entitlements.ofHolder.rows(node)) yield [this.entitlements, row]
    for (const row of this.grants.ofHolder.rows(node)) if (this.#inForce(row, now)) yield [this.grants, row]
  }

  *holdersOf(right: number, now: number): Generator<readonly [rows: RightRows, row: number]> {
    for (const row of this.entitlements.ofRight.rows(right)) yield [this.entitlements, row]
    for (const row of this.grants.ofRight.rows(right)) if (this.#inForce(row, now)) yield [this.grants, row]
  }

  /** When a grant ends; nothing for one without an end and for what a system states. */
  untilOf(rows: RightRows, row: number): number | undefined {
    const until = rows === this.grants ? this.#windows.get(row)?.until : undefined
    return until === Infinity ? undefined : until
  }

  #inForce(row: number, now: number): boolean {
    const window = this.#windows.get(row)
    return window !== undefined && window.from <= now && now < window.until
  }

  #putRight(held: HeldRight): void {
    const granted = held.id.startsWith(GRANT)
    const rows = granted ? this.grants : this.entitlements
    const holder = this.principals.add(held.principalId)
    rows.put(held.id, holder, this.rights.add({ ...held, granted }), this.words.add(held))
    if (!granted) return
    this.#windows.set(rows.find(held.id), { from: held.from ?? -Infinity, until: held.until ?? Infinity })
  }

  #remove(id: string): void {
    if (id.startsWith('way_')) this.ways.remove(id)
    else if (id.startsWith(GRANT)) this.#removeGrant(id)
    else this.entitlements.remove(id)
  }

  #removeGrant(id: string): void {
    const row = this.grants.find(id)
    if (row !== NONE) this.#windows.delete(row)
    this.grants.remove(id)
  }
}
