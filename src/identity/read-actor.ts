// Who acts through Reeve's own API, as the roll has them now: whether they still may, and what answers to them.
import { isId } from '#kernel'
import type { Id, Instant } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import type { IdentityLayer } from './operation.ts'
import type { PersonStatus } from './record/people-records.ts'
import type { PrincipalState } from './record/principal-record.ts'

/** `inactive` says why a token of this actor is no longer good; absent where it is. */
export type ActorOfRecord =
  | {
      readonly kind: 'person'
      readonly personId: Id<'person'>
      readonly name: string
      readonly inactive?: string
      /** As `data.parties` spells them: the person, and the team that the person is in. */
      readonly parties: readonly string[]
    }
  | {
      readonly kind: 'client'
      readonly principalId: Id<'principal'>
      readonly name: string
      readonly inactive?: string
      readonly expiresAt?: Instant
    }

/**
 * A person (`psn_`) or a principal of kind api_client (`prn_`); `undefined` for anything else. With the credential that
 * a client shows: what the roll says of it counts too.
 */
export async function readActor(
  identity: IdentityLayer,
  id: string,
  credentialId?: string,
): Promise<ActorOfRecord | undefined> {
  const at = identity.clock()
  if (isId('person', id)) return await identity.db.transaction((tx) => person(tx, id), { readOnly: true })
  if (isId('principal', id))
    return await identity.db.transaction((tx) => client(tx, id, at, credentialId), { readOnly: true })
  return undefined
}

interface PersonRow {
  readonly name: string
  readonly status: PersonStatus
  readonly team: string | null
  readonly state: PrincipalState | null
}

async function person(tx: Tx, id: Id<'person'>): Promise<ActorOfRecord | undefined> {
  const [row] = await tx.query<PersonRow>(sql`
    select p.name, p.status, t.id as team, h.state from identity.person p
    left join identity.team t on t.feed_id = p.team_feed_id
    left join identity.principal h on h.id = p.principal_id
    where p.id = ${id}`)
  if (row === undefined) return undefined
  const inactive = personInactive(row)
  return {
    kind: 'person',
    personId: id,
    name: row.name,
    ...(inactive === undefined ? {} : { inactive }),
    parties: [`person:${id}`, ...(row.team === null ? [] : [`team:${row.team}`])],
  }
}

function personInactive({ status, state }: PersonRow): string | undefined {
  if (status === 'leaver') return 'the person has left'
  if (state === 'quarantined' || state === 'retired') return `the person is ${state}`
  return undefined
}

interface ClientRow {
  readonly name: string
  readonly state: PrincipalState
  readonly expiresAt: Instant | null
  readonly credential: string | null
}

async function client(
  tx: Tx,
  id: Id<'principal'>,
  at: Instant,
  credentialId: string | undefined,
): Promise<ActorOfRecord | undefined> {
  const [row] = await tx.query<ClientRow>(sql`
    select p.name, p.state, p.expires_at as "expiresAt", c.state as credential from identity.principal p
    left join identity.credential c on c.id = ${credentialId ?? ''}
    where p.id = ${id} and p.kind = 'api_client'`)
  if (row === undefined) return undefined
  const inactive = clientInactive(row, at)
  return {
    kind: 'client',
    principalId: id,
    name: row.name,
    ...(inactive === undefined ? {} : { inactive }),
    ...(row.expiresAt === null ? {} : { expiresAt: row.expiresAt }),
  }
}

/** Fail closed: only an active client acts. */
function clientInactive({ state, expiresAt, credential }: ClientRow, at: Instant): string | undefined {
  if (credential === 'revoked') return 'the credential is revoked in the roll'
  if (state !== 'active') return `the API client is ${state}, not active`
  if (expiresAt !== null && expiresAt <= at) return 'the API client has expired'
  return undefined
}
