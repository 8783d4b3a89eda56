// What goes wrong between Reeve and a target: in words, with the server's SQLSTATE and what a person does about it.
import type { TargetAddress } from '#connectors/target'

const MESSAGE_CHARACTERS_MAX = 500

/** Each can be tried again: rights can be given back, a server comes up. SECURITY: its message holds no secret. */
export class TargetError extends Error {
  readonly sqlstate: string | undefined

  constructor(message: string, sqlstate?: string) {
    super(message)
    this.name = 'TargetError'
    this.sqlstate = sqlstate
  }
}

/** As a person writes an address: `db.example:5432`, `/run/postgresql:5432`. */
export const spelled = ({ host, port }: TargetAddress): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** The five characters that a server of PostgreSQL answered with. */
export function sqlstateOf(error: unknown): string | undefined {
  if (error instanceof TargetError) return error.sqlstate
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined
}

/**
 * One line of what a server said. SECURITY: nothing of it where it holds a secret that it may have been told, or may quote
 * a statement that sets one.
 */
export function saidBy(error: unknown, secrets: readonly string[]): string {
  if (!(error instanceof Error)) return 'it did not say why'
  const detail = 'detail' in error && typeof error.detail === 'string' ? `: ${error.detail}` : ''
  const whole = `${error.message}${detail}`
  if (secrets.some((secret) => whole.includes(secret))) return 'what it said is withheld'
  const text = whole.replaceAll(/[\p{C}\s]+/gu, ' ').slice(0, MESSAGE_CHARACTERS_MAX)
  return /passw|secret|SCRAM-|\bmd5[0-9a-f]{8}/i.test(text) ? 'what it said is withheld' : text
}

const NEXT: Readonly<Record<string, string>> = {
  '28P01': 'its password was changed: put the present one behind the reference in the settings, then try again',
  '28000': 'it may not sign in any more: run the statements of `target doctor`, then try again',
  '25006': 'the server is read-only, a standby or in a failover: point the target at the primary, then try again',
  '42501': 'its rights were withdrawn or were never given: run the statements of `target doctor`, then try again',
  '2BP01':
    'something hangs on it: name who takes over what it owns (`reeve target change … --successor ROLE`) or give that another owner, then try again',
  '3D000': 'the database is not there: correct it in the settings, then try again',
  '53300':
    'the server has no free connection: try again when it has; from 16 on `reserved_connections` keeps some for this role',
  '55P03':
    'another session holds the lock, or a transaction that was prepared and is not over (pg_prepared_xacts): try again when it is',
  '57014': 'it took longer than its limit: try again when the server is less busy',
}

/** What to do, by what the server answered. */
export function nextFor(sqlstate: string | undefined): string {
  const known = sqlstate === undefined ? undefined : NEXT[sqlstate]
  if (known !== undefined) return known
  if (sqlstate?.startsWith('57P') === true)
    return 'the server is stopping, starting or failing over: try again when it is up'
  if (sqlstate === undefined) return 'see that the server runs and can be reached from here, then try again'
  return 'see what the server says, then try again'
}
