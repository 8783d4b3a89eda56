// One population of a bundle: its CSV file and, for what has versions, the records beside it that its cells are taken from.
import { canonicalJson } from '#kernel'
import type { Json } from '#kernel'
import type { BundleFile, BundleFolder } from './bundle-folder.ts'
import { cellAt, csvRow } from './population.ts'
import type { PlainPopulation, PopulationRecord, PopulationSource, RecordPopulation } from './population.ts'

/** What the manifest says of it, as the verifier reads it. */
interface PopulationEntry {
  readonly prefix: string
  readonly columns: Readonly<Record<string, string>>
  readonly records?: string
  readonly madeBy?: readonly string[]
}

export interface WrittenPopulation {
  readonly path: string
  readonly title: string
  readonly entry: PopulationEntry
  readonly rows: number
  /** How many rows each system has, where there is such a column. */
  readonly bySystem: ReadonlyMap<string, number>
}

export async function writePopulation(bundle: BundleFolder, source: PopulationSource): Promise<WrittenPopulation> {
  const { name, title, prefix, columns } = source
  const path = `populations/${name}.csv`
  const table = new Table(await bundle.open(path), columns)
  if ('madeBy' in source) {
    await writePlain(table, source)
    return { path, title, entry: { prefix, columns, madeBy: source.madeBy }, ...table.counts }
  }
  const records = `records/${name}.ndjson`
  await writeRecords(table, await bundle.open(records), source)
  return { path, title, entry: { prefix, columns, records }, ...table.counts }
}

async function writePlain(table: Table, source: PlainPopulation): Promise<void> {
  await table.head(['id'])
  for await (const { id, data } of source.rows()) await table.row([id], data)
  await table.end()
}

async function writeRecords(table: Table, records: BundleFile, source: RecordPopulation): Promise<void> {
  await table.head(['id', 'version', 'record_hash'])
  for await (const record of source.rows()) {
    const { id, version, hash, versions } = record
    const data = presentData(record)
    const shown = data === undefined || source.withheld?.(data) === true ? undefined : data
    await table.row([id, String(version), hash], shown)
    if (shown !== undefined) for (const one of versions) await records.add(`${canonicalJson(one as unknown as Json)}\n`)
  }
  await table.end()
  await records.close()
}

/** What holds now, by the last version that says so. */
function presentData({ versions }: PopulationRecord): { readonly [key: string]: Json } | undefined {
  return versions[0]?.segments.find(({ validTo }) => validTo === null)?.data
}

class Table {
  readonly #file: BundleFile
  readonly #columns: Readonly<Record<string, string>>
  readonly #bySystem = new Map<string, number>()
  #rows = 0

  constructor(file: BundleFile, columns: Readonly<Record<string, string>>) {
    this.#file = file
    this.#columns = columns
  }

  get counts(): { readonly rows: number; readonly bySystem: ReadonlyMap<string, number> } {
    return { rows: this.#rows, bySystem: this.#bySystem }
  }

  async head(fixed: readonly string[]): Promise<void> {
    await this.#file.add(csvRow([...fixed, ...Object.keys(this.#columns)]))
  }

  /** Without data every cell is empty. */
  async row(fixed: readonly string[], data: { readonly [key: string]: Json } | undefined): Promise<void> {
    this.#rows += 1
    const cells = Object.values(this.#columns).map((path) => (data === undefined ? '' : cellAt(data, path)))
    await this.#file.add(csvRow([...fixed, ...cells]))
    const system = cells[Object.keys(this.#columns).indexOf('system')]
    if (system !== undefined && system !== '') this.#bySystem.set(system, (this.#bySystem.get(system) ?? 0) + 1)
  }

  async end(): Promise<void> {
    await this.#file.close(this.#rows)
  }
}
