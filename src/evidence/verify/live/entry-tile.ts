// Up to 256 entries that stand beside each other, hashed: what a tile and an entry bundle of the log have to be (C2SP
// tlog-tiles), and what is to be said of single entries among them.
import { hash } from 'node:crypto'
import { contentProblems } from './content-problems.ts'
import { pruningOf } from './pruned-rows.ts'
import type { Pruning } from './pruned-rows.ts'

export const WIDTH = 256
export const HASH_BYTES = 32

/** What PostgreSQL has of a tile, each column over all entries in the order of their places. */
export interface TileRow {
  readonly index: number
  /** Which of the 256 places are taken. */
  readonly places: string
  /** Milliseconds since 1970, of entries that are not about rows; null where there are none. */
  readonly oldestAt: number | null
  readonly newestAt: number | null
  /** Empty where a place has no entry. */
  readonly leaves: string
  readonly contents: string
  readonly reasons: string
  /** Hex; `-` for none. */
  readonly salts: string
  readonly contentHashes: string
}

export interface EntryTile {
  readonly index: number
  /** How many places; 256 but in the last. */
  readonly width: number
  /** Every leaf after its length in two bytes. */
  readonly bundle: Buffer
  /** Where each leaf ends in it. */
  readonly ends: Uint32Array
  /** RFC 6962, section 2.1: SHA-256 of a zero byte and the leaf. Zeros where there is no entry. */
  readonly hashes: Buffer
  /** Of a full one. */
  readonly root?: Buffer
  readonly oldestAt: number
  readonly newestAt: number
  /** The few entries that have more to say, in the order of their places. */
  readonly remarks: readonly Remark[]
}

