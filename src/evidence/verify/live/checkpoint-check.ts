// The checkpoints of the database, and those known from elsewhere, each looked at where the entries reach its size.
import type { EntryTimes } from '../offline/entry-times.ts'
import { parseCheckpoint, parseNote } from '../offline/formats.ts'
import type { CheckpointRow } from './checkpoint-rows.ts'
import type { Cosigners } from './cosigners.ts'
import type { LiveFindings } from './live-findings.ts'
import type { LogKeys } from './log-keys.ts'
import type { PrunedRows } from './pruned-rows.ts'
import type { SignedRoots } from './signed-roots.ts'

export interface CheckParts {
  readonly findings: LiveFindings
  readonly keys: LogKeys
  readonly cosigners: Cosigners
  readonly roots: SignedRoots
  readonly pruned: PrunedRows
  readonly times: EntryTimes
}

interface Known {
  readonly size: number
  readonly root: Buffer
}

export class CheckpointCheck {
  readonly #parts: CheckParts
  readonly #rows: AsyncGenerator<CheckpointRow>
  readonly #known: readonly Known[]
  #next: CheckpointRow | undefined
  #count = 0
  /** How many entries the log has signed, and under which name. */
  signed = 0
  origin = ''

  /** `rows` by their size. */
  constructor({
    rows,
    known,
    parts,
  }: {
    readonly rows: AsyncGenerator<CheckpointRow>
    readonly known: readonly Known[]
    readonly parts: CheckParts
  }) {
    this.#rows = rows
    this.#known = known
    this.#parts = parts
  }

  /** Whether something is to be looked at after more than `from` entries and less than `to`. */
  isBetween(from: number, to: number): boolean {
    return (this.#next?.size ?? to) < to || this.#known.some(({ size }) => size > from && size < to)
  }

  /** There are so many entries by now. */
  async reach(size: number): Promise<void> {
    for (const known of this.#known) if (known.size === size) this.#parts.roots.checkKnown(known.root, size)
    if (size === 0) await this.#step()
    for (; this.#next !== undefined && this.#next.size <= size; await this.#step()) this.#check(this.#next)
  }

  /** `now` asks how many places are taken: a checkpoint may be newer than the reading. */
  async end(end: number, now: () => Promise<number>): Promise<void> {
    const { findings } = this.#parts
    const next = this.#next
    const placed = next === undefined ? end : await now()
    if (next !== undefined && next.size > placed) {
      const detail = `${next.size - placed} entries at the end are gone: a checkpoint of ${next.size} was signed`
      findings.fail('entries', detail, placed, next.size - 1)
    }
    for (const { size } of this.#known)
      if (size > end) {
        const detail = `a log of ${size} entries is known, and this one has ${end}: its tail was cut`
        findings.fail('known checkpoint', detail, end, size - 1)
      }
  }

  summarise(end: number): void {
    const { findings } = this.#parts
    if (!findings.hasFailed((check) => check !== 'log key' && check !== 'files'))
      findings.say('entries', 'passed', `${end} entries without a gap give every one of ${this.#count} signed roots`)
    if (end > this.signed)
      findings.say('entries', 'cannot', `${end - this.signed} entries at the end are not signed yet`)
  }

  async #step(): Promise<void> {
    const step = await this.#rows.next()
    this.#next = step.done === true ? undefined : step.value
  }

  #check(row: CheckpointRow): void {
    const { findings, keys, cosigners, roots, pruned, times } = this.#parts
    const { size } = row
    const at = `the checkpoint of ${size}`
    const range = [Math.min(roots.good, Math.max(0, size - 1)), Math.max(0, size - 1)] as const
    try {
      const note = parseNote(row.note)
      const said = parseCheckpoint(note.text)
      this.origin ||= said.origin
      if (said.size !== size || said.root.toString('base64') !== row.root.replaceAll('\n', ''))
        throw new Error(`${at} is not what its row says`)
      if (said.origin !== this.origin) throw new Error(`${at} is of another log, ${said.origin}`)
      this.#count += 1
      if (!keys.signed(note)) throw new Error(`${at} is not signed by the key of the log that counts there`)
      const cosignedAt = cosigners.take(row, at)
      this.signed = Math.max(this.signed, size)
      roots.check(said.root, size, at)
      pruned.known(Math.min(row.signedAt, cosignedAt ?? row.signedAt))
      if (cosignedAt !== undefined) times.cosigned(cosignedAt)
    } catch (error) {
      findings.fail('checkpoints', (error as Error).message, ...range)
    }
  }
}
