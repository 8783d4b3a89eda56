// One population of a bundle: its CSV file and, for what has versions, the records beside it that its cells are taken from.
import { canonicalJson } from '#kernel'
import type { Json } from '#kernel'
import type { BundleFile, BundleFolder } from './bundle-folder.ts'
import { cellAt, csvRow } from './population.ts'
import type { PlainPopulation, PopulationRecord, PopulationSource, RecordPopulation, UpTo } from './population.ts'
import type { InScope } from './scope.ts'
import type { ToldRow } from './told-rows.ts'

export interface WrittenPopulation {
  readonly name: string
  readonly path: string
  readonly title: string
  /** Of what has no versions: which entries made its rows. */
  readonly madeBy?: readonly string[]
  readonly rows: number
  /** How many rows each system has, where there is such a column. */
  readonly bySystem: ReadonlyMap<string, number>
  /** Whose rows show nothing but id, version and hash. */
  readonly withheld: ReadonlySet<string>
}

export interface Shown {
  readonly upTo: UpTo
  /** Rows without versions that are not shown. */
  readonly later: ReadonlySet<string>
  /** Of rows without versions: what the log was told. */
  readonly told: ReadonlyMap<string, ToldRow>
  /** Undefined: everything is in it. */
  readonly scope: InScope | undefined
}

export async function writePopulation(
  bundle: BundleFolder,
  source: PopulationSource,
  shown: Shown,
): Promise<WrittenPopulation> {
  const { name, title, columns } = source
  const path = `populations/${name}.csv`
  const table = new Table(await bundle.open(path), columns)
  const withheld = new Set<string>()
  if ('madeBy' in source) {
    await writePlain(table, await bundle.open(`records/${name}.ndjson`), source, shown)
    return { name, path, title, madeBy: source.madeBy, withheld, ...table.counts }
  }
  await writeRecords(table, await bundle.open(`records/${name}.ndjson`), source, shown, withheld)
  return { name, path, title, withheld, ...table.counts }
}

async function writePlain(
  table: Table,
  records: BundleFile,
  source: PlainPopulation,
  { later, scope, told }: Shown,
): Promise<void> {
  await table.head(['id'])
  for await (const { id, data } of source.rows()) {
    if (later.has(id) || !isShown(source, scope, id, data)) continue
    await table.row([id], data)
    const row = told.get(id)
    if (row !== undefined) await records.add(`${canonicalJson({ id, ...row })}\n`)
  }
  await table.end()
  await records.close()
}

async function writeRecords(
  table: Table,
  records: BundleFile,
  source: RecordPopulation,
  { upTo, scope }: Shown,
  withheld: Set<string>,
): Promise<void> {
  await table.head(['id', 'version', 'record_hash'])
  for await (const record of source.rows(upTo)) {
    const { id, version, hash, versions } = record
    const data = presentData(record)
    if (!isShown(source, scope, id, data)) continue
    const cells = data === undefined || source.withheld?.(data) === true ? undefined : data
    await table.row([id, String(version), hash], cells)
    if (cells === undefined) withheld.add(id)
    else for (const one of versions) await records.add(`${canonicalJson(one as unknown as Json)}\n`)
  }
  await table.end()
  await records.close()
}

/** A bundle of some identities has their rows, and those that name one of them or stand with one of them in an entry. */
function isShown(source: PopulationSource, scope: InScope | undefined, id: string, data: Data | undefined): boolean {
  const { name, identities, columns } = source
  if (scope === undefined || identities === undefined) return true
  if (name === 'principals') return scope.ids.has(id)
  const names = identities.flatMap((column) => cellAt(data ?? {}, columns[column] ?? '').split(' '))
  return scope.named.has(id) || names.some((one) => scope.named.has(one))
}

/** What holds now, by the last version that says so. */
function presentData({ versions }: PopulationRecord): Data | undefined {
  return versions[0]?.segments.find(({ validTo }) => validTo === null)?.data
}

type Data = { readonly [key: string]: Json }

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
