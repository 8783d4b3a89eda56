// What the role owns goes to its successor, in every database; then the rights that it was given are withdrawn. From here on
// there is no way back. A database that can't be entered is named, and the role stays held.
import type { Looked, StepCall, StepVerdict, TargetStep } from '#connectors/target'
import { canonicalJson } from '#kernel'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { dependentsOf, described } from './dependents.ts'
import type { Dependents } from './dependents.ts'
import { HAND_OVER, handOverStatement } from './hand-over.ts'
import { leftBehind } from './left-behind.ts'
import { INSTALL } from './look-for-other-ways.ts'
import { hinderedBy } from './reviewed.ts'
import { hindrance, roleOf } from './role.ts'
import { elsewhere } from './standing.ts'
import { sqlstateOf } from './target-error.ts'

export const REASSIGN_OWNED = 'reassign_owned'
/** The server does not do it, however often it is asked: something hangs on it, or can't have that owner. */
const FOR_GOOD = new Set(['2BP01', '42501', '0A000'])

export const reassignOwned: TargetStep = {
  name: REASSIGN_OWNED,
  title: 'what it owns goes to its successor, its rights are withdrawn',
  look: async (call) => await asAdministrator(call, { for: 'asking' }, (one) => look(one, call)),
  act: async (call) => {
    if ((await elsewhere(call)) !== undefined) return
    for (const { database } of (await remainingOf(call)).filter(({ open }) => open)) await handOver(call, database)
  },
  verify: async (call) => {
    const other = await elsewhere(call)
    if (other !== undefined) return other
    const remaining = await remainingOf(call)
    if (remaining.length > 0) return await leftOver(call, remaining)
    return { effect: 'verified', answer: `nothing in pg_shdepend hangs on ${call.subject.account} any more` }
  },
}

async function remainingOf(call: Omit<StepCall, 'before'>): Promise<Dependents[]> {
  return await asAdministrator(call, { for: 'asking' }, (administrator) =>
    dependentsOf(administrator, call.subject.account),
  )
}

async function look(administrator: Administrator, call: Omit<StepCall, 'before'>): Promise<Looked> {
  const { account } = call.subject
  const { successor } = call.settings
  const dependents = await dependentsOf(administrator, account)
  const owned = dependents.reduce((sum, one) => sum + one.owned, 0)
  const hindered = owned === 0 ? undefined : await successorHindered(administrator, call, owned)
  const left = await leftBehind(call, dependents)
  const blocked = hindered ?? left.blocked
  return {
    already: dependents.length === 0,
    statements: dependents
      .filter(({ open }) => open)
      .map(({ database }) => `${handOverStatement(account, successor)} -- in the database ${database}`),
    touches: [...dependents.map((one) => handedOver(one, successor)), ...left.touches],
    before: counted(dependents),
    ...(blocked !== undefined && { blocked }),
  }
}

/** As it stands in `before`. */
const counted = (dependents: readonly Dependents[]): { database: string; objects: number; rights: number }[] =>
  dependents.map(({ database, owned: objects, rights }) => ({ database, objects, rights }))

function handedOver({ database, owned, rights, open }: Dependents, successor = 'nobody'): string {
  const found = `${owned} objects to ${successor}, ${rights} rights withdrawn in ${database}`
  return open ? found : `${found}, which takes no connection: they stay as they are`
}

async function successorHindered(
  administrator: Administrator,
  call: Omit<StepCall, 'before'>,
  owned: number,
): Promise<Looked['blocked']> {
  const { successor } = call.settings
  const { account } = call.subject
  if (successor === undefined || successor === account)
    return {
      reason: `${account} owns ${owned} objects, and nobody is named who takes them over`,
      next: `name one: \`reeve target change ${call.settings.name} --successor ROLE\` (a role that does not log in and that Reeve manages), then make the plan again`,
    }
  const asSubject = { settings: call.settings, subject: { account: successor } }
  return await hindrance(administrator, asSubject, await roleOf(administrator, successor))
}

/** Whatever the server refuses for good is seen by who verifies. Throws what can be tried again. */
async function handOver(call: StepCall, database: string): Promise<void> {
  try {
    await asAdministrator(call, { for: 'acting', database }, async (administrator) => {
      if (!(await isHandOverThere(administrator))) return
      await administrator.rows(handOverStatement(call.subject.account, call.settings.successor))
    })
  } catch (error) {
    if (!FOR_GOOD.has(sqlstateOf(error) ?? '')) throw error
  }
}

async function leftOver(call: StepCall, remaining: readonly Dependents[]): Promise<StepVerdict> {
  const words: string[] = []
  for (const one of remaining) words.push(await described(call, one))
  const [closed, missing] = [remaining.filter(({ open }) => !open), await withoutFunction(call, remaining)]
  const next = [
    ...closed.map(({ database }) => `let \`${call.settings.administrator.user}\` connect to ${database}`),
    ...(missing.length === 0 ? [] : [`install reeve.hand_over in ${missing.join(', ')}: ${INSTALL}`]),
    'give what is left another owner as a superuser (ALTER … OWNER TO), then run the plan again',
  ]
  return {
    effect: 'unproven',
    reason: `${call.subject.account} is held and stays: ${words.join('; ')}`,
    next: closed.length + missing.length === 0 ? (next.at(-1) ?? '') : next.slice(0, -1).join('; '),
    facts: { remaining: words },
    // in each database all or nothing: where everything still hangs on it nothing was handed over
    ...(canonicalJson(counted(remaining)) === canonicalJson(call.before) && { untouched: true }),
  }
}

async function withoutFunction(call: StepCall, remaining: readonly Dependents[]): Promise<string[]> {
  const missing: string[] = []
  for (const { database, open } of remaining) {
    if (!open) continue
    const session = { for: 'asking', database } as const
    if (!(await asAdministrator(call, session, isHandOverThere))) missing.push(database)
  }
  return missing
}

const isHandOverThere = async (administrator: Administrator): Promise<boolean> =>
  (await hinderedBy(administrator, HAND_OVER)) === undefined
