// The rows of a population, each beside the record versions that its cells are taken from.
import { csvRows, lines } from './files.ts'
import { canonical, sha256 } from './formats.ts'
import type { PopulationTable } from './population-tables.ts'

interface RecordLine {
  readonly id: string
  readonly version: number
  readonly segments: readonly { readonly validTo: string | null; readonly data: unknown }[]
}

export interface PopulationRow {
  readonly id: string
  readonly cells: ReadonlyMap<string, string>
  /** Of tables with versions; 0 and nothing where there are none. */
  readonly version: number
  readonly hash: string
  /** Versions that the cells are taken from, where they are not the newest. */
  readonly older: readonly { readonly version: number; readonly hash: string }[]
  /** Whether the cells are what the record says; or what is wrong with them. */
  readonly shown: 'proven' | 'withheld' | { readonly wrong: string }
}

/** What a spreadsheet takes for one: defused by `'` in front of it. */
const FORMULA = /^[=+\-@\t\r]/

export const tablePath = (name: string): string => `populations/${name}.csv`
export const recordsPath = (name: string): string => `records/${name}.ndjson`

/** Which versions before the newest one of each record are in the bundle. */
export async function olderVersions(
  folder: string,
  names: readonly string[],
): Promise<Map<string, Map<number, string>>> {
  const older = new Map<string, Map<number, string>>()
  for (const name of names) {
    let before = { id: '', version: 0 }
    for await (const line of lines(folder, recordsPath(name))) {
      const record = JSON.parse(line) as RecordLine
      if (record.id === before.id)
        older.set(record.id, (older.get(record.id) ?? new Map<number, string>()).set(before.version, ''))
      before = record
    }
  }
  return older
}

/** Rows of a CSV file, each beside the canonical JSON of its record, in the same order. */
export class PopulationRows {
  readonly #folder: string
  readonly #name: string
  readonly #table: PopulationTable
  readonly #records: AsyncIterator<string>
  #ahead: string | undefined

  constructor(folder: string, name: string, table: PopulationTable) {
    this.#folder = folder
    this.#name = name
    this.#table = table
    this.#records = lines(folder, recordsPath(name))
  }

