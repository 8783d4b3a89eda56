// The log's files on disk, compared with what the entries say: tiles of every level, entry bundles, and nothing beside them.
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { HASH_BYTES, rootOf, WIDTH } from './entry-tile.ts'
import type { EntryTile } from './entry-tile.ts'

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
  readonly #covered: number
  /** For each level the tile that is being filled; those of the first level come whole. */
  readonly #levels: { readonly index: number; readonly hashes: Buffer[] }[] = [{ index: 0, hashes: [] }]
  /** How many entries were compared. */
  #read = 0
  readonly #seen = new Set<string>(['checkpoint'])
  /** Which tiles hold a leaf that is not the row's: what is above them was said already. */
  readonly #differing = new Set<number>()
  readonly problems: string[] = []
  /** The tile of leaves that was read last: it is compared with the rows once they were taken. */
  #leaves: { readonly path: string; readonly bytes: Buffer | undefined } = { path: '', bytes: undefined }
  /** What stands in the folders that are being read, one of each level. */
  readonly #names = new Map<string, ReadonlySet<string>>()

  /** `covered`: of how many leaves the published tree is. Of servers on one database each has files as far as it has grown. */
  constructor(folder: string, covered: number) {
    this.#folder = folder
    this.#covered = covered
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
   * Compares it with its files, and what it completes above it with theirs. Tiles come in their order. `differs`: the file of
   * its hashes has others.
   */
  async add({ index, width, bundle, ends, hashes, root }: EntryTile, differs: boolean): Promise<void> {
    if (differs) this.#differing.add(index)
    this.#read = index * WIDTH + width
    await this.#compare('entries', index, bundle, ends, width === WIDTH)
    await this.#compare(0, index, hashes, HASH_BYTES, width === WIDTH)
    if (root !== undefined) await this.#raise(1, root)
  }

  async #raise(level: number, hash: Buffer): Promise<void> {
    const { hashes } = (this.#levels[level] ??= { index: 0, hashes: [] })
    if (hashes.push(hash) < WIDTH) return
    const whole = Buffer.concat(hashes)
    const { index } = this.#levels[level]
    this.#levels[level] = { index: index + 1, hashes: [] }
    await this.#compare(level, index, whole, HASH_BYTES, true)
    await this.#raise(level + 1, rootOf(whole))
  }

  /**
   * The full file and every partial one of a tile: each is the beginning of what the entries say. `unit` gives the length
   * of a partial one.
   */
  async #compare(
    level: number | 'entries',
    index: number,
    expected: Buffer,
    unit: number | Uint32Array,
    full: boolean,
  ): Promise<void> {
    const path = pathOf(level, index)
    const lengthOf = (width: number): number => (typeof unit === 'number' ? width * unit : (unit[width - 1] ?? -1))
    const widths = await this.#widths(path)
    const leaves = WIDTH ** (level === 'entries' ? 1 : level + 1)
    const needed = (index + 1) * leaves <= this.#covered
    if (full) await this.#compareFile(path, expected, { index, level, needed })
    for (const width of widths) {
      const length = lengthOf(width)
      // wider than the entries that were there when the reading began: grown meanwhile, or looked at by the caller
      if (length < 0 || length > expected.length) continue
      await this.#compareFile(`${path}.p/${width}`, expected.subarray(0, length), { index, level, needed: true })
    }
  }

  async #compareFile(
    path: string,
    expected: Buffer,
    { index, level, needed }: { readonly index: number; readonly level: number | 'entries'; readonly needed: boolean },
  ): Promise<void> {
    this.#seen.add(path)
    const found = path === this.#leaves.path ? this.#leaves.bytes : await bytesOf(join(this.#folder, path))
    if (found === undefined) {
      if (needed) this.problems.push(`${path} is missing`)
    } else if (!found.equals(expected) && !this.#saidBelow(level, index)) this.problems.push(`${path} was changed`)
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
   * The last, partial tiles: those of the published tree have to be there, as far as there are entries (`end`). `placed` is how
   * many have a place by now; a file of more than that is of no entry.
   */
  async finish(end: number, placed: number): Promise<void> {
    const signed = Math.min(this.#covered, end)
    for (const [level, { index, hashes }] of this.#levels.entries()) {
      if (level > 0) await this.#compare(level, index, Buffer.concat(hashes), HASH_BYTES, false)
      const wanted = Math.floor(signed / WIDTH ** level) % WIDTH
      const at = Math.floor(Math.floor(signed / WIDTH ** level) / WIDTH)
      const open = level === 0 ? Math.floor(this.#read / WIDTH) : index
      for (const kind of level === 0 ? ([level, 'entries'] as const) : [level])
        if (wanted > 0 && !this.#seen.has(`${pathOf(kind, at)}.p/${wanted}`) && at === open)
          this.problems.push(`${pathOf(kind, at)}.p/${wanted} is missing`)
    }
    await this.#lookForOthers(this.#read, placed)
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
