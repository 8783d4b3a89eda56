// The log: entries in their order become leaves of the tree, its tiles are written, and a checkpoint is signed over it.
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { checkpointText } from '../checkpoint/checkpoint.ts'
import { formatNote, signNote } from '../checkpoint/note.ts'
import type { NoteSigner } from '../checkpoint/note.ts'
import { entryLeaf } from '../entry.ts'
import { listEntries } from '../read.ts'
import { formatBundle, parseBundle } from '../tree/entry-bundle.ts'
import { GrowingTree } from '../tree/growing-tree.ts'
import { leafHash } from '../tree/hash.ts'
import { TILE_WIDTH } from '../tree/tile.ts'
import type { TileName } from '../tree/tile.ts'
import { newestCheckpoint } from './checkpoints.ts'
import { refusedToSign } from './refused-to-sign.ts'
import type { RefusedToSign } from './refused-to-sign.ts'
import { publishedIn, refusedOver } from './signed-here.ts'
import type { SignedHere } from './signed-here.ts'
import type { TileFolder } from './tile-folder.ts'

export interface LogParts {
  readonly evidence: LayerDatabase
  readonly tiles: TileFolder
  /** Its name is the log's origin. */
  readonly signer: NoteSigner
}

const BATCH = 16 * TILE_WIDTH

/** One process's view of the log. Not safe for concurrent calls: one `integrate` after another. */
export class Log {
  readonly #parts: LogParts
  #tree: GrowingTree
  /** A write did not succeed: tree and bundle are ahead of what is on disk. */
  #torn = false
  /** The leaves of the last, not yet full bundle. */
  #bundle: Buffer[]
  #signed: SignedHere | undefined

  private constructor(parts: LogParts, tree: GrowingTree, bundle: Buffer[], signed: SignedHere | undefined) {
    this.#parts = parts
    this.#tree = tree
    this.#bundle = bundle
    this.#signed = signed
  }

  /**
   * Takes the log up where its last checkpoint was signed. Tiles that are missing or do not give that checkpoint's root
   * are made again from the entries. Throws LogDamaged where the entries themselves do not. Where the database does not have
   * what was published here, nothing is touched, and `integrate` says so.
   */
  static async open(parts: LogParts): Promise<Log> {
    const signed = await publishedIn(parts.tiles)
    if (signed !== undefined && (await refusedOver(parts.evidence, signed)) !== undefined) {
      const waiting = new Log(parts, GrowingTree.empty(), [], signed)
      waiting.#torn = true
      return waiting
    }
    const last = await parts.evidence.transaction(async (tx) => await newestCheckpoint(tx), { readOnly: true })
    if (last === undefined) return new Log(parts, GrowingTree.empty(), [], signed)
    const resumed = await resume(parts, last.size).catch(() => undefined)
    if (resumed?.[0].root().equals(last.root) === true) return new Log(parts, ...resumed, signed)
    const rebuilt = new Log(parts, GrowingTree.empty(), [], signed)
    await rebuilt.#grow(last.size)
    if (rebuilt.#tree.size !== last.size || !rebuilt.#tree.root().equals(last.root)) {
      throw new LogDamaged(`the entries below ${last.size} are not those over which the last checkpoint was signed`)
    }
    return rebuilt
  }

  get size(): number {
    return this.#tree.size
  }

