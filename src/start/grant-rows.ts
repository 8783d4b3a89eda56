// What controls read of grants: each with the first time that its target was not seen to refuse it, and when somebody was told.
import { everyGrant } from '#access/records'
import type { Database } from '#db'
import { entriesAbout } from '#evidence'
import type { Row, Rows } from '#governance'
import type { Instant } from '#kernel'

const BATCH = 500

export async function* grantRows(database: Database): AsyncGenerator<Row<Rows['grants']>> {
  let batch: Row<Rows['grants']>[] = []
  for await (const grant of everyGrant(database.layer('access'))) {
    batch.push(grant)
    if (batch.length < BATCH) continue
    yield* await withTold(database, batch)
    batch = []
  }
  yield* await withTold(database, batch)
}

async function withTold(
  database: Database,
  grants: readonly Row<Rows['grants']>[],
): Promise<readonly Row<Rows['grants']>[]> {
  // what is at no target is never unproven
  const ids = grants.flatMap(({ id, data }) => (data.fulfilment === undefined ? [] : [id]))
  const [unproven, told] = [new Map<string, Instant>(), new Map<string, Instant[]>()]
  // the newest first: what is left in the end is the first time
  const types = ['grant.unproven', 'alarm.taken']
  for await (const { about, type, at, content } of entriesAbout(database.layer('evidence'), ids, types)) {
    if (type === 'grant.unproven') unproven.set(about, at)
    else if (content?.['event'] === 'unproven') told.set(about, [at, ...(told.get(about) ?? [])])
  }
  return grants.map((grant) => {
    const at = unproven.get(grant.id)
    if (at === undefined) return grant
    const toldAt = told.get(grant.id)?.find((taken) => taken >= at)
    return { ...grant, data: { ...grant.data, unproven: { at, ...(toldAt !== undefined && { toldAt }) } } }
  })
}
