// Ending tokens. From the next request on the token is refused: every request asks the table.
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { administer, note } from '../role/administration.ts'
import type { Administration } from '../role/administration.ts'
import { TOKEN } from './token.ts'
import type { Token } from './token.ts'

/** Revoking what is revoked already changes nothing and says so by the token it returns. */
export async function revokeToken(administration: Administration, act: Act, tokenId: string): Promise<Token> {
  return await administer(administration, act, (tx) => revokeIn(tx, act, tokenId))
}

export async function revokeIn(tx: Tx, act: Act, tokenId: string): Promise<Token> {
  const [revoked] = await tx.query<Token>(sql`
    update access.token set revoked_at = ${act.at}, revoked_by = ${act.actor.id}
    where id = ${tokenId} and revoked_at is null returning ${TOKEN}`)
  if (revoked !== undefined) {
    const about = [revoked.personId, revoked.principalId, revoked.credentialId].filter((id) => id !== null)
    await note(tx, act, 'token.revoked', [revoked.id, ...about])
    return revoked
  }
  const [before] = await tx.query<Token>(sql`select ${TOKEN} from access.token where id = ${tokenId}`)
  if (before === undefined) throw new Fault('not_found', 'there is no such token')
  return before
}