  /**
   * Adds every entry that has its place, and signs a checkpoint where the log has grown. Tiles are on disk before the
   * checkpoint is stored, and it is stored before it is published; a crash in between is made good by the next call.
   * Returns the size of the log. Throws RefusedToSign where another key counts there, or where the database does not have what
   * was signed here.
   */
  async integrate(at: Instant): Promise<number> {
    const put = this.#signed === undefined ? undefined : await refusedOver(this.#parts.evidence, this.#signed)
    if (put !== undefined) throw put
    if (this.#torn) await this.#takeUpAnew()
    await this.#grow(Number.MAX_SAFE_INTEGER)
    const { evidence, signer, tiles } = this.#parts
    const { size } = this.#tree
    const text = checkpointText({ origin: signer.name, size, root: this.#tree.root() })
    let refused: RefusedToSign | undefined
    const published = await evidence.transaction(async (tx) => {
      const last = await newestCheckpoint(tx)
      if (last !== undefined && last.size >= size) return last
      refused = await refusedToSign(tx, signer, { size, last })
      if (refused !== undefined) return last
      const note = formatNote({ text, signatures: [signNote(text, signer)] })
      await tx.execute(sql`insert into evidence.checkpoint (size, root, note, signed_at)
        values (${size}, ${this.#tree.root()}, ${note}, ${at}) on conflict do nothing`)
      return await newestCheckpoint(tx)
    })
    // as long as nothing newer is signed by who may, the last checkpoint stays published
    if (refused !== undefined) throw refused
    if (published === undefined) return size
    // signed by another process of this log: not published here before its tiles are here, to its very width
    await this.#grow(published.size)
    if (this.#tree.size === published.size && !this.#tree.root().equals(published.root))
      throw new LogDamaged(`another process of this log signed another tree of ${published.size} entries`)
    await tiles.writeCheckpoint(formatNote(published.note))
    this.#signed = published
    return this.#tree.size
  }

  /** What a failed pass wrote is written again. */
  async #takeUpAnew(): Promise<void> {
    const again = await Log.open(this.#parts)
    this.#tree = again.#tree
    this.#bundle = again.#bundle
    this.#torn = again.#torn
  }

  /** Appends what has its place, up to `to` leaves. */
  async #grow(to: number): Promise<void> {
    for (;;) {
      const from = this.#tree.size
      const limit = Math.min(BATCH, to - from)
      if (limit <= 0) return
      const stored = await listEntries(this.#parts.evidence, { after: from - 1, limit })
      for (const [at, { seq }] of stored.entries()) {
        if (seq !== from + at) throw new LogDamaged(`entry ${from + at} is missing from the sequence`)
      }
      if (stored.length > 0) await this.#append(stored.map(entryLeaf))
      if (stored.length < limit) return
    }
  }

  async #append(leaves: readonly Buffer[]): Promise<void> {
    const { tiles } = this.#parts
    this.#torn = true
    let index = Math.floor(this.#tree.size / TILE_WIDTH)
    for (const leaf of leaves) {
      this.#bundle.push(leaf)
      if (this.#bundle.length < TILE_WIDTH) continue
      await tiles.write({ level: 'entries', index, width: TILE_WIDTH }, formatBundle(this.#bundle))
      this.#bundle = []
      index += 1
    }
    if (this.#bundle.length > 0) {
      await tiles.write({ level: 'entries', index, width: this.#bundle.length }, formatBundle(this.#bundle))
    }
    for (const { name, bytes } of this.#tree.append(leaves.map(leafHash))) await tiles.write(name, bytes)
    this.#torn = false
  }
}

/** The stored entries are not those that were signed. Never repaired: shown. */
export class LogDamaged extends Error {
  override readonly name = 'LogDamaged'
}

/** Throws RangeError where a tile is missing, or the last bundle is not of the hashes beside it. */
async function resume(parts: LogParts, size: number): Promise<readonly [tree: GrowingTree, bundle: Buffer[]]> {
  const read = async (name: TileName): Promise<Buffer> => await parts.tiles.read(name)
  const tree = await GrowingTree.resume(size, read)
  const width = size % TILE_WIDTH
  if (width === 0) return [tree, []]
  const index = Math.floor(size / TILE_WIDTH)
  const bundle = parseBundle(await read({ level: 'entries', index, width }))
  const hashes = await read({ level: 0, index, width })
  if (!Buffer.concat(bundle.map(leafHash)).equals(hashes)) throw new RangeError('the last bundle is of other entries')
  return [tree, bundle]
}
