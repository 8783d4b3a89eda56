// Who created, held or saw which credential, page by page.
import type { Id, Instant } from '#kernel'
import { sql } from '#db'
import type { IdentityLayer } from '../operation.ts'
import { readPage } from './page.ts'
import type { Page, PageRequest } from './page.ts'
import { RECORD_KINDS } from './record-kind.ts'
import type { Viewer } from './viewer.ts'

export interface ExposureFilter {
  readonly person?: Id<'person'>
  readonly credential?: Id<'credential'>
  readonly how?: 'created' | 'held' | 'saw'
}

export interface SeenExposure {
  readonly id: Id<'exposure'>
  readonly personId: Id<'person'>
  readonly credentialId: Id<'credential'>
  readonly how: 'created' | 'held' | 'saw'
  readonly source: string
  readonly at: Instant
  readonly recordedAt: Instant
  readonly entryId: Id<'entry'>
}

/** An own-viewer sees what they knew themselves, and who knew the credentials that they may see. */
export async function listExposures(
  identity: IdentityLayer,
  viewer: Viewer,
  filter: ExposureFilter = {},
  page: PageRequest = {},
): Promise<Page<SeenExposure>> {
  const { person, credential, how } = filter
  const where = [
    ...(person === undefined ? [] : [sql`x.person_id = ${person}`]),
    ...(credential === undefined ? [] : [sql`x.credential_id = ${credential}`]),
    ...(how === undefined ? [] : [sql`x.how = ${how}`]),
    ...(viewer.scope === 'all'
      ? []
      : [
          sql`(x.person_id = ${viewer.personId} or x.credential_id = any(array(
            select r.id from identity.credential r where ${RECORD_KINDS.credential.own(viewer)})))`,
        ]),
  ]
  return await identity.db.transaction(
    async (tx) =>
      await readPage<SeenExposure>(
        tx,
        {
          select: sql`x.id, x.person_id as "personId", x.credential_id as "credentialId", x.how, x.source, x.at,
                      x.recorded_at as "recordedAt", x.entry_id as "entryId"`,
          from: sql`identity.exposure x`,
          where,
          id: sql`x.id`,
          query: { list: 'exposures', person: person ?? null, credential: credential ?? null, how: how ?? null },
        },
        page,
      ),
    { readOnly: true },
  )
}
