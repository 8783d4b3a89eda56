// Tokens of this API.
import { z } from 'zod'
import { Fault, msAfter } from '#kernel'
import type { Instant } from '#kernel'
import { issueToken, listTokens, readToken, revokeToken, SCOPE_NAMES } from '#access/records'
import type { Token as TokenRecord } from '#access/records'
import { recordRevocation } from '#identity/roll'
import type { Caller } from '../caller.ts'
import { endpoint } from '../endpoint.ts'
import type { Context } from '../endpoint.ts'
import { flag, id, instantSent, PAGE_QUERY, present, reason } from '../form/fields.ts'
import { text } from '../form/plain-text.ts'
import { pageAfter } from '../form/page-after.ts'
import { NewToken, Token, TokenPage } from '../form/token.ts'

const SUBJECT = z.union([id('person'), id('principal')])
const TOKEN_PATH = z.strictObject({ tokenId: id('token') })
const DAYS_DEFAULT = 90
const DAY_MS = 86_400_000

const seesAll = ({ viewer }: Caller): boolean => viewer.scope === 'all'
const isTheirs = (caller: Caller, token: TokenRecord): boolean =>
  token.personId === caller.actor.id || token.principalId === caller.actor.id

/** What is not theirs to see is not there. */
async function tokenFor({ doors, caller }: Context<unknown, unknown, unknown>, tokenId: string): Promise<TokenRecord> {
  const token = await readToken(doors.access, tokenId)
  if (token === undefined || !(seesAll(caller) || isTheirs(caller, token))) {
    throw new Fault('not_found', 'there is no such token, or it is not yours to see')
  }
  return token
}

const daysFrom = (at: Instant, days: number): Instant => msAfter(at, days * DAY_MS)

export const TOKENS = [
  endpoint({
    method: 'GET',
    path: '/v1/tokens',
    operationId: 'listTokens',
    tag: 'administration',
    summary: 'List tokens: your own, or all by role',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject({
      subjectId: SUBJECT.optional(),
      all: flag.optional().describe('those that were revoked or have expired too'),
      limit: PAGE_QUERY.limit,
      cursor: PAGE_QUERY.cursor,
    }),
    answer: TokenPage,
    handle: async ({ doors, caller, query }) => {
      const { limit, cursor, subjectId, all } = query
      const own = seesAll(caller) ? subjectId : caller.actor.id
      if (own !== subjectId && subjectId !== undefined) return { items: [] }
      return await pageAfter({ limit, cursor, of: { list: 'tokens', ...present({ subjectId: own, all }) } }, (page) =>
        listTokens(doors.access, { ...present({ subjectId: own, all }), ...page }),
      )
    },
  }),
  endpoint({
    method: 'POST',
    path: '/v1/tokens',
    operationId: 'createToken',
    tag: 'administration',
    summary: 'Make a token for yourself, or by role for another person or an API client',
    description:
      'The value is shown once. People make their own, no stronger than the one they use; access-admins make others’, and those of identity-admins only identity-admins. A repeated `Idempotency-Key` is refused: the value is not shown twice.',
    who: { self: true, roles: ['identity-admin', 'access-admin'] },
    scope: 'write',
    body: z
      .strictObject({
        subjectId: SUBJECT.optional().describe('yourself unless said otherwise'),
        label: text(100),
        scopes: z.array(z.enum(SCOPE_NAMES)).min(1).max(SCOPE_NAMES.length),
        expiresAt: instantSent.optional().describe(`in ${DAYS_DEFAULT} days unless said otherwise`),
        reason: reason.optional(),
      })
      .meta({ id: 'TokenToMake' }),
    answer: NewToken,
    status: 201,
    refuses: ['not_found', 'idempotency_reused'],
    handle: async ({ doors, caller, body, act }) => {
      const asked = act(body.reason)
      return await issueToken(doors.identity, doors.access, asked, {
        subjectId: body.subjectId ?? caller.actor.id,
        label: body.label,
        scopes: body.scopes,
        expiresAt: body.expiresAt ?? daysFrom(asked.at, DAYS_DEFAULT),
        by: { subjectId: caller.actor.id, roles: caller.roles, scopes: caller.scopes },
        ...present({ fingerprint: doors.fingerprint }),
      })
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/tokens/{tokenId}',
    operationId: 'getToken',
    tag: 'administration',
    summary: 'Read one token, never its value',
    who: { anyone: true },
    scope: 'read',
    params: TOKEN_PATH,
    answer: Token,
    handle: async (context) => await tokenFor(context, context.params.tokenId),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/tokens/{tokenId}/revoke',
    operationId: 'revokeToken',
    tag: 'administration',
    summary: 'Revoke a token; its next request is refused',
    who: { self: true, roles: ['identity-admin', 'access-admin'] },
    scope: 'write',
    params: TOKEN_PATH,
    body: z.strictObject({ reason: reason.optional() }).meta({ id: 'OptionalReason' }),
    answer: Token,
    refuses: ['idempotency_reused'],
    handle: async (context) => {
      const { doors, caller, params, body, act } = context
      const token = await tokenFor(context, params.tokenId)
      const byRole = caller.roles.has('access-admin') || caller.roles.has('identity-admin')
      if (!byRole && !isTheirs(caller, token)) throw new Fault('forbidden', 'only administrators revoke others’ tokens')
      const revoked = await revokeToken(doors.access, act(body.reason), token.id)
      // the token first: a record that says it is revoked while it still works would be the worse of the two
      if (token.credentialId !== null && token.revokedAt === null) {
        await recordRevocation(doors.identity, act(body.reason), {
          id: token.credentialId,
          reason: body.reason ?? 'its token was revoked',
        })
      }
      return revoked
    },
  }),
]
