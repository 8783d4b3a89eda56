// Bodies that hold a secret, as they may be kept: a plain hash of a request would let whoever reads the database guess it.
import { createHmac, randomBytes } from 'node:crypto'
import type { Doors } from './doors.ts'

/** Of this process: where a server has no fingerprint key, a repeated request is known as long as it runs. */
const OWN = randomBytes(32)

/** SECURITY: each secret member is replaced by its keyed fingerprint, so that the same request is known and the value is not. */
export function withoutSecrets(
  doors: Pick<Doors, 'fingerprint'>,
  secrets: readonly string[] = [],
  body: unknown,
): unknown {
  if (secrets.length === 0 || typeof body !== 'object' || body === null) return body
  return Object.fromEntries(
    Object.entries(body).map(([name, value]: [string, unknown]) =>
      secrets.includes(name) && value !== undefined
        ? [name, fingerprintOf(doors, JSON.stringify(value))]
        : [name, value],
    ),
  )
}

function fingerprintOf({ fingerprint }: Pick<Doors, 'fingerprint'>, text: string): string {
  const [keyed] = fingerprint?.(text) ?? []
  return keyed === undefined ? createHmac('sha256', OWN).update(text).digest('hex') : `${keyed.keyId} ${keyed.value}`
}
