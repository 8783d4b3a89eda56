// What holding took is given back: from what the target itself keeps of it (`reeve.held`), whichever plan had taken it.
import type { Json } from '#kernel'
import type { Looked, StepCall, TargetStep } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { giveLoginsBack, returning, seenGivenBack } from './deny-new-logins.ts'
import { HELD_SETTING, heldMark, loginsIn } from './held-mark.ts'
import type { Logins } from './held-mark.ts'
import { probe } from './probe.ts'
import { hindrance, roleOf } from './role.ts'
import { identifier, literal } from './sql-text.ts'

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
    const mark = part(call.before, 'mark')
    if (typeof mark === 'string') await markAgain(call, mark)
    return await seenGivenBack(call, held)
  },
}

async function look(administrator: Administrator, call: Omit<StepCall, 'before'>): Promise<Looked> {
  const { account } = call.subject
  const role = await roleOf(administrator, account)
  const blocked = await hindrance(administrator, call, role)
  if (role === undefined || blocked !== undefined)
    return { already: false, statements: [], touches: [], before: null, ...(blocked !== undefined && { blocked }) }
  const mark = await heldMark(administrator, account)
  if (mark?.logins === undefined && !role.login) return { ...NOTHING, blocked: notHeldBy(account) }
  const returned = mark?.logins ?? role
  const before = { returned: only(returned), found: only(role), mark: mark?.text ?? null }
  return {
    already: mark === undefined && role.login,
    statements: returning(call, returned),
    touches: [`${account} may sign in again, with a connection limit of ${returned.connectionLimit}`],
    before,
  }
}

const NOTHING = { already: false, statements: [], touches: [], before: null } as const

const notHeldBy = (account: string): NonNullable<Looked['blocked']> => ({
  reason: `nothing at the target says that Reeve held ${account}, nor what it had before`,
  next: `where it is to sign in, give it that by hand: ALTER ROLE ${identifier(account)} LOGIN`,
})

/** What it had at first is not forgotten because a restore was taken back. */
async function markAgain(call: StepCall, mark: string): Promise<void> {
  await asAdministrator(call, { for: 'acting', planId: call.planId }, async (administrator) => {
    const role = identifier(call.subject.account)
    await administrator.rows(`ALTER ROLE ${role} SET ${identifier(HELD_SETTING)} TO ${literal(mark)}`)
  })
}

const only = ({ login, connectionLimit }: Logins): { login: boolean; connectionLimit: number } => ({
  login,
  connectionLimit,
})

function part(before: Json, key: 'returned' | 'found' | 'mark'): Json {
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
