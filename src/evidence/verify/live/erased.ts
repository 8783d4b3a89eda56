// What `content.erased` entries account for: these entries, versions and rows, and no others, have lost what they said.
import { sql } from '#db'
import type { LayerDatabase } from '#db'

export interface ErasedByEntry {
  readonly entries: ReadonlySet<string>
  /** `<record id> <version>` */
  readonly versions: ReadonlySet<string>
  /** Ordinals of changes of rows. */
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
      await tx.query<{ content: Content | null }>(
        sql`select content from evidence.entry where type = 'content.erased'`,
      ),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  const all = (part: keyof Content): ReadonlySet<string> =>
    new Set(found.flatMap(({ content }) => content?.[part] ?? []))
  return { entries: all('entries'), versions: all('versions'), rows: all('rows') }
}
