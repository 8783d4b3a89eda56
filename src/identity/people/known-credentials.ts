// Which credentials a person knew or could use: what they created, held or saw, and those of everything that they, or
// their team, ever answered for.
import type { CredentialType, Id } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import type { IdentityLayer } from '../operation.ts'
import type { CredentialState } from '../record/credential-record.ts'

/** `self`: of a principal that is this person. `team`: of what a team owned that the person was in, at any time. */
export const WAYS = ['created', 'held', 'saw', 'self', 'owned', 'backup', 'custodian', 'team'] as const
export type WayOfKnowing = (typeof WAYS)[number]

export interface KnownCredential {
  readonly credentialId: Id<'credential'>
  readonly type: CredentialType
  readonly state: CredentialState
  readonly principalId?: Id<'principal'>
  /** In the order of `WAYS`. */
  readonly ways: readonly WayOfKnowing[]
}

/**
 * From every version that the roll ever had, so that handing a principal over before leaving takes nothing off the list.
 * Of a principal: the credentials that are its own, and those that it is given to use.
 */
export async function readKnownCredentials(
  tx: Tx,
  personIds: readonly string[],
): Promise<Map<string, KnownCredential[]>> {
  const known = new Map<string, KnownCredential[]>(personIds.map((id) => [id, []]))
  if (personIds.length === 0) return known
  const rows = await tx.query<Row>(sql`
    with recursive answered_once (person, principal, way) as (${ANSWERED_FOR(personIds)}),
    -- what was joined into another record has its credentials there
    answered (person, principal, way) as (
      select person, principal, way from answered_once
      union
      select a.person, p.data ->> 'mergedInto', a.way
      from answered a join identity.principal p on p.id = a.principal and p.data ->> 'mergedInto' is not null
    ),
    knew (person, credential, way) as (
      select a.person, c.id, a.way from answered a join identity.credential c on c.principal_id = a.principal
      union
      select a.person, c.id, a.way from answered a join identity.credential c
        on c.data -> 'alsoOf' @> to_jsonb(a.principal) and c.data -> 'alsoOf' <> '[]'
      union
      select a.person, c.id, a.way from answered a join identity.credential c
        on c.data -> 'consumers' @> to_jsonb(a.principal) and c.data -> 'consumers' <> '[]'
      union
      select person_id, credential_id, how from identity.exposure where person_id = any(${personIds}::text[])
    )
    select k.person, c.id, c.type, c.state, c.principal_id as principal, array_agg(distinct k.way) as ways
    from knew k join identity.credential c on c.id = k.credential
    group by k.person, c.id, c.type, c.state, c.principal_id order by k.person, c.id`)
  for (const { person, id, type, state, principal, ways } of rows) {
    const said = new Set(ways)
    known.get(person)?.push({
      credentialId: id,
      type,
      state,
      ...(principal === null ? {} : { principalId: principal }),
      ways: WAYS.filter((way) => said.has(way)),
    })
  }
  return known
}

interface Row {
  readonly person: string
  readonly id: Id<'credential'>
  readonly type: CredentialType
  readonly state: CredentialState
  readonly principal: Id<'principal'> | null
  readonly ways: WayOfKnowing[]
}

/** (person, principal, way): distinct. Each branch has an index of its own. */
const ANSWERED_FOR = (personIds: readonly string[]): ReturnType<typeof sql> => sql`
  select someone.id as person, p.id as principal, 'self' as way
  from unnest(${personIds}::text[]) as someone (id) join identity.principal p on p.person_id = someone.id
  union
  select someone.id, v.record_id, 'owned'
  from unnest(${personIds}::text[]) as someone (id)
  join identity.version v on v.data #>> '{owner,party,id}' = someone.id
  union
  -- a source showed it when its owner had left already
  select someone.id, v.record_id, 'owned'
  from unnest(${personIds}::text[]) as someone (id)
  join identity.version v on v.data #>> '{formerOwner,party,id}' = someone.id
  union
  select someone.id, v.record_id, 'team'
  from unnest(${personIds}::text[]) as someone (id)
  join identity.version member on member.record_id = someone.id
  join identity.team t on t.feed_id = member.data ->> 'teamFeedId'
  join identity.version v on v.data #>> '{owner,party,id}' = t.id
  union
  select someone.id, v.record_id, role.way
  from unnest(${personIds}::text[]) as someone (id)
  join identity.version v on v.data -> 'parties' @> to_jsonb('person:' || someone.id)
    and (v.data -> 'backups' <> '[]' or v.data -> 'custodians' <> '[]')
  cross join lateral (
    select 'backup' as way where v.data -> 'backups' @>
      jsonb_build_array(jsonb_build_object('party', jsonb_build_object('id', someone.id)))
    union all
    select 'custodian' where v.data -> 'custodians' @>
      jsonb_build_array(jsonb_build_object('party', jsonb_build_object('id', someone.id)))
  ) role`

/** For one person, at any time: also long after they left. */
export async function knownCredentials(identity: IdentityLayer, personId: Id<'person'>): Promise<KnownCredential[]> {
  return await identity.db.transaction(async (tx) => (await readKnownCredentials(tx, [personId])).get(personId) ?? [], {
    readOnly: true,
  })
}
