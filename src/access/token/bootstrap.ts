// The bootstrap token: makes the first administrators, for a day, and ends when both administrations are held. Who operates the
// machine may ask for one more, for one person whose token nobody else knows.
import { Fault, msAfter, newId } from '#kernel'
import type { Act, Instant } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import type { IdentityLayer } from '#identity/roll'
import { note } from '../role/administration.ts'
import type { Administration } from '../role/administration.ts'
import { heldByNobody } from '../role/administrators.ts'
import { hashToken, mintToken } from './token-value.ts'
import { revokeIn } from './revoke-token.ts'
import { TOKEN } from './token.ts'
import type { Token } from './token.ts'

const DAY_MS = 86_400_000
export const BOOTSTRAP = 'bootstrap'

/**
 * A new bootstrap token where there is need of one: an administration that nobody holds who can still come in (a restore
 * revokes all tokens, they expire, holders leave, the key is lost), and no bootstrap token that is still good. Without it
 * Reeve would be locked for good. `undefined` where there is no need, and the operator did not ask for it.
 */
export async function bootstrapToken(
  identity: IdentityLayer,
  administration: Administration,
  act: Act,
  askedFor = false,
): Promise<{ readonly token: Token; readonly value: string } | undefined> {
  const keys = administration.tokenKeys()
  const [key] = keys
  if (key === undefined) return undefined
  const vacant = await heldByNobody(identity, administration, act.at)
  if (vacant.length === 0 && !askedFor) return undefined
  const value = mintToken('bootstrap')
  const expiresAt = msAfter(act.at, DAY_MS)
  return await administration.db.transaction(async (tx) => {
    // two servers that start at once make one
    await oneAfterAnother(tx)
    const live = await liveBootstrap(tx, act.at)
    // the value of one that is there was shown once; who asks has it no more
    if (askedFor) for (const { id } of live) await revokeIn(tx, act, id)
    else if (live.some(({ keyId }) => keys.some((known) => known.keyId === keyId))) return undefined
    const id = newId('token')
    const [token] = await tx.query<Token>(sql`
      insert into access.token (id, hash, key_id, bootstrap, label, scopes, created_at, created_by, expires_at)
      values (${id}, ${hashToken(value, key)}, ${key.keyId}, true, ${askedFor ? 'one more person' : 'the first administrators'}, ${['write']}, ${act.at},
        ${act.actor.id}, ${expiresAt})
      returning ${TOKEN}`)
    if (token === undefined) throw new Error('an insert returns its row')
    await note(tx, act, 'token.created', [id], { kind: 'bootstrap', scopes: ['write'], expiresAt })
    return { token, value }
  })
}

/** Ends every bootstrap token once both administrations are held. Says whether they are. */
export async function endBootstrap(
  identity: IdentityLayer,
  administration: Administration,
  act: Act,
): Promise<boolean> {
  if ((await heldByNobody(identity, administration, act.at)).length > 0) return false
  return await administration.db.transaction(async (tx) => {
    for (const { id } of await liveBootstrap(tx, act.at)) await revokeIn(tx, act, id)
    return true
  })
}

/** SECURITY: one that lets in one more person is over before they are in; of two who present it at once one is refused. */
export async function spendBootstrap({ db }: Pick<Administration, 'db'>, act: Act): Promise<void> {
  await db.transaction(async (tx) => {
    await oneAfterAnother(tx)
    const live = await liveBootstrap(tx, act.at)
    if (live.length === 0)
      throw new Fault('conflict', 'this token let somebody in already: the operator prints another')
    for (const { id } of live) await revokeIn(tx, act, id)
  })
}

const oneAfterAnother = async (tx: Tx): Promise<unknown> =>
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('bootstrap token', 0))`)

async function liveBootstrap(tx: Tx, at: Instant): Promise<{ id: string; keyId: string }[]> {
  return await tx.query<{ id: string; keyId: string }>(
    sql`select id, key_id as "keyId" from access.token where bootstrap and revoked_at is null and expires_at > ${at}`,
  )
}
