// What `content.erased` entries account for: these entries, versions and rows, and no others, have lost what they said.
import { sql } from '#db'
import type { LayerDatabase } from '#db'

export interface ErasedByEntry {
  /** By the id of an entry, the place of the newest act that names it; beyond every place where that has none yet. */
  readonly entries: ReadonlyMap<string, number>
  /** The same by `<record id> <version>`. */
  readonly versions: ReadonlyMap<string, number>
  /** Ordinals of changes of rows that have lost their key: those of identifiers alone, in front of the act. */
  readonly rows: ReadonlySet<string>
}

interface Content {
  readonly entries?: readonly string[]
  readonly versions?: readonly string[]
  readonly rows?: readonly string[]
}

/** Their own content is held against their leaves as that of every entry. */
export async function erasedByEntry(evidence: LayerDatabase): Promise<ErasedByEntry> {
  const found = await evidence.transaction(
    async (tx) =>
      await tx.query<{ seq: number | null; content: Content | null }>(sql`
        select s.seq, e.content from evidence.entry e left join evidence.sequence s on s.entry_id = e.id
        where e.type = 'content.erased' order by s.seq`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  const placesOf = (part: keyof Content): ReadonlyMap<string, number> =>
    new Map(
      found.flatMap(({ seq, content }) => (content?.[part] ?? []).map((name) => [name, seq ?? Infinity] as const)),
    )
  return {
    entries: placesOf('entries'),
    versions: placesOf('versions'),
    rows: await identifiersIn(evidence, placesOf('rows')),
  }
}

async function identifiersIn(
  evidence: LayerDatabase,
  named: ReadonlyMap<string, number>,
): Promise<ReadonlySet<string>> {
  const ordinals = [...named.keys()].filter((ordinal) => /^-?\d{1,15}$/.test(ordinal))
  const rows = await evidence.transaction(
    async (tx) =>
      await tx.query<{ ordinal: string; seq: number | null }>(sql`
        select c.ordinal::text as ordinal, s.seq from evidence.row_change c
        left join evidence.sequence s on s.entry_id = c.entry_id
        where c.table_name = 'identity.ref' and c.ordinal = any(${ordinals}::bigint[])`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  return new Set(
    rows.filter(({ ordinal, seq }) => (named.get(ordinal) ?? -1) > (seq ?? -1)).map(({ ordinal }) => ordinal),
  )
}
