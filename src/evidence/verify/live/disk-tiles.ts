// The log's files on disk, compared with what the entries say: tiles of every level, entry bundles, and nothing beside them.
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { above, sha256 } from '../offline/formats.ts'

const WIDTH = 256
const HASH_BYTES = 32
const FOLDERS_MAX = 16

const threeDigits = (part: number): string => String(part).padStart(3, '0')

/** `tile/0/x001/234`, as C2SP tlog-tiles names it. */
function pathOf(level: number | 'entries', index: number): string {
  let path = threeDigits(index % 1000)
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    path = `x${threeDigits(rest % 1000)}/${path}`
  return `tile/${level}/${path}`
}

async function bytesOf(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

export class DiskTiles {
  readonly #folder: string
  /** For each level the hashes of the tile that is being filled, from entries. */
  readonly #levels: Buffer[][] = [[]]
  readonly #counts: number[] = [0]
  #bundle: Buffer[] = []
  readonly #seen = new Set<string>(['checkpoint'])
  /** Which tiles hold a leaf that is not the row's: what is above them was said already. */
  readonly #differing = new Set<number>()
  readonly problems: string[] = []
  /** The tile of leaves that was read last: it is compared with the rows once they were taken. */
  #leaves: { readonly path: string; readonly bytes: Buffer | undefined } = { path: '', bytes: undefined }
  /** What stands in the folders that are being read, one of each level. */
  readonly #names = new Map<string, ReadonlySet<string>>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The hashes of leaves from 256 × `index` on, as the widest tile file has them. */
  async leafHashes(index: number): Promise<Buffer> {
    const path = pathOf(0, index)
    const whole = await bytesOf(join(this.#folder, path))
    this.#leaves = { path, bytes: whole }
    if (whole !== undefined) return whole
    const widths = await this.#widths(path)
    return (
      (widths.length === 0 ? undefined : await bytesOf(join(this.#folder, `${path}.p/${widths.at(-1)}`))) ??
      Buffer.alloc(0)
    )
  }

  /**
   * `differs`: the tile has another hash for it. Leaves come in their order. Where they fill a tile: its root, once it and
   * what is above it were compared with its files; the next leaf waits for that.
   */
  add(leaf: Buffer, hash: Buffer, differs: boolean): Promise<Buffer> | undefined {
    if (differs) this.#differing.add(Math.floor((this.#counts[0] ?? 0) / WIDTH))
    this.#bundle.push(Buffer.of(leaf.length >> 8, leaf.length & 255), leaf)
    return this.#isFull(0, hash) ? this.#close(0) : undefined
  }

  #isFull(level: number, hash: Buffer): boolean {
    const hashes = (this.#levels[level] ??= [])
    this.#counts[level] = (this.#counts[level] ?? 0) + 1
    return hashes.push(hash) === WIDTH
  }

  async #close(level: number): Promise<Buffer> {
    const hashes = this.#levels[level] ?? []
    const index = (this.#counts[level] ?? 0) / WIDTH - 1
    if (level === 0) await this.#closeBundle(index, true)
    await this.#compare(level, index, Buffer.concat(hashes), HASH_BYTES, true)
    this.#levels[level] = []
    const root = rootOf(hashes)
    if (this.#isFull(level + 1, root)) await this.#close(level + 1)
    return root
  }

  async #closeBundle(index: number, full: boolean): Promise<void> {
    const ends = new Set<number>()
    let at = 0
    for (const [number, part] of this.#bundle.entries()) {
      at += part.length
      if (number % 2 === 1) ends.add(at)
    }
    const bytes = Buffer.concat(this.#bundle)
    this.#bundle = []
    await this.#compare('entries', index, bytes, [...ends], full)
  }

  /**
   * The full file and every partial one of a tile: each is the beginning of what the entries say. `unit` gives the length
   * of a partial one.
   */
  async #compare(
    level: number | 'entries',
    index: number,
    expected: Buffer,
    unit: number | readonly number[],
    full: boolean,
  ): Promise<void> {
    const path = pathOf(level, index)
    const lengthOf = (width: number): number => (typeof unit === 'number' ? width * unit : (unit[width - 1] ?? -1))
    const widths = await this.#widths(path)
    if (full) await this.#compareFile(path, expected, index, level)
    for (const width of widths) {
      const length = lengthOf(width)
      // wider than the entries that were there when the reading began: grown meanwhile, or looked at by the caller
      if (length < 0 || length > expected.length) continue
      await this.#compareFile(`${path}.p/${width}`, expected.subarray(0, length), index, level)
    }
  }

  async #compareFile(path: string, expected: Buffer, index: number, level: number | 'entries'): Promise<void> {
    this.#seen.add(path)
    const found = path === this.#leaves.path ? this.#leaves.bytes : await bytesOf(join(this.#folder, path))
    if (found === undefined) this.problems.push(`${path} is missing`)
    else if (!found.equals(expected) && !this.#saidBelow(level, index)) this.problems.push(`${path} was changed`)
  }

  #saidBelow(level: number | 'entries', index: number): boolean {
    const height = level === 'entries' ? 0 : level
    return [...this.#differing].some((tile) => Math.floor(tile / WIDTH ** height) === index)
  }

  async #widths(path: string): Promise<number[]> {
    // a long log has few partial tiles: one look at the folder above tells of a thousand that have none
    const folder = dirname(path)
    const beside = this.#names.get(folder) ?? new Set(await namesIn(join(this.#folder, folder)))
    if (this.#names.size === FOLDERS_MAX) this.#names.clear()
    this.#names.set(folder, beside)
    if (!beside.has(`${basename(path)}.p`)) return []
    const names = await namesIn(join(this.#folder, `${path}.p`))
    return names
      .filter((name) => /^[1-9]\d{0,2}$/.test(name))
      .map(Number)
      .sort((a, b) => a - b)
  }

  /**
   * The last, partial tiles: those of the tree of `signed` leaves have to be there. `placed` is how many entries have a
   * place by now; a file of more than that is of no entry.
   */
  async finish(signed: number, placed: number): Promise<void> {
    const count = this.#counts[0] ?? 0
    await this.#closeBundle(Math.floor(count / WIDTH), false)
    for (const [level, hashes] of this.#levels.entries()) {
      const index = Math.floor((this.#counts[level] ?? 0) / WIDTH)
      await this.#compare(level, index, Buffer.concat(hashes), HASH_BYTES, false)
      const wanted = Math.floor(signed / WIDTH ** level) % WIDTH
      const at = Math.floor(Math.floor(signed / WIDTH ** level) / WIDTH)
      for (const kind of level === 0 ? ([level, 'entries'] as const) : [level])
        if (wanted > 0 && !this.#seen.has(`${pathOf(kind, at)}.p/${wanted}`) && at === index)
          this.problems.push(`${pathOf(kind, at)}.p/${wanted} is missing`)
    }
    await this.#lookForOthers(count, placed)
  }

  async #lookForOthers(read: number, placed: number): Promise<void> {
    const items = await readdir(this.#folder, { recursive: true, withFileTypes: true }).catch(() => [])
    for (const item of items) {
      if (item.isDirectory()) continue
      const path = relative(this.#folder, join(item.parentPath, item.name)).split(sep).join('/')
      // what a crash left of a file that was being written is of no meaning
      if (this.#seen.has(path) || /\.[0-9a-f]{12}\.new$/.test(path)) continue
      // between the two: grown since the reading began
      const leaves = leavesOf(path)
      if (leaves <= read || leaves > placed) this.problems.push(`${path} is of entries that are not there`)
    }
  }
}

/** How many leaves a tree needs for a file to be part of it; infinite for what is no part of any. */
function leavesOf(path: string): number {
  const [, level = '', digits = '', width = '256'] =
    /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path) ?? []
  if (digits === '' || Number(width) > WIDTH) return Number.POSITIVE_INFINITY
  const height = level === 'entries' ? 0 : Number(level)
  return (Number(digits.replaceAll(/[x/]/g, '')) * WIDTH + Number(width)) * WIDTH ** height
}

function rootOf(hashes: readonly Buffer[]): Buffer {
  let row = hashes
  while (row.length > 1) {
    const higher: Buffer[] = []
    for (let at = 0; at + 1 < row.length; at += 2)
      higher.push(above(row[at] ?? Buffer.alloc(32), row[at + 1] ?? Buffer.alloc(32)))
    row = higher
  }
  return row[0] ?? sha256('')
}
