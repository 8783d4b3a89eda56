// The log as plain files (C2SP tlog-tiles): tiles and entry bundles below one folder, and the newest checkpoint.
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { tilePath } from '../tree/tile.ts'
import type { TileName } from '../tree/tile.ts'

/**
 * Files appear whole or not at all, and are on disk when a write returns. They are for their owner alone: they say who did
 * what to which record, which the API tells auditors and administrators only.
 */
export class TileFolder {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** Closes what an earlier release left open. What is below a closed folder is out of reach, whatever its modes. */
  async shut(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    await chmod(this.folder, 0o700)
  }

  /** Throws RangeError where there is no such tile. */
  async read(name: TileName): Promise<Buffer> {
    const bytes = await this.readPath(tilePath(name))
    if (bytes === undefined) throw new RangeError(`the tile ${tilePath(name)} is missing`)
    return bytes
  }

  /** For one proof: reads each tile once, however often it is asked for. */
  readingOnce(): (name: TileName) => Promise<Buffer> {
    const read = new Map<string, Promise<Buffer>>()
    return async (name) => {
      const path = tilePath(name)
      const tile = read.get(path) ?? this.read(name)
      read.set(path, tile)
      return await tile
    }
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
    await this.#writePath(tilePath(name), bytes)
  }

  async writeCheckpoint(note: string): Promise<void> {
    await this.#writePath('checkpoint', Buffer.from(note))
  }

  async #writePath(path: string, bytes: Uint8Array): Promise<void> {
    const file = join(this.folder, path)
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const fresh = `${file}.${randomBytes(6).toString('hex')}.new`
    const handle = await open(fresh, 'wx', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.datasync()
    } finally {
      await handle.close()
    }
    await rename(fresh, file)
  }
}
