// The rows of a population, each beside the record version that its cells are taken from.
import { join } from 'node:path'
import { canonical, csvRows, lines, sha256 } from './formats.ts'

/** How a CSV file of the bundle hangs on the log. */
export interface Population {
  /** Of its ids. */
  readonly prefix: string
  /** Canonical JSON of the record versions that its cells are taken from, by `columns`: name → path in the data. */
  readonly records?: string
  readonly columns: Readonly<Record<string, string>>
  /** Of what has no versions: the types of entries that make a row. */
  readonly madeBy?: readonly string[]
}

export interface RecordLine {
  readonly id: string
  readonly version: number
  readonly segments: readonly { readonly validTo: string | null; readonly data: unknown }[]
}

export interface PopulationRow {
  readonly id: string
  readonly version: number
  readonly hash: string
  /** Versions that the cells are taken from, where they are not the newest. */
  readonly older: readonly { readonly version: number; readonly hash: string }[]
  /** Or what is wrong with them. */
  readonly cells: string
}

/** Rows of a CSV file, each beside the canonical JSON of its record, in the same order. */
export class PopulationRows {
  readonly #records: AsyncIterator<string> | undefined
  readonly #columns: Readonly<Record<string, string>>
  #ahead: RecordLine | undefined

  constructor(folder: string, { records, columns }: Population) {
    this.#records = records === undefined ? undefined : lines(join(folder, records))
    this.#columns = columns
  }

  async *read(file: string): AsyncGenerator<PopulationRow> {
    let names: readonly string[] | undefined
    for await (const cells of csvRows(file)) {
      if (names === undefined) names = cells
      else yield await this.#rowOf(new Map(names.map((name, at) => [name, cells[at] ?? ''])))
    }
    if ((await this.#peek()) !== undefined) throw new Error('the bundle holds records of no row')
  }

  async #rowOf(cells: ReadonlyMap<string, string>): Promise<PopulationRow> {
    const [id, version, hash] = [cells.get('id') ?? '', Number(cells.get('version')), cells.get('record_hash') ?? '']
    const row = { id, version, hash, older: [] }
    if (this.#records === undefined) return { ...row, cells: 'proven' }
    const records: RecordLine[] = []
    for (let next = await this.#peek(); next?.id === id; next = await this.#peek()) {
      records.push(next)
      this.#ahead = undefined
    }
    if (records.length === 0) {
      const shown = Object.keys(this.#columns).some((name) => cells.get(name) !== '')
      return { ...row, cells: shown ? 'cells without their record' : 'withheld' }
    }
    const hashes = records.map((record) => ({
      version: record.version,
      hash: sha256(canonical(record)).toString('hex'),
    }))
    const newest = hashes.pop()
    if (newest?.version !== version || newest.hash !== hash) return { ...row, cells: 'its record is another' }
    const gap = records.some((record, at) => at > 0 && record.version !== (records[at - 1]?.version ?? 0) + 1)
    const open = records.map(({ segments }) => segments.find(({ validTo }) => validTo === null))
    if (gap || open.slice(1).some((segment) => segment !== undefined) || open[0] === undefined)
      return { ...row, cells: 'its records are not those that the present stands on' }
    for (const [name, path] of Object.entries(this.#columns))
      if (cells.get(name) !== cellOf(open[0].data, path)) return { ...row, cells: `\`${name}\` is not what it says` }
    return { ...row, older: hashes, cells: 'proven' }
  }

  async #peek(): Promise<RecordLine | undefined> {
    if (this.#ahead !== undefined || this.#records === undefined) return this.#ahead
    const next = await this.#records.next()
    this.#ahead = next.done === true ? undefined : (JSON.parse(next.value) as RecordLine)
    return this.#ahead
  }
}

/** The text of what stands at `path` (`owner.party.id`), as a spreadsheet may hold it: a formula is defused by `'`. */
function cellOf(data: unknown, path: string): string {
  let value: unknown = data
  for (const key of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[key]
  const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
  const text = list.map((item) => (typeof item === 'string' ? item : canonical(item))).join(' ')
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}
