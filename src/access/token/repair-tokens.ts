// At start: tokens and their credential records say the same again. What a crash left between the two steps is ended, never
// completed, since nobody ever saw that value.
import { REEVE } from '#kernel'
import type { Act } from '#kernel'
import { EVERYTHING, listCredentials, recordRevocation } from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import type { Administration } from '../role/administration.ts'
import { TOKEN_SOURCE } from './issue-token.ts'
import { listTokens } from './list-tokens.ts'
import { revokeToken } from './revoke-token.ts'
import type { Token } from './token.ts'

export interface TokenRepair {
  /** Credential records without a token in force. */
  readonly recordsRevoked: number
  /** Tokens whose credential record says that it is revoked, or is not there. */
  readonly tokensRevoked: number
}

/** A record younger than this may be one whose token another server is just making. */
const SETTLED_MS = 10 * 60_000
const PAGE = 200

export async function repairTokens(identity: IdentityLayer, administration: Administration): Promise<TokenRepair> {
  const act: Act = { actor: { id: REEVE }, at: administration.clock(), reason: 'token and record did not agree' }
  const tokens = await clientTokens(administration)
  let recordsRevoked = 0
  const live = new Set<string>()
  const known = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await listCredentials(
      identity,
      EVERYTHING,
      { type: 'api_token' },
      { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) },
    )
    for (const { id, data, recordedAt } of page.items.filter(({ data: { source } }) => source === TOKEN_SOURCE)) {
      known.add(id)
      const revoked = data.state === 'revoked'
      if (!revoked) live.add(id)
      const token = tokens.get(id)
      const settled = Date.parse(act.at) - Date.parse(recordedAt) > SETTLED_MS
      if (revoked || (token === undefined && !settled) || (token !== undefined && token.revokedAt === null)) continue
      await recordRevocation(identity, act, {
        id,
        reason: token === undefined ? 'it has no token' : 'its token was revoked',
      })
      recordsRevoked++
    }
    cursor = page.next
  } while (cursor !== undefined)
  const orphaned = [...tokens].filter(([id, { revokedAt }]) => revokedAt === null && (!known.has(id) || !live.has(id)))
  for (const [, { id }] of orphaned) await revokeToken(administration, act, id)
  return { recordsRevoked, tokensRevoked: orphaned.length }
}

/** By the credential record that each names. */
async function clientTokens(administration: Administration): Promise<Map<string, Token>> {
  const found = new Map<string, Token>()
  let after: string | undefined
  for (;;) {
    const page = await listTokens(administration, { all: true, limit: PAGE, ...(after === undefined ? {} : { after }) })
    for (const token of page) if (token.credentialId !== null) found.set(token.credentialId, token)
    after = page.at(-1)?.id
    if (page.length < PAGE) return found
  }
}
