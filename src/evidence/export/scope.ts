// Of which identities a bundle is: by id, owner, system or environment. What belongs to them is found in the log.
import { Fault } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import type { LogRange } from './log-range.ts'
import { cellAt } from './population.ts'
import type { PopulationSource } from './population.ts'

const COLUMNS = { principal: 'id', owner: 'owner', system: 'system', environment: 'environment' } as const

/** Each word that is there has to hold, by one of its values. Empty: of all identities. */
export type Scope = Readonly<Partial<Record<keyof typeof COLUMNS, readonly string[]>>>

type Cells = (column: string) => string

/** What a bundle shows where it is not of all. */
export interface InScope {
  /** Identities: the rows of the table of principals. */
  readonly ids: ReadonlySet<string>
  /** These, and whatever an entry names together with one of them. */
  readonly named: ReadonlySet<string>
}

/** `system=aws`, `owner=team_…`. Throws Fault('usage'). */
export function parseScope(texts: readonly string[]): Scope {
  const scope: Partial<Record<keyof typeof COLUMNS, string[]>> = {}
  for (const text of texts) {
    const at = text.indexOf('=')
    const word = text.slice(0, at)
    if (!isWord(word) || at === text.length - 1)
      throw new Fault('usage', `\`${text}\` is no scope: write ${Object.keys(COLUMNS).join('=…, ')}=…`)
    scope[word] = [...(scope[word] ?? []), text.slice(at + 1)]
  }
  return scope
}

const isWord = (word: string): word is keyof typeof COLUMNS => Object.hasOwn(COLUMNS, word)

const isOf = (scope: Scope, cells: Cells): boolean =>
  Object.entries(scope).every(([word, values]) => isWord(word) && values.includes(cells(COLUMNS[word])))

/** Undefined: everything is. People are in it only where they are named. */
export async function inScope(
  evidence: LayerDatabase,
  sources: readonly PopulationSource[],
  scope: Scope,
  range: LogRange,
  upTo: (ids: readonly string[]) => Promise<ReadonlyMap<string, number>>,
): Promise<InScope | undefined> {
  if (Object.keys(scope).length === 0) return undefined
  const principals = sources.find(({ name }) => name === 'principals')
  if (principals === undefined || 'madeBy' in principals) throw new Error('there is a population of principals')
  const ids = new Set<string>()
  for await (const { id, versions } of principals.rows(upTo)) {
    const data = versions[0]?.segments.find(({ validTo }) => validTo === null)?.data ?? {}
    const shown = principals.withheld?.(data) !== true
    const cell = (column: string): string =>
      column === 'id' ? id : shown ? cellAt(data, principals.columns[column] ?? '') : ''
    if (isOf(scope, cell)) ids.add(id)
  }
  if (ids.size === 0) {
    const words = Object.entries(scope).map(([word, values]) => `${word} ${values.join(', ')}`)
    throw new Fault('not_found', `no identity is of the scope ${words.join('; ')}`)
  }
  return { ids, named: new Set([...ids, ...(await namedTogether(evidence, [...ids], range))]) }
}

async function namedTogether(evidence: LayerDatabase, ids: readonly string[], { end }: LogRange): Promise<string[]> {
  const rows = await evidence.transaction(
    async (tx) =>
      await tx.query<{ id: string }>(sql`
        select distinct unnest(e.subjects) as id
        from evidence.entry e join evidence.sequence s on s.entry_id = e.id
        where s.seq < ${end} and e.subjects && ${ids}::text[]`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  return rows.map(({ id }) => id)
}
