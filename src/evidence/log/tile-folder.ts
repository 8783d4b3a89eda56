// The log as plain files (C2SP tlog-tiles): tiles and entry bundles below one folder, and the newest checkpoint.
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { tilePath } from '../tree/tile.ts'
import type { TileName } from '../tree/tile.ts'

/** Files appear whole or not at all, and are on disk when a write returns. They are public: what is in them is the log. */
export class TileFolder {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
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
    await mkdir(dirname(file), { recursive: true })
    const fresh = `${file}.${randomBytes(6).toString('hex')}.new`
    const handle = await open(fresh, 'wx', 0o644)
    try {
      await handle.writeFile(bytes)
      await handle.datasync()
    } finally {
      await handle.close()
    }
    await rename(fresh, file)
  }
}
