// The mark of a hold at the target itself: a setting of the role that nothing reads, with what it had and which plan took it.
import type { Json } from '#kernel'
import type { Administrator } from './administrator.ts'

export const HELD_SETTING = 'reeve.held'

/** What a role had before it was held. */
export interface Logins {
  readonly login: boolean
  readonly connectionLimit: number
}

export interface HeldMark {
  readonly text: string
  readonly plan: string | undefined
  readonly logins: Logins | undefined
}

/** `undefined` where there is none; without `logins` where somebody else wrote there. */
export async function heldMark(administrator: Administrator, account: string): Promise<HeldMark | undefined> {
  const rows = await administrator.rows<{ setting: string }>(
    `select unnest(s.setconfig) as setting from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
     where r.rolname = $1 and s.setdatabase = 0`,
    [account],
  )
  const setting = rows.map((row) => row.setting).find((one) => one.startsWith(`${HELD_SETTING}=`))
  if (setting === undefined) return undefined
  const text = setting.slice(HELD_SETTING.length + 1)
  try {
    const said = JSON.parse(text) as Json
    const plan = isObject(said) && typeof said['plan'] === 'string' ? said['plan'] : undefined
    return { text, plan, logins: loginsIn(said) }
  } catch {
    return { text, plan: undefined, logins: undefined }
  }
}

export const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function loginsIn(before: Json): Logins | undefined {
  if (!isObject(before)) return undefined
  const { login, connectionLimit } = before
  return typeof login === 'boolean' && typeof connectionLimit === 'number' && Number.isSafeInteger(connectionLimit)
    ? { login, connectionLimit }
    : undefined
}
