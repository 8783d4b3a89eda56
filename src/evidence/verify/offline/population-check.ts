// Every row of a table is what the log says, and no record that belongs into it is left out.
import { csvRows } from './files.ts'
import type { LogFacts } from './log-facts.ts'
import type { Manifest, Scope } from './manifest.ts'
import { PopulationRows, tablePath } from './population-rows.ts'
import type { PopulationRow } from './population-rows.ts'
import { POPULATION_TABLES } from './population-tables.ts'
import type { PopulationTable } from './population-tables.ts'
import type { Report } from './report.ts'

/** The identities of a bundle's scope: the rows of its table of principals. Undefined: the bundle is of all. */
export async function scopeIds(folder: string, { scope }: Manifest): Promise<ReadonlySet<string> | undefined> {
  if (Object.keys(scope).length === 0) return undefined
  const ids = new Set<string>()
  for await (const [id = ''] of csvRows(folder, tablePath('principals'))) ids.add(id)
  ids.delete('id')
  return ids
}

const COLUMN_OF = { principal: 'id', owner: 'owner', system: 'system', environment: 'environment' } as const

const isOf = (scope: Scope, cells: ReadonlyMap<string, string>): boolean =>
  Object.entries(scope).every(([word, values]) =>
    values.includes(cells.get(COLUMN_OF[word as keyof typeof COLUMN_OF]) ?? ''),
  )

export class PopulationCheck {
  readonly #folder: string
  readonly #manifest: Manifest
  readonly #facts: LogFacts
  readonly #scope: ReadonlySet<string> | undefined
  readonly #report: Report

  constructor(
    folder: string,
    manifest: Manifest,
    facts: LogFacts,
    scope: ReadonlySet<string> | undefined,
    report: Report,
  ) {
    this.#folder = folder
    this.#manifest = manifest
    this.#facts = facts
    this.#scope = scope
    this.#report = report
  }

  /** Throws where the table is not what the log says. The rows are in the order of their ids. */
  async check(name: string): Promise<string> {
    const table = POPULATION_TABLES[name]
    if (table === undefined) throw new Error('it is no table of a bundle')
    const seen = { rows: 0, logged: 0, withheld: 0, unsaid: 0 }
    const wrong: string[] = []
    let before = ''
    for await (const row of new PopulationRows(this.#folder, name, table).read()) {
      seen.rows += 1
      if (row.id <= before || !row.id.startsWith(table.prefix)) wrong.push(`${row.id} is out of order`)
      before = row.id
      const problem = this.#problemOf(name, table, row)
      if (problem !== undefined) wrong.push(`${row.id} ${problem}`)
      if (this.#belongs(name, table, row.id)) seen.logged += 1
      if (row.shown === 'withheld') seen.withheld += 1
      if (row.shown === 'withheld' && table.withheld === 'humans' && this.#facts.unsaid.has(row.id)) seen.unsaid += 1
    }
    if (wrong.length > 0) throw new Error(`${wrong.length} rows are wrong: ${wrong.slice(0, 5).join('; ')}`)
    const left = this.#expected(name, table) - seen.logged
    if (left > 0) throw new Error(`${left} records of the log are left out`)
    if (seen.unsaid > 0)
      this.#report.say(tablePath(name), 'cannot', `that ${seen.unsaid} rows are of people is said by no entry any more`)
    return this.#said(seen)
  }

  #said({ rows, withheld }: { readonly rows: number; readonly withheld: number }): string {
    const only = withheld === 0 ? '' : `; of ${withheld} only the hash is shown`
    return `${rows} rows are what their entries say, none is left out${only}`
  }

  #problemOf(name: string, table: PopulationTable, row: PopulationRow): string | undefined {
    const { id, shown, older } = row
    const facts = this.#facts
    if (table.madeBy === undefined) {
      const known = facts.latest.get(id)
      if (known === undefined) return 'has no entry in the log'
      if (known.version !== row.version || known.hash !== row.hash) return 'is not what the log says'
      if (older.some(({ version, hash }) => facts.olderHash(id, version) !== hash)) return 'is not what the log says'
    } else if (!facts.made.has(id)) return 'has no entry in the log'
    else if (row.hash !== '' && facts.rows.newest(table.told?.table ?? '', id) !== row.hash)
      return 'is not what the log was told of it'
    if (shown !== 'proven' && shown !== 'withheld') return `: ${shown.wrong}`
    if (shown === 'withheld' && !this.#mayBeWithheld(table, id)) return 'is withheld, and it is no person'
    if (shown === 'proven' && table.withheld === 'all') return 'shows more than an id'
    return this.#isShownRightly(name, table, row) ? undefined : 'is not of the scope'
  }

  /** Of people nothing is shown: a table of them, and identities that their entries call people. */
  #mayBeWithheld({ withheld }: PopulationTable, id: string): boolean {
    return withheld === 'all' || (withheld === 'humans' && (this.#facts.humans.has(id) || this.#facts.unsaid.has(id)))
  }

  #isShownRightly(name: string, { identities }: PopulationTable, { id, cells, shown }: PopulationRow): boolean {
    const scope = this.#scope
    if (scope === undefined || identities === undefined) return true
    if (name === 'principals')
      return shown === 'withheld'
        ? this.#manifest.scope.principal?.includes(id) === true
        : isOf(this.#manifest.scope, cells)
    const names = identities.flatMap((column) => (cells.get(column) ?? '').split(' '))
    return [id, ...names].some((one) => scope.has(one) || this.#facts.named.has(one))
  }

  /** Whether a record has to be in its table. */
  #belongs(name: string, { identities }: PopulationTable, id: string): boolean {
    if (this.#scope === undefined || identities === undefined) return true
    return name === 'principals' ? this.#scope.has(id) : this.#facts.named.has(id)
  }

  #expected(name: string, table: PopulationTable): number {
    let count = 0
    for (const id of table.madeBy === undefined ? this.#facts.latest.keys() : this.#facts.made)
      if (id.startsWith(table.prefix) && this.#belongs(name, table, id)) count += 1
    return count
  }

  /** What a bundle of some identities cannot show: that the others are not of its scope. */
  sayScope(): void {
    const { scope } = this.#manifest
    if (this.#scope === undefined) return
    const { prefix } = POPULATION_TABLES['principals'] ?? { prefix: '' }
    const all = [...this.#facts.latest.keys()].filter((id) => id.startsWith(prefix))
    const asked = scope.principal ?? []
    const missing = asked.filter((id) => this.#facts.latest.has(id) && this.#scope?.has(id) !== true)
    const words = Object.entries(scope).map(([word, values]) => `${word} ${values.join(', ')}`)
    const other = all.length - this.#scope.size
    if (Object.keys(scope).every((word) => word === 'principal')) {
      if (missing.length > 0) this.#report.say('scope', 'failed', `${missing.slice(0, 5).join(', ')} is left out`)
      else this.#report.say('scope', 'passed', `${words.join('; ')}: of ${other} other identities only ids and hashes`)
      return
    }
    const detail = `that ${other} of ${all.length} identities are not of it is the exporter’s word`
    this.#report.say('scope', 'cannot', `${words.join('; ')}: ${detail}`)
  }
}
