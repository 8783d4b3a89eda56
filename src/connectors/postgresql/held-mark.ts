// The mark of a hold at the target itself: a setting of the role that nothing reads, with what it had and which plan took it.
import type { Json } from '#kernel'
import type { StepCall } from '#connectors/target'
import type { Administrator } from './administrator.ts'
import { identifier, literal } from './sql-text.ts'
import { sqlstateOf } from './target-error.ts'

export const HELD_SETTING = 'reeve.held'
const ALSO_MAX = 20

/** What a role had before it was held. */
export interface Logins {
  readonly login: boolean
  readonly connectionLimit: number
}

export interface HeldMark {
  readonly text: string
  readonly plan: string | undefined
  /** Plans that found it held by `plan`, and want it held. */
  readonly also: readonly string[]
  readonly logins: Logins | undefined
}

export const isHeld = ({ login, connectionLimit }: Logins): boolean => !login && connectionLimit === 0

/** `undefined` where there is none; without `logins` where somebody else wrote there. */
export async function heldMark(administrator: Administrator, oid: string): Promise<HeldMark | undefined> {
  const rows = await administrator.rows<{ setting: string }>(
    'select unnest(setconfig) as setting from pg_db_role_setting where setrole = $1::oid and setdatabase = 0',
    [oid],
  )
  const setting = rows.map((row) => row.setting).find((one) => one.startsWith(`${HELD_SETTING}=`))
  if (setting === undefined) return undefined
  const text = setting.slice(HELD_SETTING.length + 1)
  try {
    const said = JSON.parse(text) as Json
    const { plan, also } = isObject(said) ? said : {}
    return {
      text,
      plan: typeof plan === 'string' ? plan : undefined,
      also: Array.isArray(also) ? also.filter((one): one is string => typeof one === 'string') : [],
      logins: loginsIn(said),
    }
  } catch {
    return { text, plan: undefined, also: [], logins: undefined }
  }
}

export function markText(plan: string, { login, connectionLimit }: Logins, also: readonly string[] = []): string {
  return JSON.stringify({ plan, login, connectionLimit, ...(also.length > 0 && { also: also.slice(0, ALSO_MAX) }) })
}

export const marking = ({ subject }: Pick<StepCall, 'subject'>, text: string): string =>
  `ALTER ROLE ${identifier(subject.account)} SET ${identifier(HELD_SETTING)} TO ${literal(text)}`

export const unmarking = ({ subject }: Pick<StepCall, 'subject'>): string =>
  `ALTER ROLE ${identifier(subject.account)} RESET ${identifier(HELD_SETTING)}`

/** Where the right to it is missing, what holds goes on without: it is then given back by hand. */
export async function mark(administrator: Administrator, statement: string): Promise<void> {
  await administrator.rows(statement).catch((error: unknown) => {
    if (sqlstateOf(error) !== '42501') throw error
  })
}

/** Whose hold a mark says it is. */
export const holderIn = ({ plan }: Pick<HeldMark, 'plan'>): string =>
  plan === undefined ? 'somebody else' : `plan ${plan}`

export const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function loginsIn(before: Json | undefined): Logins | undefined {
  if (!isObject(before)) return undefined
  const { login, connectionLimit } = before
  return typeof login === 'boolean' && typeof connectionLimit === 'number' && Number.isSafeInteger(connectionLimit)
    ? { login, connectionLimit }
    : undefined
}
