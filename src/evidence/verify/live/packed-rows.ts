// A batch of entries as it crosses from one thread to another: bytes that are handed over, not copied one by one.
import type { EntryRow, Pruning } from './entry-rows.ts'

export interface PackedRows {
  readonly seqs: Float64Array
  readonly ids: readonly string[]
  readonly types: readonly string[]
  readonly ats: Float64Array
  /** All leaves, one after another, and where each ends. */
  readonly leaves: Uint8Array<ArrayBuffer>
  readonly ends: Uint32Array
  readonly hashes: Uint8Array<ArrayBuffer>
  readonly pruned: Uint8Array
  /** The few that have more to say, by their number in the batch. */
  readonly problems: ReadonlyMap<number, string>
  readonly notes: ReadonlyMap<number, string>
  readonly prunings: ReadonlyMap<number, Pruning>
}

const HASH_BYTES = 32

export function packed(rows: readonly EntryRow[]): PackedRows {
  const ends = new Uint32Array(rows.length)
  let length = 0
  for (const [number, { leaf }] of rows.entries()) ends[number] = length += leaf.length
  const leaves = new Uint8Array(length)
  const hashes = new Uint8Array(rows.length * HASH_BYTES)
  const problems = new Map<number, string>()
  const notes = new Map<number, string>()
  const prunings = new Map<number, Pruning>()
  for (const [number, { leaf, hash, problem, note, pruning }] of rows.entries()) {
    leaves.set(leaf, (ends[number] ?? 0) - leaf.length)
    hashes.set(hash, number * HASH_BYTES)
    if (problem !== undefined) problems.set(number, problem)
    if (note !== undefined) notes.set(number, note)
    if (pruning !== undefined) prunings.set(number, pruning)
  }
  return {
    seqs: Float64Array.from(rows, ({ seq }) => seq),
    ids: rows.map(({ id }) => id),
    types: rows.map(({ type }) => type),
    ats: Float64Array.from(rows, ({ at }) => at),
    leaves,
    ends,
    hashes,
    pruned: Uint8Array.from(rows, ({ pruned: gone }) => (gone ? 1 : 0)),
    problems,
    notes,
    prunings,
  }
}

export function unpacked(batch: PackedRows): EntryRow[] {
  const leaves = Buffer.from(batch.leaves.buffer)
  const hashes = Buffer.from(batch.hashes.buffer)
  return batch.ids.map((id, number) => {
    const problem = batch.problems.get(number)
    const note = batch.notes.get(number)
    const pruning = batch.prunings.get(number)
    return {
      id,
      seq: batch.seqs[number] ?? 0,
      type: batch.types[number] ?? '',
      at: batch.ats[number] ?? 0,
      leaf: leaves.subarray(number === 0 ? 0 : batch.ends[number - 1], batch.ends[number]),
      hash: hashes.subarray(number * HASH_BYTES, (number + 1) * HASH_BYTES),
      pruned: batch.pruned[number] === 1,
      ...(problem === undefined ? {} : { problem }),
      ...(note === undefined ? {} : { note }),
      ...(pruning === undefined ? {} : { pruning }),
    }
  })
}
