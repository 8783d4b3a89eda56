// A leak, from the secret to the plan: whose it is, what holding it breaks, who has to be told; and held.
import { z } from 'zod'
import { personsBehindActor } from '#identity/roll'
import { Fault } from '#kernel'
import type { Caller } from '../caller.ts'
import type { ContainAsked, ContainDoor } from '../contain-door.ts'
import type { Doors } from '../doors.ts'
import { endpoint } from '../endpoint.ts'
import { Containment } from '../form/containment.ts'
import { SECRET, SECRET_BODY_BYTES_MAX, WHY_NEEDED } from '../form/effect.ts'
import { id, present } from '../form/fields.ts'
import { text } from '../form/plain-text.ts'
import { EFFECT_ACTORS } from './targets.ts'

const ASKED = {
  secret: SECRET.optional().describe(
    'what leaked: the value alone, or a connection string or settings with it; used and never kept',
  ),
  raw: z.boolean().optional().describe('all of `secret` is the one value, whatever it looks like'),
  credentialId: id('credential').optional(),
  target: text(100).optional().describe('id or name'),
  account: text(200).optional(),
}

function doorOf({ contain }: Doors): ContainDoor {
  if (contain === undefined) throw new Fault('not_found', 'this server acts on no targets')
  return contain
}

async function askedOf(
  { identity }: Doors,
  { actor }: Caller,
  asked: z.output<z.ZodObject<typeof ASKED>>,
): Promise<ContainAsked> {
  const { secret, raw, credentialId, target, account } = asked
  if (secret === undefined && credentialId === undefined && (target === undefined || account === undefined))
    throw new Fault('invalid', 'say what leaked: `secret` or `credentialId`, or else `target` and `account`')
  return {
    behind: await personsBehindActor(identity, actor),
    ...present({ secret, raw, credentialId, target, account }),
  }
}

const contain = {
  method: 'POST',
  tag: 'effect',
  who: EFFECT_ACTORS,
  scope: 'write',
  answer: Containment,
  secrets: ['secret'],
  bodyBytesMax: SECRET_BODY_BYTES_MAX,
} as const

export const CONTAINMENTS = [
  endpoint({
    ...contain,
    path: '/v1/containments',
    operationId: 'containCredential',
    summary: 'Hold the account that a leaked credential opens; the plan runs at once',
    description:
      'Without a `plan` in the answer nothing was done: `missing` says why, and `candidates` what is possible.',
    body: z.strictObject({ ...ASKED, ...WHY_NEEDED }).meta({ id: 'Leaked' }),
    refuses: ['not_found', 'idempotency_reused'],
    handle: async ({ doors, caller, body, act }) =>
      await doorOf(doors).contain(act(body.because), await askedOf(doors, caller, body)),
  }),
  endpoint({
    ...contain,
    path: '/v1/containments/preview',
    operationId: 'previewContainment',
    summary: 'The same page, with what would be sent; changes nothing',
    description: 'Signs in with the secret only where nothing else says which account it opens: `logins` has each.',
    body: z.strictObject(ASKED).meta({ id: 'LeakedToPreview' }),
    refuses: ['not_found'],
    handle: async ({ doors, caller, body }) => await doorOf(doors).look(await askedOf(doors, caller, body)),
  }),
]
