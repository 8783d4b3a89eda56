// What the log was told of rows without versions: the newest hash of each, by entries that are each over a list of hashes.
import { lines } from './files.ts'
import { canonical, sha256 } from './formats.ts'
import { POPULATION_TABLES } from './population-tables.ts'

const ROW_TABLES = new Set(Object.values(POPULATION_TABLES).flatMap(({ told }) => told?.table ?? []))
const ROW_HASH = /^[0-9a-f]{64}$/

export class RowFacts {
  /** Hashes of each entry that the bundle has them of. */
  readonly #hashes = new Map<string, readonly string[]>()
  /** By table and id. */
  readonly #newest = new Map<string, Map<string, string>>()

  static async read(folder: string): Promise<RowFacts> {
    const facts = new RowFacts()
    for await (const line of lines(folder, 'log/rows.ndjson')) {
      const { entry, hashes } = JSON.parse(line) as { entry: string; hashes: readonly string[] }
      if (
        canonical({ entry, hashes }) !== line ||
        !Array.isArray(hashes) ||
        !hashes.every((hash) => ROW_HASH.test(hash))
      )
        throw new Error('a line of log/rows.ndjson is not written in its one form')
      facts.#hashes.set(entry, hashes)
    }
    return facts
  }

  /** An entry `rows.changed`, in the order of the log. Throws where the hashes are not those that it is over. */
  take(entry: string, content: Readonly<Record<string, unknown>>): void {
    const { table, rows, root, ids } = content
    if (typeof table !== 'string' || !ROW_TABLES.has(table)) return
    const hashes = this.#hashes.get(entry)
    this.#hashes.delete(entry)
    if (hashes?.length !== rows || sha256(Buffer.from((hashes ?? []).join(''), 'hex')).toString('hex') !== root)
      throw new Error(`log/rows.ndjson has other hashes of rows than entry ${entry}`)
    const newest = this.#newest.get(table) ?? new Map<string, string>()
    // entries of an earlier release do not say which rows: all of those were told once more
    if (ids === undefined && newest.size === 0) return
    if (!Array.isArray(ids) || ids.length !== rows) throw new Error(`entry ${entry} does not say which rows it is of`)
    for (const [at, id] of ids.entries()) newest.set(String(id), hashes?.[at] ?? '')
    this.#newest.set(table, newest)
  }

  /** Throws where there are hashes of no entry. */
  end(): void {
    const [entry] = this.#hashes.keys()
    if (entry !== undefined)
      throw new Error(`log/rows.ndjson has hashes of ${entry}, which is no entry about such rows`)
  }

  newest(table: string, id: string): string | undefined {
    return this.#newest.get(table)?.get(id)
  }
}
