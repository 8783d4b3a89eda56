// A bundle as it is written: each file as a stream, hashed on its way, so that nothing of it has to fit into memory.
import { createHash } from 'node:crypto'
import { mkdir, open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface WrittenFile {
  readonly sha256: string
  readonly bytes: number
  readonly rows?: number
}

const BUFFER_CHARACTERS = 256 * 1024

export class BundleFolder {
  readonly folder: string
  readonly #files = new Map<string, WrittenFile>()

  constructor(folder: string) {
    this.folder = folder
  }

  /** What the manifest lists, by path, in the order of the paths. */
  get files(): Readonly<Record<string, WrittenFile>> {
    return Object.fromEntries([...this.#files].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  async open(path: string): Promise<BundleFile> {
    const file = join(this.folder, path)
    await mkdir(dirname(file), { recursive: true })
    return new BundleFile(await open(file, 'wx', 0o600), (written) => this.#files.set(path, written))
  }

  async write(path: string, text: string): Promise<void> {
    const file = await this.open(path)
    try {
      await file.add(text)
    } finally {
      await file.close()
    }
  }
}

export class BundleFile {
  readonly #handle: FileHandle
  readonly #done: (written: WrittenFile) => void
  readonly #hash = createHash('sha256')
  #bytes = 0
  #waiting: string[] = []
  #characters = 0

  constructor(handle: FileHandle, done: (written: WrittenFile) => void) {
    this.#handle = handle
    this.#done = done
  }

  async add(text: string): Promise<void> {
    this.#waiting.push(text)
    this.#characters += text.length
    if (this.#characters >= BUFFER_CHARACTERS) await this.#flush()
  }

  /** `rows` is what a manifest says of a table. */
  async close(rows?: number): Promise<void> {
    await this.#flush()
    await this.#handle.close()
    this.#done({ sha256: this.#hash.digest('hex'), bytes: this.#bytes, ...(rows === undefined ? {} : { rows }) })
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#waiting.join(''))
    this.#waiting = []
    this.#characters = 0
    this.#hash.update(bytes)
    this.#bytes += bytes.length
    await this.#handle.appendFile(bytes)
  }
}
