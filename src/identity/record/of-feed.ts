// Who is of a feed: the record that a feed of people keeps of a person. SECURITY: such a record alone may be active without an owner,
// a purpose and an end; the same rule stands in the constraint `principal_active_complete`, and tests compare the two.
import { sql } from '#db'
import type { Sql } from '#db'
import type { PrincipalRecord } from './principal-record.ts'

export const isOfFeed = ({ kind, provenance, personId }: PrincipalRecord): boolean =>
  kind === 'human' && provenance.how === 'feed' && personId !== undefined

/** The same of a record as JSON in PostgreSQL. Never null. */
export const ofFeed = (data: Sql): Sql =>
  sql`(coalesce(${data} ->> 'kind', '') = 'human' and coalesce(${data} #>> '{provenance,how}', '') = 'feed'
    and ${data} -> 'personId' is not null)`
