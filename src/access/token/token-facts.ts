// Tokens as decision points keep them: all that may be used, or those that were changed.
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import type { TokenFacts } from '../decide/index.ts'

/** The bootstrap token decides nothing. */
const FACTS = sql`select id, encode(hash, 'hex') as hash, coalesce(principal_id, person_id) as "subjectId",
  credential_id as "credentialId", scopes, (extract(epoch from expires_at) * 1000)::float8 as "expiresAt",
  revoked_at is not null as revoked
  from access.token where not bootstrap`

type Row = Omit<TokenFacts, 'credentialId'> & { readonly credentialId: string | null }

/** In force now. */
export const tokensToKnow = async (access: LayerDatabase): Promise<TokenFacts[]> =>
  (await rows(access, sql`${FACTS} and revoked_at is null and expires_at > now()`)).map(withoutNull)

export const tokenFacts = async (access: LayerDatabase, ids: readonly string[]): Promise<TokenFacts[]> =>
  (await rows(access, sql`${FACTS} and id = any(${ids})`)).map(withoutNull)

const rows = async (access: LayerDatabase, query: ReturnType<typeof sql>): Promise<Row[]> =>
  await access.transaction(async (tx) => await tx.query<Row>(query), { readOnly: true })

const withoutNull = ({ credentialId, ...facts }: Row): TokenFacts => ({
  ...facts,
  ...(credentialId !== null && { credentialId }),
})
