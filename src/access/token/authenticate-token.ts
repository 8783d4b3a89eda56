// From a presented value to the token that it is, or the reason why it is none. Fails closed.
import { timingSafeEqual } from 'node:crypto'
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import type { Administration } from '../role/administration.ts'
import { effectiveRoles } from '../role/role.ts'
import type { Role } from '../role/role.ts'
import { heldBy } from '../role/read-roles.ts'
import { markTokenUsed } from './mark-used.ts'
import { hashToken, tokenKind } from './token-value.ts'
import { TOKEN } from './token.ts'
import type { Token } from './token.ts'

export type TokenDenial = 'malformed' | 'unknown' | 'revoked' | 'expired'

export type Authentication =
  | { readonly token: Token; readonly roles: ReadonlySet<Role> }
  | { readonly denied: TokenDenial; readonly tokenId?: string }

/**
 * Form and checksum first, so that noise costs no query. Then a look-up by keyed hash, so that how long it takes tells
 * nothing of the value. The day of last use is written at most once per day.
 */
export async function authenticateToken(administration: Administration, presented: string): Promise<Authentication> {
  if (tokenKind(presented) === undefined) return { denied: 'malformed' }
  const hashes = administration.tokenKeys().map((key) => hashToken(presented, key))
  const at = administration.clock()
  const found = await administration.db.transaction((tx) => lookUp(tx, hashes), { readOnly: true })
  if (found === undefined) return { denied: 'unknown' }
  const { token, held } = found
  if (token.revokedAt !== null || found.denied) return { denied: 'revoked', tokenId: token.id }
  if (token.expiresAt <= at) return { denied: 'expired', tokenId: token.id }
  await markUsed(administration, token, at)
  return { token, roles: effectiveRoles(held, administration.settings.bothAdministrations) }
}

type Row = Token & { readonly hash: Buffer }

async function lookUp(
  tx: Tx,
  hashes: readonly Buffer[],
): Promise<{ token: Token; held: Awaited<ReturnType<typeof heldBy>>; denied: boolean } | undefined> {
  for (const hash of hashes) {
    const [row] = await tx.query<Row>(sql`select ${TOKEN}, hash from access.token where hash = ${hash}`)
    if (row === undefined) continue
    const { hash: kept, ...token } = row
    if (!timingSafeEqual(kept, hash)) continue
    const subjectId = token.personId ?? token.principalId
    const held = subjectId === null ? [] : await heldBy(tx, subjectId)
    return {
      token,
      held,
      denied: await isDenied(tx, [token.id, token.credentialId, token.principalId, token.personId]),
    }
  }
  return undefined
}

/** On the denylist: what is said to be denied everywhere is denied here too. */
async function isDenied(tx: Tx, ids: readonly (string | null)[]): Promise<boolean> {
  const [row] = await tx.query<{ denied: boolean }>(sql`select exists (select from access.denial
    where subject_id = any(${ids.filter((id) => id !== null)}) and lifted_at is null) as denied`)
  return row?.denied !== false
}

async function markUsed(administration: Administration, token: Token, at: Instant): Promise<void> {
  const day = at.slice(0, 10)
  if (token.usedOn !== null && token.usedOn >= day) return
  await markTokenUsed(administration, token.id, at)
}
