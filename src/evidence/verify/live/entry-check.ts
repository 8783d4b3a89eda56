// Entries, 256 at a time, in the order of their places: into the tree, beside their files, and what is to be said of single ones.
import { BACK_MS_MAX } from '../offline/entry-times.ts'
import type { CheckParts, CheckpointCheck } from './checkpoint-check.ts'
import type { DiskTiles } from './disk-tiles.ts'
import { HASH_BYTES, headOf, WIDTH } from './entry-tile.ts'
import type { EntryTile, Remark } from './entry-tile.ts'
import { NAMED_MAX } from './live-findings.ts'

export interface EntryCheckParts extends CheckParts {
  readonly checkpoints: CheckpointCheck
  readonly disk: DiskTiles | undefined
}

export class EntryCheck {
  readonly #parts: EntryCheckParts
  #missing: { readonly count: number; readonly first: number; readonly last: number } = { count: 0, first: 0, last: 0 }

  constructor(parts: EntryCheckParts) {
    this.#parts = parts
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
    const { roots, cosigners, times } = this.#parts
    if (tile.root !== undefined) roots.pushTile(tile.root)
    cosigners.entry(() => headOf(tile, 0).at)
    if (this.#isPlain(tile)) times.newest(tile.newestAt)
    else for (let place = 0; place < tile.width; place += 1) this.#takeTime(tile, place)
    for (const remark of tile.remarks) this.#remark(remark)
    return false
  }

  async #takeEach(tile: EntryTile, onDisk: Buffer): Promise<boolean> {
    const { roots, cosigners, checkpoints, times } = this.#parts
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
        // a cosignature within may make of it what it was not before
        if (!this.#isPlain(tile)) this.#takeTime(tile, place)
      }
      if (place + 1 < tile.width) await checkpoints.reach(seq + 1)
    }
    if (this.#isPlain(tile)) times.newest(tile.newestAt)
    return differs
  }

  /** None of them is dated back, against another or what came before, and none says that a clock was. */
  #isPlain({ oldestAt, newestAt, remarks }: EntryTile): boolean {
    const { times } = this.#parts
    if (oldestAt < Math.max(times.backBefore, newestAt - BACK_MS_MAX)) return false
    return !remarks.some(({ type }) => type === 'clock.stepped')
  }

  #takeTime(tile: EntryTile, place: number): void {
    const { seq, type, at } = headOf(tile, place)
    this.#parts.times.take(seq, type, at)
  }

  #remark(remark: Remark): void {
    const { findings, keys, pruned } = this.#parts
    const { seq, id, missing, problem, note } = remark
    if (missing) {
      this.#miss(seq)
      return
    }
    if (problem !== undefined) findings.fail('content', `entry ${seq} (${id}) ${problem}`, seq)
    pruned.take(remark)
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

  sayTimes(): void {
    const { findings, times } = this.#parts
    for (const { outcome, detail, range } of times.findings())
      findings.all.push({ check: 'time', outcome, detail, ...(range === undefined ? {} : { range }) })
  }

  /** `nowMs`: nothing that stands here is of later. */
  sayPruned(nowMs: number): void {
    const { findings, pruned } = this.#parts
    pruned.known(nowMs)
    const unaccounted = pruned.unaccounted()
    for (const { type, from, to, why } of unaccounted)
      findings.fail('content', `the content of \`${type}\` is gone from ${from} on, ${why}`, from, to)
    if (unaccounted.length > 0 || pruned.pruned + pruned.erased === 0) return
    const words = `of ${pruned.pruned} entries the content was pruned, of ${pruned.erased} erased`
    findings.say('content', 'passed', `${words}, each by an act in the log behind it; the log holds their hashes`)
  }
}
