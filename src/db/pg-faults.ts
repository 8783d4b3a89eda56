// From what `pg` throws to the fault table. What a caller may act on (a violated constraint) stays a value for it.
import { Fault } from '#kernel'
import type { FaultCode } from '#kernel'

/** What PostgreSQL said of a broken rule. SECURITY: no values, which may be private; names only. */
export interface Violation {
  readonly sqlState: string
  readonly constraint: string | undefined
}

const CONNECTION_LOST =
  /^(?:Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client was closed and is not queryable|Connection ended)/

const NO_CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNABORTED',
])

/** The SQLSTATE of an error from PostgreSQL, also where it was wrapped. */
export function sqlStateOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && 'severity' in at && typeof at.code === 'string' && /^[0-9A-Z]{5}$/.test(at.code)) return at.code
  }
  return undefined
}

/** A constraint that was violated: unique 23505, check 23514, foreign key 23503, not null 23502. */
export function violated(error: unknown): Violation | undefined {
  const sqlState = sqlStateOf(error)
  if (sqlState === undefined || !sqlState.startsWith('23')) return undefined
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('constraint' in at && typeof at.constraint === 'string') return { sqlState, constraint: at.constraint }
  }
  return { sqlState, constraint: undefined }
}

/** What PostgreSQL refuses by that constraint is a fault in words; everything else is thrown as it is. */
export async function refusedBy<T>(
  constraint: string,
  fault: { readonly code: FaultCode; readonly detail: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (violated(error)?.constraint !== constraint) throw error
    throw new Fault(fault.code, fault.detail, { cause: error })
  }
}

/** Whether the connection itself is gone, or was never had: nothing can be said to it any more. */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlStateOf(error)
  if (state !== undefined) return /^(?:57P0[1-5]|08...|53300|25P03|25P04)$/.test(state)
  if (!(error instanceof Error)) return false
  if (CONNECTION_LOST.test(error.message)) return true
  return 'code' in error && typeof error.code === 'string' && NO_CONNECTION_CODES.has(error.code)
}

/** Serialization failure or deadlock: the same work may be tried again. */
export function isRetryable(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state === '40001' || state === '40P01'
}

const BY_STATE: Readonly<Record<string, () => ConstructorParameters<typeof Fault>>> = {
  '53100': () => ['storage_full', 'free space on the disk of the database, then try again'],
  '57014': () => ['database_unavailable', 'a statement took longer than its limit; ask for less, or try again'],
  '22021': () => ['invalid', 'a text holds a character that cannot be stored (U+0000); remove it'],
  '22P05': () => ['invalid', 'a text holds a character that cannot be stored (U+0000); remove it'],
}

/** The fault for an error from the database, or the error itself where only the caller knows what it means. */
export function faultOf(error: unknown): unknown {
  if (error instanceof Fault) return error
  const state = sqlStateOf(error)
  const fault = state === undefined ? undefined : BY_STATE[state]?.()
  if (fault !== undefined) return new Fault(fault[0], fault[1], { cause: error })
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
    return new Fault('storage_full', 'free space on the disk, then try again', { cause: error })
  if (isConnectionLost(error)) return new Fault('database_unavailable', 'try again shortly', { cause: error })
  return error
}
