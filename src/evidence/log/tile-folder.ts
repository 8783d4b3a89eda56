// The log as plain files (C2SP tlog-tiles): tiles and entry bundles below one folder, and the newest checkpoint.
import { chmod, mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'
import { parseNote } from '../checkpoint/note.ts'
import { cutBundle } from '../tree/entry-bundle.ts'
import { HASH_BYTES, TILE_WIDTH, tilePath } from '../tree/tile.ts'
import type { TileName } from '../tree/tile.ts'
import { writeWholeFile } from '../whole-file.ts'

/** Of 8 KiB at most: all that stands above the leaves of a log of 16,000,000 entries. */
const KEPT_MAX = 256

/**
 * Files appear whole or not at all, and are on disk when a write returns. They are for their owner alone: they say who did
 * what to which record, which the API tells auditors and administrators only.
 */
export class TileFolder {
  readonly folder: string
  /** What many proofs go through, by path: tiles above the leaves, and those at the growing edge. */
  readonly #kept = new Map<string, Buffer>()

  constructor(folder: string) {
    this.folder = folder
  }

  /** Closes what an earlier release left open. What is below a closed folder is out of reach, whatever its modes. */
  async shut(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    await chmod(this.folder, 0o700)
  }

  /** How many entries the checkpoint beside the tiles covers: as far as a proof out of this folder goes. */
  async reach(): Promise<number> {
    const bytes = await this.readPath('checkpoint')
    return bytes === undefined ? 0 : parseCheckpoint(parseNote(bytes.toString('utf8')).text).size
  }

  /** Throws RangeError where there is no such tile. */
  async read(name: TileName): Promise<Buffer> {
    const bytes = await this.find(name)
    if (bytes === undefined) throw new RangeError(`the tile ${tilePath(name)} is missing`)
    return bytes
  }

  /**
   * A partial tile also where only a wider one was written: of several processes of one log each grows its own folder by its
   * own steps, and any of them may have signed the checkpoint that is asked about.
   */
  async find(name: TileName): Promise<Buffer | undefined> {
    const exact = await this.readPath(tilePath(name))
    if (exact !== undefined || name.width === TILE_WIDTH) return exact
    for (const width of [TILE_WIDTH, ...(await this.#partialWidths(name))]) {
      const wider = width > name.width ? await this.readPath(tilePath({ ...name, width })) : undefined
      if (wider !== undefined)
        return name.level === 'entries' ? cutBundle(wider, name.width) : wider.subarray(0, name.width * HASH_BYTES)
    }
    return undefined
  }

  async #partialWidths(name: TileName): Promise<number[]> {
    try {
      return (await readdir(dirname(join(this.folder, tilePath(name))))).map(Number).filter(Number.isSafeInteger)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  /** For one proof: reads each tile once, however often it is asked for, and those that many proofs share less often. */
  readingOnce(): (name: TileName) => Promise<Buffer> {
    const read = new Map<string, Promise<Buffer>>()
    return async (name) => {
      const path = tilePath(name)
      const kept = this.#kept.get(path)
      if (kept !== undefined) return kept
      const tile = read.get(path) ?? this.read(name)
      read.set(path, tile)
      if (name.level !== 0 || name.width < TILE_WIDTH) this.#keep(path, await tile)
      return await tile
    }
  }

  #keep(path: string, tile: Buffer): void {
    this.#kept.set(path, tile)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest)
  }

  /** A file of the log by a path that was made by `tilePath`, or `checkpoint`. */
  async readPath(path: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.folder, path))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  async write(name: TileName, bytes: Uint8Array): Promise<void> {
    const path = tilePath(name)
    await writeWholeFile(join(this.folder, path), bytes)
    this.#kept.delete(path)
  }

  async writeCheckpoint(note: string): Promise<void> {
    await writeWholeFile(join(this.folder, 'checkpoint'), note)
  }
}