export interface EntryHead {
  readonly seq: number
  readonly id: string
  readonly type: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface Remark extends EntryHead {
  /** No entry stands there. */
  readonly missing: boolean
  readonly pruned: boolean
  /** What is wrong with its content, which the leaf holds by hash alone. */
  readonly problem?: string
  /** Of an entry that announces a key of the log. */
  readonly note?: string
  /** Of an entry that says what was pruned. */
  readonly pruning?: Pruning
}

const LENGTH_BYTES = 2
const LINE_BREAK = 10
const EVERY_PLACE = Array.from({ length: WIDTH }, (_, place) => place).join(',')
const NONE: Omit<TileRow, 'index'> = {
  places: '',
  oldestAt: null,
  newestAt: null,
  leaves: '',
  contents: 'null',
  reasons: '',
  salts: '-',
  contentHashes: '-',
}
/** Both stand in a leaf like that, unescaped, as nothing but its type. */
const TELLING = /"type":"(?:log\.key_rotated|content\.pruned|clock\.stepped)"/

export function entryTile(index: number, width: number, found: TileRow | undefined): EntryTile {
  const row = wholeRow(width, found ?? { index, ...NONE })
  const { bundle, ends } = bundled(row.leaves, width)
  const hashes = leafHashes(bundle, ends)
  const times = { oldestAt: row.oldestAt ?? Infinity, newestAt: row.newestAt ?? -Infinity }
  const tile = { index, width, bundle, ends, hashes, ...times }
  const root = width === WIDTH ? { root: rootOf(hashes) } : {}
  return { ...tile, ...root, remarks: remarksOf(tile, row) }
}

/** What the leaf of the entry at this place of the tile says; empty where there is none. */
export function headOf(
  { index, bundle, ends }: Pick<EntryTile, 'index' | 'bundle' | 'ends'>,
  place: number,
): EntryHead {
  const seq = index * WIDTH + place
  const leaf = bundle.toString('utf8', (ends[place - 1] ?? 0) + LENGTH_BYTES, ends[place])
  if (leaf === '') return { seq, id: '', type: '', at: Number.NaN }
  const { id, type, at } = JSON.parse(leaf) as Record<'id' | 'type' | 'at', string>
  return { seq, id, type, at: Date.parse(at) }
}

const pair = Buffer.alloc(1 + 2 * HASH_BYTES, 1)

/** The root of the tree over hashes that stand one after another; as many as a power of two. */
export function rootOf(hashes: Buffer): Buffer {
  const row = Buffer.from(hashes)
  for (let length = row.length; length > HASH_BYTES; length /= 2)
    for (let at = 0; at < length; at += 2 * HASH_BYTES) {
      row.copy(pair, 1, at, at + 2 * HASH_BYTES)
      writeHash(row, at / 2, pair)
    }
  return Buffer.from(row.subarray(0, HASH_BYTES))
}

/** As text of one byte a character: a buffer for each hash, made and thrown away, costs more than the hash. */
function writeHash(to: Buffer, at: number, bytes: Buffer): void {
  to.write(hash('sha256', bytes, 'binary'), at, 'latin1')
}

/** With something for every place: what was deleted leaves its place empty. */
function wholeRow(width: number, row: TileRow): TileRow {
  if (width === WIDTH ? row.places === EVERY_PLACE : EVERY_PLACE.startsWith(`${row.places},${width},`)) return row
  const places = row.places === '' ? [] : row.places.split(',').map(Number)
  const spread = (
    column: Exclude<keyof TileRow, 'index' | 'oldestAt' | 'newestAt' | 'places'>,
    between: string,
  ): string => {
    const values = row[column].split(between)
    const all = Array<string>(width).fill(NONE[column])
    for (const [at, place] of places.entries()) all[place] = values[at] ?? NONE[column]
    return all.join(between)
  }
  return {
    ...row,
    leaves: spread('leaves', '\n\n'),
    contents: spread('contents', '\n'),
    reasons: spread('reasons', '\n'),
    salts: spread('salts', ','),
    contentHashes: spread('contentHashes', ','),
  }
}

/** The two line breaks before a leaf give room for its length. */
function bundled(leaves: string, width: number): Pick<EntryTile, 'bundle' | 'ends'> {
  // not of the pool: it is handed to another thread
  const bundle = Buffer.allocUnsafeSlow(LENGTH_BYTES + Buffer.byteLength(leaves))
  bundle.write(leaves, LENGTH_BYTES)
  const ends = new Uint32Array(width)
  let start = 0
  for (let place = 0; place < width; place += 1) {
    const found = bundle.indexOf(LINE_BREAK, start + LENGTH_BYTES)
    const end = found === -1 ? bundle.length : found
    bundle.writeUInt16BE((end - start - LENGTH_BYTES) & 0xffff, start)
    ends[place] = start = end
  }
  return { bundle, ends }
}

function leafHashes(bundle: Buffer, ends: Uint32Array): Buffer {
  const hashes = Buffer.allocUnsafeSlow(ends.length * HASH_BYTES).fill(0)
  let start = 0
  for (const [place, end] of ends.entries()) {
    const before = start + LENGTH_BYTES - 1
    if (end > before + 1) {
      // the byte before the leaf is the zero that its hash begins with, for as long as that takes
      const low = bundle[before] ?? 0
      bundle[before] = 0
      writeHash(hashes, place * HASH_BYTES, bundle.subarray(before, end))
      bundle[before] = low
    }
    start = end
  }
  return hashes
}

function remarksOf(tile: Omit<EntryTile, 'root' | 'remarks'>, row: TileRow): Remark[] {
  const telling = TELLING.test(row.leaves)
  const { problems, contents, pruned } = contentProblems(row)
  const remarks: Remark[] = []
  for (let place = 0; place < tile.width; place += 1) {
    const missing = (tile.ends[place] ?? 0) - (tile.ends[place - 1] ?? 0) === LENGTH_BYTES
    const problem = missing ? undefined : problems.get(place)
    if (!telling && !missing && problem === undefined && !pruned.has(place)) continue
    const head = headOf(tile, place)
    const content = contents[place]
    remarks.push({
      ...head,
      missing,
      pruned: pruned.has(place),
      ...(problem === undefined ? {} : { problem }),
      ...(head.type === 'log.key_rotated' ? { note: String((content as { note?: unknown } | null)?.note) } : {}),
      ...(head.type === 'content.pruned' && typeof content === 'object' && content !== null
        ? { pruning: pruningOf(content) }
        : {}),
    })
  }
  return remarks
}