  async *read(): AsyncGenerator<PopulationRow> {
    const fixed = this.#table.told === undefined ? ['id', 'version', 'record_hash'] : ['id']
    const names = [...fixed, ...Object.keys(this.#table.columns)]
    let head = true
    for await (const cells of csvRows(this.#folder, tablePath(this.#name))) {
      if (head && cells.join() !== names.join()) throw new Error(`its columns have to be ${names.join(', ')}`)
      if (cells.length !== names.length) throw new Error(`a row has ${cells.length} cells`)
      if (cells.some((cell) => FORMULA.test(cell))) throw new Error('a cell begins as a formula does')
      if (!head) yield await this.#rowOf(new Map(names.map((name, at) => [name, cells[at] ?? ''])))
      head = false
    }
    if (head) throw new Error('it has no columns')
    if ((await this.#peek()) !== undefined) throw new Error('the bundle holds records of no row')
  }

  async #rowOf(cells: ReadonlyMap<string, string>): Promise<PopulationRow> {
    const id = cells.get('id') ?? ''
    if (this.#table.told !== undefined) return await this.#toldRow(id, cells)
    const [written = '', hash = ''] = [cells.get('version'), cells.get('record_hash')]
    const version = Number(written)
    if (String(version) !== written) throw new Error(`the version of ${id} is not written as a number is`)
    const row = { id, cells, version, hash, older: [] }
    const records: RecordLine[] = []
    const hashes: { version: number; hash: string }[] = []
    for (let line = await this.#peek(); line !== undefined; line = await this.#peek()) {
      const record = JSON.parse(line) as RecordLine
      if (record.id !== id) break
      if (canonical(record) !== line) throw new Error(`the record of ${id} is not canonical JSON`)
      records.push(record)
      hashes.push({ version: record.version, hash: sha256(line).toString('hex') })
      this.#ahead = undefined
    }
    if (records.length === 0) {
      const blank = Object.keys(this.#table.columns).every((name) => cells.get(name) === '')
      return { ...row, shown: blank ? 'withheld' : { wrong: 'cells without their record' } }
    }
    const wrong = this.#wrongWith(row, records, hashes.at(-1))
    return { ...row, older: hashes.slice(0, -1), shown: wrong === undefined ? 'proven' : { wrong } }
  }

  /** A row without versions, beside what its hash is of: `[table, [id], columns]` as PostgreSQL writes it. */
  async #toldRow(id: string, cells: ReadonlyMap<string, string>): Promise<PopulationRow> {
    const row = { id, cells, version: 0, older: [] }
    const line = (await this.#peek()) ?? '{}'
    const { id: told, salt, said } = JSON.parse(line) as Partial<ToldLine>
    if (told !== id || salt === undefined || said === undefined)
      return { ...row, hash: '', shown: { wrong: 'cells without their row' } }
    if (canonical({ id: told, salt, said }) !== line) throw new Error(`the row of ${id} is not canonical JSON`)
    this.#ahead = undefined
    const wrong = wrongCell(this.#table, id, cells, JSON.parse(said) as readonly unknown[])
    const hash = sha256(Buffer.from(salt, 'hex'), said).toString('hex')
    return { ...row, hash, shown: wrong === undefined ? 'proven' : { wrong } }
  }

  #wrongWith(
    { cells, version, hash }: Pick<PopulationRow, 'cells' | 'version' | 'hash'>,
    records: readonly RecordLine[],
    newest: { readonly version: number; readonly hash: string } | undefined,
  ): string | undefined {
    if (newest?.version !== version || newest.hash !== hash) return 'its record is another'
    const gap = records.some((record, at) => at > 0 && record.version !== (records[at - 1]?.version ?? 0) + 1)
    const open = records.map(({ segments }) => segments.find(({ validTo }) => validTo === null))
    if (gap || open.slice(1).some((segment) => segment !== undefined) || open[0] === undefined)
      return 'its records are not those that the present stands on'
    const { data } = open[0]
    const [column] =
      Object.entries(this.#table.columns).find(([name, path]) => cells.get(name) !== cellOf(data, path)) ?? []
    return column === undefined ? undefined : `\`${column}\` is not what it says`
  }

  async #peek(): Promise<string | undefined> {
    if (this.#ahead !== undefined) return this.#ahead
    const next = await this.#records.next()
    this.#ahead = next.done === true ? undefined : next.value
    return this.#ahead
  }
}

interface ToldLine {
  readonly id: string
  readonly salt: string
  readonly said: string
}

function wrongCell(
  { told, columns, stated = [] }: PopulationTable,
  id: string,
  cells: ReadonlyMap<string, string>,
  [table, key, row]: readonly unknown[],
): string | undefined {
  if (table !== told?.table || canonical(key) !== canonical([id])) return 'its row is another'
  const column = Object.keys(columns).find(
    (name) => !stated.includes(name) && cells.get(name) !== toldCell(row, told?.columns[name] ?? name),
  )
  return column === undefined ? undefined : `\`${column}\` is not what it says`
}

/** PostgreSQL writes instants its own way. */
function toldCell(row: unknown, column: string): string {
  const text = cellOf(row, column)
  return /(?:^|_)at$/.test(column) && text !== '' ? new Date(text).toISOString() : text
}

/** The text of what stands at `path` (`owner.party.id`), as a spreadsheet may hold it: a formula is defused by `'`. */
export function cellOf(data: unknown, path: string): string {
  let value: unknown = data
  for (const key of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[key]
  const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
  const text = list.map((item) => (typeof item === 'string' ? item : canonical(item))).join(' ')
  return FORMULA.test(text) ? `'${text}` : text
}
