// Entries, 256 at a time, in the order of their places: into the tree, beside their files, and what is to be said of single ones.
import type { CheckParts, CheckpointCheck } from './checkpoint-check.ts'
import type { DiskTiles } from './disk-tiles.ts'
import { HASH_BYTES, headOf, WIDTH } from './entry-tile.ts'
import type { EntryTile, Remark } from './entry-tile.ts'
import { NAMED_MAX } from './live-findings.ts'
import { PrunedRows } from './pruned-rows.ts'

export interface EntryCheckParts extends CheckParts {
  readonly checkpoints: CheckpointCheck
  readonly disk: DiskTiles | undefined
  /** Entries that an act of erasing accounts for, by id. */
  readonly erased: ReadonlySet<string>
}

const BACKDATED_MS = 86_400_000

export class EntryCheck {
  readonly #parts: EntryCheckParts
  readonly #pruned: PrunedRows
  #missing: { readonly count: number; readonly first: number; readonly last: number } = { count: 0, first: 0, last: 0 }

  constructor(parts: EntryCheckParts) {
    this.#parts = parts
    this.#pruned = new PrunedRows(parts.erased)
  }

  async take(tile: EntryTile): Promise<void> {
    const { disk, checkpoints } = this.#parts
    const onDisk = await disk?.leafHashes(tile.index)
    const first = tile.index * WIDTH
    const whole = tile.root !== undefined && (onDisk === undefined || onDisk.equals(tile.hashes))
    const plain = whole && !checkpoints.isBetween(first, first + WIDTH) && !tile.remarks.some(({ missing }) => missing)
    const differs = plain ? this.#takeWhole(tile) : await this.#takeEach(tile, onDisk ?? Buffer.alloc(0))
    await disk?.add(tile, differs)
    await checkpoints.reach(first + tile.width)
  }

  /** Most are as their file has them, and no root was signed within. */
  #takeWhole(tile: EntryTile): boolean {
    const { roots, cosigners } = this.#parts
    if (tile.root !== undefined) roots.pushTile(tile.root)
    cosigners.entry(() => headOf(tile, 0).at)
    if (tile.oldestAt < this.#backdatedBefore())
      for (let place = 0; place < tile.width; place += 1) this.#checkTime(tile, place)
    for (const remark of tile.remarks) this.#remark(remark)
    return false
  }

  async #takeEach(tile: EntryTile, onDisk: Buffer): Promise<boolean> {
    const { roots, cosigners, checkpoints } = this.#parts
    const remarks = new Map(tile.remarks.map((remark) => [remark.seq, remark]))
    let differs = false
    for (let place = 0; place < tile.width; place += 1) {
      const seq = tile.index * WIDTH + place
      const [from, to] = [place * HASH_BYTES, (place + 1) * HASH_BYTES]
      const there = to <= onDisk.length ? onDisk.subarray(from, to) : undefined
      differs = roots.push(seq, tile.hashes.subarray(from, to), there) || differs
      const remark = remarks.get(seq)
      if (remark !== undefined) this.#remark(remark)
      if (remark?.missing !== true) {
        cosigners.entry(() => headOf(tile, place).at)
        if (tile.oldestAt < this.#backdatedBefore()) this.#checkTime(tile, place)
      }
      if (place + 1 < tile.width) await checkpoints.reach(seq + 1)
    }
    return differs
  }

  #backdatedBefore(): number {
    const { cosigners, checkpoints } = this.#parts
    return Math.max(cosigners.lastMs, checkpoints.signedAtMs) - BACKDATED_MS
  }

  /** Entries about rows are dated as what stands before them. */
  #checkTime(tile: EntryTile, place: number): void {
    const { seq, id, type, at } = headOf(tile, place)
    if (type === 'rows.changed' || !(at < this.#backdatedBefore())) return
    const detail = `entry ${seq} (${id}) says that it happened a day or more before its place was reached`
    this.#parts.findings.fail('time', detail, seq)
  }

  #remark(remark: Remark): void {
    const { findings, keys } = this.#parts
    const { seq, id, missing, problem, note } = remark
    if (missing) {
      this.#miss(seq)
      return
    }
    if (problem !== undefined) findings.fail('content', `entry ${seq} (${id}) ${problem}`, seq)
    this.#pruned.take(remark)
    if (note !== undefined) keys.take(seq, note)
  }

  #miss(seq: number): void {
    const { count, first } = this.#missing
    if (count < NAMED_MAX) this.#parts.findings.fail('sequence', `no entry stands at place ${seq}`, seq)
    this.#missing = { count: count + 1, first: count === 0 ? seq : first, last: seq }
  }

  end(): void {
    const { count, first, last } = this.#missing
    if (count > NAMED_MAX) this.#parts.findings.fail('sequence', `no entry stands at ${count} places`, first, last)
  }

  sayPruned(): void {
    const { findings } = this.#parts
    const erased = this.#pruned.erased()
    for (const { type, from, to, why } of erased)
      findings.fail('content', `the content of \`${type}\` is gone from ${from} on, ${why}`, from, to)
    if (this.#pruned.total > 0 && erased.length === 0)
      findings.say(
        'content',
        'passed',
        `the content of ${this.#pruned.total} entries was pruned; the log holds its hash`,
      )
  }
}
