// Who acts through Reeve's own API, as the roll has them now: whether they still may, and what answers to them.
import { isId } from '#kernel'
import type { Id, Instant } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { leaversAmong } from './people/leavers-among.ts'
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
      /** The natural person who answers for it; absent where that is a team, or nobody. */
      readonly ownerId?: Id<'person'>
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

/** Of these persons, those whom the roll has as leavers. */
export async function whoHasLeft(
  identity: IdentityLayer,
  ids: readonly Id<'person'>[],
): Promise<readonly Id<'person'>[]> {
  return await identity.db.transaction(async (tx) => await leaversAmong(tx, ids), { readOnly: true })
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
  readonly owner: {
    readonly from: string
    readonly party: { readonly kind: 'person' | 'team'; readonly id: string }
  } | null
  readonly ownerLeft: boolean
  readonly credential: string | null
}

async function client(
  tx: Tx,
  id: Id<'principal'>,
  at: Instant,
  credentialId: string | undefined,
): Promise<ActorOfRecord | undefined> {
  const [row] = await tx.query<ClientRow>(sql`
    select p.name, p.state, p.expires_at as "expiresAt", p.data -> 'owner' as owner, c.state as credential,
      exists (select from identity.person o where o.id = p.owner_id and o.status = 'leaver') as "ownerLeft"
    from identity.principal p
    left join identity.credential c on c.id = ${credentialId ?? ''} and c.principal_id = p.id
    where p.id = ${id} and p.kind = 'api_client'`)
  if (row === undefined) return undefined
  const inactive = clientInactive(row, at, credentialId !== undefined)
  const { owner } = row
  return {
    kind: 'client',
    principalId: id,
    name: row.name,
    ...(inactive === undefined ? {} : { inactive }),
    ...(row.expiresAt === null ? {} : { expiresAt: row.expiresAt }),
    ...(owner?.from === 'stated' && isId('person', owner.party.id) ? { ownerId: owner.party.id } : {}),
  }
}

/**
 * Fail closed: only an active client acts, by a credential that the roll has as live, and only while somebody answers for it.
 * SECURITY: the grace that other orphans have is none for what acts on Reeve itself: who left knows its token.
 */
function clientInactive(row: ClientRow, at: Instant, withCredential: boolean): string | undefined {
  const { state, expiresAt, credential, owner, ownerLeft } = row
  if (withCredential && credential !== 'live') return `the credential is ${credential ?? 'not there'} in the roll`
  if (owner?.from !== 'stated' || ownerLeft) return 'nobody answers for the API client: its owner has left'
  if (state !== 'active') return `the API client is ${state}, not active`
  if (expiresAt !== null && expiresAt <= at) return 'the API client has expired'
  return undefined
}
