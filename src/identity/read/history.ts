// The history of one record: every version with who, when and why, and what it changed.
import { Fault } from '#kernel'
import type { Instant, Json } from '#kernel'
import { readHistory, readReplaced } from '#db/history'
import type { HistoryEntry } from '#db/history'
import type { Tx } from '#db'
import type { IdentityLayer } from '../operation.ts'
import { differences } from './difference.ts'
import type { Difference } from './difference.ts'
import { cursorOf, pageLimit, placeOf } from './page.ts'
import type { Page, PageRequest } from './page.ts'
import { kindOfId, readVisible } from './record-kind.ts'
import type { RecordKind } from './record-kind.ts'
import type { Viewer } from './viewer.ts'

export interface HistoryItem {
  readonly version: number
  readonly recordedAt: Instant
  readonly actor: string
  readonly reason: string | null
  /** The entry of evidence that was written with it. */
  readonly entryId: string
  readonly hash: string
  /** What it speaks of: more than one where a correction reaches over several stretches of time. */
  readonly stretches: readonly { readonly validFrom: Instant; readonly validTo: Instant | null }[]
  /** Against what was said before of its latest stretch. Of the first version everything is new, so it has none. */
  readonly changes: readonly Difference[]
  /** As this version has it, for its latest stretch. */
  readonly data: Json
}

/** Newest first. Throws Fault('not_found') for what the viewer may not see. */
export async function history(
  identity: IdentityLayer,
  viewer: Viewer,
  id: string,
  page: PageRequest = {},
): Promise<Page<HistoryItem>> {
  const kind = kindOfId(id)
  const limit = pageLimit(page)
  const query = { history: id }
  const before = beforeVersion(placeOf(page.cursor, query)?.id)
  return await identity.db.transaction(
    async (tx) => {
      await readVisible(tx, viewer, kind, id)
      const rows = await readHistory<Json>(tx, kind.table, id, { ...before, versions: limit + 1 })
      const versions = [...Map.groupBy(rows, ({ version }) => version).values()]
      const items = await withChanges(tx, kind, id, versions.slice(0, limit))
      const last = items.at(-1)
      if (versions.length <= limit || last === undefined) return { items }
      return { items, next: cursorOf({ key: null, id: String(last.version) }, query) }
    },
    { readOnly: true },
  )
}

function beforeVersion(place: string | undefined): { before?: number } {
  if (place === undefined) return {}
  const before = Number(place)
  if (!Number.isInteger(before) || before < 1 || before > 2_147_483_647) {
    throw new Fault('invalid', 'the cursor is not of this query; begin again without one')
  }
  return { before }
}

async function withChanges(
  tx: Tx,
  kind: RecordKind,
  id: string,
  versions: readonly (readonly HistoryEntry<Json>[])[],
): Promise<HistoryItem[]> {
  const latest = versions.flatMap((rows) => rows.slice(-1))
  const replaced = await readReplaced<Json>(
    tx,
    kind.table,
    id,
    latest.map(({ version, validFrom }) => ({ version, at: validFrom })),
  )
  return latest.map(({ version, recordedAt, actor, reason, entryId, hash, data }, at) => ({
    version,
    recordedAt,
    actor,
    reason,
    entryId,
    hash,
    stretches: (versions[at] ?? []).map(({ validFrom, validTo }) => ({ validFrom, validTo })),
    changes: replaced.has(version) ? differences(replaced.get(version), data) : [],
    data,
  }))
}
