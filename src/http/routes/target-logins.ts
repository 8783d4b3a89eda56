// `reeve connect`: who has a grant at a target is answered a login that is good for a minute.
import { z } from 'zod'
import { Fault } from '#kernel'
import { endpoint } from '../endpoint.ts'
import { id, instant, present } from '../form/fields.ts'

const Login = z
  .object({
    grantId: id('grant'),
    requestId: id('access_request'),
    until: instant.describe('when the grant ends, and every session with it'),
    host: z.string(),
    port: z.int(),
    tls: z.enum(['off', 'verify']),
    database: z.string(),
    user: z.string(),
    password: z.string().describe('shown here and nowhere else'),
    secondsGood: z.int().describe('how long the target takes the password; a session that is open by then stays'),
  })
  .meta({ id: 'TargetLogin' })

export const TARGET_LOGINS = [
  endpoint({
    method: 'POST',
    path: '/v1/targets/{targetId}/sessions',
    operationId: 'openTargetSession',
    tag: 'effect',
    summary: 'Get in at a target by a grant of your own that is in force there',
    description:
      'A decision of this moment comes first. The password is made for this answer; the target refuses it after a minute at most.',
    who: { self: true },
    scope: 'write',
    params: z.strictObject({ targetId: z.string().min(1).max(100) }),
    body: z.strictObject({ grantId: id('grant').optional() }).meta({ id: 'TargetLoginAsked' }),
    answer: Login,
    status: 201,
    refuses: ['not_found', 'conflict'],
    handle: async ({ doors, caller, params, body }) => {
      if (doors.logins === undefined) throw new Fault('not_found', 'this server acts on no targets')
      const { actor, tokenId } = caller
      return await doors.logins.login({ actor, tokenId, target: params.targetId, ...present(body) })
    },
  }),
]
