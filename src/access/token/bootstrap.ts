// The bootstrap token: makes the first administrators, for a day, and ends when both administrations are held.
import { newId } from '#kernel'
import type { Act, Instant } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { note } from '../role/administration.ts'
import type { Administration } from '../role/administration.ts'
import { ADMINISTRATIONS } from '../role/role.ts'
import { hashToken, mintToken } from './token-value.ts'
import { revokeIn } from './revoke-token.ts'
import { TOKEN } from './token.ts'
import type { Token } from './token.ts'

const DAY_MS = 86_400_000
export const BOOTSTRAP = 'bootstrap'

/**
 * A new bootstrap token where there is need of one: an administration that nobody holds who has a token in force, and no bootstrap token that is
 * still good. An earlier one that expired is of no use any more. `undefined` where there is no need.
 */
export async function bootstrapToken(
  administration: Administration,
  act: Act,
): Promise<{ readonly token: Token; readonly value: string } | undefined> {
  const [key] = administration.tokenKeys()
  if (key === undefined) return undefined
  const value = mintToken('bootstrap')
  const expiresAt = new Date(Date.parse(act.at) + DAY_MS).toISOString() as Instant
  return await administration.db.transaction(async (tx) => {
    // two servers that start at once make one
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('bootstrap token', 0))`)
    if (await bothHeld(tx, act.at)) return undefined
    if ((await liveBootstrap(tx, act.at)).length > 0) return undefined
    const id = newId('token')
    const [token] = await tx.query<Token>(sql`
      insert into access.token (id, hash, bootstrap, label, scopes, created_at, created_by, expires_at)
      values (${id}, ${hashToken(value, key)}, true, 'the first administrators', ${['write']}, ${act.at}, ${act.actor.id}, ${expiresAt})
      returning ${TOKEN}`)
    if (token === undefined) throw new Error('an insert returns its row')
    await note(tx, act, 'token.created', [id], { kind: 'bootstrap', scopes: ['write'], expiresAt })
    return { token, value }
  })
}

/** Ends every bootstrap token once both administrations are held. Says whether they are. */
export async function endBootstrap(administration: Administration, act: Act): Promise<boolean> {
  return await administration.db.transaction(async (tx) => {
    if (!(await bothHeld(tx, act.at))) return false
    for (const { id } of await liveBootstrap(tx, act.at)) await revokeIn(tx, act, id)
    return true
  })
}

/**
 * By somebody who can still come in: a role whose every holder has lost their tokens (a restore revokes all, they expire)
 * is held by nobody, and Reeve would be locked for good.
 */
async function bothHeld(tx: Tx, at: Instant): Promise<boolean> {
  const held = await tx.query<{ role: string }>(sql`
    select distinct r.role from access.role_assignment r
    where r.role = any(${ADMINISTRATIONS}) and r.ended_at is null and exists (
      select from access.token t
      where r.subject_id in (t.person_id, t.principal_id) and t.revoked_at is null and t.expires_at > ${at})`)
  return held.length === ADMINISTRATIONS.length
}

async function liveBootstrap(tx: Tx, at: Instant): Promise<{ id: string }[]> {
  return await tx.query<{ id: string }>(
    sql`select id from access.token where bootstrap and revoked_at is null and expires_at > ${at}`,
  )
}
