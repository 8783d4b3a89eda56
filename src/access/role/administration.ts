// What tokens and roles of Reeve itself need of a server.
import { Fault, newId } from '#kernel'
import type { Act, Json } from '#kernel'
import { transactOnce } from '#db'
import type { Tx } from '#db'
import { appendEntry } from '#evidence/port'
import type { AccessLayer } from '../observe/records.ts'
import type { TokenKey } from '../token/token-value.ts'

export interface AdministrationSettings {
  /** Lets one subject hold identity-admin and access-admin. Each such assignment says so in the log. */
  readonly bothAdministrations: boolean
  readonly tokenDaysMax: number
}

export const ADMINISTRATION_SETTINGS: AdministrationSettings = { bothAdministrations: false, tokenDaysMax: 366 }

/** The access layer, with what its own tokens and roles need. Every operation here takes it first. */
export interface Administration extends AccessLayer {
  /** The active key first, then those that older tokens were hashed under. */
  readonly tokenKeys: () => readonly TokenKey[]
  readonly settings: AdministrationSettings
}

/** Runs `work` in a transaction of the access layer, once per idempotency key. The answer is plain JSON, and no secret. */
export async function administer<R>(
  { db }: Pick<Administration, 'db'>,
  act: Act,
  work: (tx: Tx) => Promise<R>,
): Promise<R> {
  return await transactOnce(db, act, work)
}

/** Writes an entry that makes no version of a record. */
export async function note(
  tx: Tx,
  act: Act,
  type: string,
  subjects: readonly string[],
  content: Readonly<Record<string, Json>> = {},
): Promise<void> {
  await appendEntry(tx, {
    id: newId('entry'),
    layer: tx.layer,
    type,
    at: act.at,
    actor: act.actor.id,
    ...(act.actor.onBehalfOf === undefined ? {} : { onBehalfOf: act.actor.onBehalfOf }),
    subjects,
    ...(act.reason === undefined ? {} : { reason: act.reason }),
    ...(act.follows === undefined ? {} : { follows: act.follows }),
    content,
  })
}

/** Text that people write and read: not empty, bounded, without control characters. */
export function plainText(what: string, text: string, lengthMax: number): string {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.length > lengthMax || /\p{Cc}/u.test(trimmed)) {
    throw new Fault('unprocessable', `${what} must be 1 to ${lengthMax} characters without control characters`)
  }
  return trimmed
}
