// Tokens as records, never their values.
import { sql } from '#db'
import type { Administration } from '../role/administration.ts'
import { TOKEN } from './token.ts'
import type { Token } from './token.ts'

export interface TokenQuery {
  /** A person or a principal. */
  readonly subjectId?: string
  /** Those that were revoked or have expired too. */
  readonly all?: boolean
  readonly after?: string
  readonly limit: number
}

/** In order of id. */
export async function listTokens(administration: Administration, query: TokenQuery): Promise<Token[]> {
  const { subjectId, all = false, after = '', limit } = query
  const at = administration.clock()
  return await administration.db.transaction(
    async (tx) =>
      await tx.query<Token>(sql`
        select ${TOKEN} from access.token
        where id > ${after} ${all ? sql`` : sql`and revoked_at is null and expires_at > ${at}`}
          ${subjectId === undefined ? sql`` : sql`and (person_id = ${subjectId} or principal_id = ${subjectId})`}
        order by id limit ${limit}`),
    { readOnly: true },
  )
}

export async function readToken(administration: Administration, id: string): Promise<Token | undefined> {
  const [token] = await administration.db.transaction(
    (tx) => tx.query<Token>(sql`select ${TOKEN} from access.token where id = ${id}`),
    { readOnly: true },
  )
  return token
}
