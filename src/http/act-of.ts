// The act of a request: who, when, why, and under which idempotency key.
import { Fault } from '#kernel'
import type { Act, Clock, Json } from '#kernel'
import type { Caller } from './caller.ts'

export interface Asked {
  readonly caller: Caller
  readonly method: string
  readonly url: string
  readonly body: unknown
  readonly idempotencyKey: string | undefined
}

/** Throws Fault('invalid') for a key that is none. */
export function idempotencyKeyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(header)) {
    throw new Fault('invalid', '`Idempotency-Key` must be 1 to 200 visible ASCII characters')
  }
  return header
}

/** One instant for the whole request, so that all its steps happened at once. */
export function actsOf(clock: Clock, asked: Asked): (reason?: string, step?: string) => Act {
  const at = clock()
  const { caller, method, url, body, idempotencyKey } = asked
  const request = { method, url, ...(body === undefined ? {} : { body: body as Json }) }
  return (reason, step) => ({
    actor: caller.actor,
    at,
    // who made the token stands in its own entry, so that no act can be laid at the door of its subject alone
    follows: [caller.tokenId],
    ...(reason === undefined ? {} : { reason }),
    ...(idempotencyKey === undefined
      ? {}
      : {
          idempotency: {
            client: caller.actor.id,
            key: step === undefined ? idempotencyKey : `${idempotencyKey} ${step}`,
            request,
          },
        }),
  })
}
