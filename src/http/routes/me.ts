// Who the server takes the caller for.
import { z } from 'zod'
import { ROLE_NAMES, SCOPE_NAMES } from '#access/records'
import { endpoint } from '../endpoint.ts'

const Me = z
  .object({
    kind: z.enum(['person', 'client', 'bootstrap']),
    id: z.string(),
    name: z.string(),
    tokenId: z.string(),
    roles: z.array(z.enum(ROLE_NAMES)),
    scopes: z.array(z.enum(SCOPE_NAMES)),
    parties: z.array(z.string()).describe('what answers to you in the roll: yourself and your team'),
    sees: z.enum(['all', 'own']),
  })
  .meta({ id: 'Me' })

export const ME = [
  endpoint({
    method: 'GET',
    path: '/v1/me',
    operationId: 'getMe',
    tag: 'administration',
    summary: 'Who the token says you are, and what it is good for',
    who: { anyone: true, bootstrap: true },
    scope: 'read',
    answer: Me,
    handle: async ({ caller }) => ({
      kind: caller.kind,
      id: caller.actor.id,
      name: caller.name,
      tokenId: caller.tokenId,
      roles: [...caller.roles].sort(),
      scopes: caller.scopes,
      parties: caller.parties,
      sees: caller.viewer.scope,
    }),
  }),
]
