// Who knew what: by person and by credential, with what was watched, so that "complete" is an honest word.
import { Fault } from '#kernel'
import type { Id, Instant } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import type { IdentityLayer } from '../operation.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import { unwatched } from './exposure-watch.ts'
import type { ExposureWatch } from './exposure-watch.ts'
import type { HowExposed } from './record-exposure.ts'

export interface ExposureOfRecord {
  readonly id: Id<'exposure'>
  readonly personId: Id<'person'>
  readonly credentialId: Id<'credential'>
  readonly how: HowExposed
  readonly source: string
  readonly at: Instant
  readonly recordedAt: Instant
  readonly entryId: Id<'entry'>
}

const COLUMNS = sql`id, person_id as "personId", credential_id as "credentialId", how, source, at,
  recorded_at as "recordedAt", entry_id as "entryId"`

/** What these people created, held or saw. */
async function readExposuresOf(tx: Tx, personIds: readonly string[]): Promise<ExposureOfRecord[]> {
  return await tx.query<ExposureOfRecord>(sql`
    select ${COLUMNS} from identity.exposure where person_id = any(${personIds}::text[])
    order by person_id, credential_id, at, how, source`)
}

export async function exposuresOf(identity: IdentityLayer, personId: Id<'person'>): Promise<ExposureOfRecord[]> {
  return await identity.db.transaction((tx) => readExposuresOf(tx, [personId]), { readOnly: true })
}

export interface ExposedTo {
  readonly exposures: readonly ExposureOfRecord[]
  /** Sources that see this credential and watched who gets to know it. */
  readonly sourcesWatching: readonly ExposureWatch[]
  /** Ways of knowing that no source watched from its creation until `until`. */
  readonly unwatched: readonly HowExposed[]
  readonly until: Instant
  /** Only where every way was watched over its whole life: then who is not listed did not know it. */
  readonly complete: boolean
}

/** Who knew one credential until `until` (now unless said otherwise). Throws Fault('not_found'). */
export async function exposedTo(
  identity: IdentityLayer,
  credentialId: Id<'credential'>,
  until: Instant = identity.clock(),
): Promise<ExposedTo> {
  return await identity.db.transaction(
    async (tx) => {
      const [credential] = await tx.query<{ data: CredentialRecord }>(
        sql`select data from identity.credential where id = ${credentialId}`,
      )
      if (credential === undefined) throw new Fault('not_found', 'no credential has this id')
      const exposures = await tx.query<ExposureOfRecord>(sql`
        select ${COLUMNS} from identity.exposure where credential_id = ${credentialId} and at <= ${until}
        order by at, person_id, how, source`)
      const sourcesWatching = await tx.query<ExposureWatch>(sql`
        select w.source, w.how, w.since, w.until from identity.exposure_watch w
        where exists (
          select from identity.presence p where p.source_id = w.source and p.record_id = ${credentialId}
        ) order by w.source, w.how`)
      const gaps = unwatched(sourcesWatching, credential.data.createdAtSource, until)
      return { exposures, sourcesWatching, unwatched: gaps, until, complete: gaps.length === 0 }
    },
    { readOnly: true },
  )
}
