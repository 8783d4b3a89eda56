// What holding took is given back: from what the target itself keeps of it (`reeve.held`), whichever plan had taken it.
import type { Json } from '#kernel'
import type { Looked, StepCall, TargetStep } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { giveLoginsBack, HELD_SETTING, loginsIn, returning, seenGivenBack } from './deny-new-logins.ts'
import type { Logins } from './deny-new-logins.ts'
import { probe } from './probe.ts'
import { hindrance, roleOf } from './role.ts'

/** Where nothing was kept: what a role that signs in has unless it is said otherwise. */
const UNKNOWN_BEFORE: Logins = { login: true, connectionLimit: -1 }

export const allowLogins: TargetStep = {
  name: 'allow_logins',
  title: 'logins as before',
  look: async (call) => await asAdministrator(call, { for: 'asking', planId: call.planId }, (one) => look(one, call)),
  act: async (call) => await giveLoginsBack(call, loginsIn(part(call.before, 'returned'))),
  verify: async (call) => await seenGivenBack(call, loginsIn(part(call.before, 'returned'))),
  // held as it was found; sessions that were opened since are not ended
  undo: async (call) => {
    const held = loginsIn(part(call.before, 'found'))
    await giveLoginsBack(call, held)
    return await seenGivenBack(call, held)
  },
}

async function look(administrator: Administrator, call: Omit<StepCall, 'before'>): Promise<Looked> {
  const { account } = call.subject
  const role = await roleOf(administrator, account)
  const blocked = await hindrance(administrator, call, role)
  if (role === undefined || blocked !== undefined)
    return { already: false, statements: [], touches: [], before: null, ...(blocked !== undefined && { blocked }) }
  const kept = await keptAtTarget(administrator, account)
  const returned = kept ?? (role.login ? role : UNKNOWN_BEFORE)
  const before = { returned: only(returned), found: only(role) }
  const unknown = kept === undefined && !role.login ? ', as what it had before was not kept' : ''
  return {
    already: kept === undefined && role.login,
    statements: returning(call, returned),
    touches: [`${account} may sign in again, with a connection limit of ${returned.connectionLimit}${unknown}`],
    before,
  }
}

async function keptAtTarget(administrator: Administrator, account: string): Promise<Logins | undefined> {
  const rows = await administrator.rows<{ setting: string }>(
    `select unnest(s.setconfig) as setting from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
     where r.rolname = $1 and s.setdatabase = 0`,
    [account],
  )
  const setting = rows.map((row) => row.setting).find((text) => text.startsWith(`${HELD_SETTING}=`))
  if (setting === undefined) return undefined
  try {
    return loginsIn(JSON.parse(setting.slice(HELD_SETTING.length + 1)) as Json)
  } catch {
    // somebody else wrote there
    return undefined
  }
}

const only = ({ login, connectionLimit }: Logins): { login: boolean; connectionLimit: number } => ({
  login,
  connectionLimit,
})

function part(before: Json, key: 'returned' | 'found'): Json {
  if (typeof before !== 'object' || before === null || Array.isArray(before)) return null
  return (before as { readonly [name: string]: Json | undefined })[key] ?? null
}

export const tryCredentialAgain: TargetStep = {
  name: 'try_credential_again',
  title: 'is the credential accepted again',
  asksOnly: true,
  look: async ({ credential, subject }) => ({
    already: false,
    statements: [],
    touches: [credential === undefined ? 'nothing: no credential was offered' : `a login as ${subject.account}`],
    before: null,
  }),
  act: async () => undefined,
  verify: async (call) => {
    const { credential, subject } = call
    if (credential === undefined) return { effect: 'verified', answer: 'not asked: no credential was offered' }
    const { places, prober } = await probe(call, { user: subject.account, credential })
    const facts = { prober, places: places.map((place) => ({ ...place })) }
    const [first] = places
    if (first?.outcome === 'accepted') return { effect: 'verified', answer: `${first.place}: ${first.answer}`, facts }
    const reason = `${first?.place ?? ''} ${first?.outcome ?? ''}: ${first?.answer ?? ''}`
    return { effect: 'unproven', reason, next: 'see whether the password was changed while the role was held', facts }
  },
}
