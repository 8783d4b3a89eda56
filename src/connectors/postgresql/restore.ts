// What holding took is given back: from what the target itself keeps of it (`reeve.held`), whichever plan had taken it.
import type { Json } from '#kernel'
import type { Looked, StepCall, StepVerdict, TargetStep } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { heldMark, holderIn, isHeld, isObject, loginsIn, marking, unmarking } from './held-mark.ts'
import type { HeldMark, Logins } from './held-mark.ts'
import { giveLogins, giving, inWords, seenGiven } from './logins-back.ts'
import { probe } from './probe.ts'
import { hindrance } from './role.ts'
import type { Role } from './role.ts'
import { standingOf } from './standing.ts'

export const allowLogins: TargetStep = {
  name: 'allow_logins',
  title: 'logins as before',
  look: async (call) => await asAdministrator(call, { for: 'asking' }, (one) => look(one, call)),
  act: async (call) => {
    await given(call, 'returned')
  },
  verify: async (call) => {
    const other = await asAdministrator(call, { for: 'asking' }, async (administrator) => {
      const standing = await standingOf(administrator, call)
      return 'lost' in standing ? standing.lost : anewHeld(call, await heldMark(administrator, standing.role.oid))
    })
    return other ?? (await seen(call, 'returned'))
  },
  // held as it was found; sessions that were opened since are not ended
  undo: async (call) => (await given(call, 'found')) ?? (await seen(call, 'found')),
}

async function look(administrator: Administrator, call: Omit<StepCall, 'before'>): Promise<Looked> {
  const { account } = call.subject
  const standing = await standingOf(administrator, call)
  const role = 'role' in standing ? standing.role : undefined
  const blocked = await hindrance(administrator, call, role)
  if (role === undefined || blocked !== undefined) return { ...NOTHING, ...(blocked !== undefined && { blocked }) }
  const mark = await heldMark(administrator, role.oid)
  if (mark?.logins === undefined && !role.login) return { ...NOTHING, blocked: notHeldBy(call) }
  const returned = mark?.logins ?? role
  return {
    already: mark === undefined && role.login,
    statements: [giving(call, returned), ...(mark === undefined ? [] : [unmarking(call)])],
    touches: [
      `${account} may sign in again, with a connection limit of ${returned.connectionLimit}`,
      ...(role.login ? [] : [AS_LEAKED]),
    ],
    before: { oid: role.oid, returned: only(returned), found: only(role), mark: mark?.text ?? null },
  }
}

const AS_LEAKED = 'whoever knows its password gets in again: also with one that leaked, unless it was changed since'

const NOTHING = { already: false, statements: [], touches: [], before: null } as const

const notHeldBy = (call: Pick<StepCall, 'subject'>): NonNullable<Looked['blocked']> => ({
  reason: `nothing at the target says that Reeve held ${call.subject.account}, nor what it had before`,
  next: `where it is to sign in, give it that by hand: ${giving(call, { login: true, connectionLimit: -1 })}`,
})

/** `returned` restores, `found` takes the restore back, with the mark of what it had at first. Answers why nothing was done. */
async function given(call: StepCall, as: 'returned' | 'found'): Promise<StepVerdict | undefined> {
  const logins = loginsIn(part(call.before, as))
  if (logins === undefined) return UNKNOWN
  return await asAdministrator(call, { for: 'acting' }, async (administrator) => {
    const standing = await standingOf(administrator, call)
    if ('lost' in standing) return standing.lost
    const kept = await heldMark(administrator, standing.role.oid)
    const other = anewHeld(call, kept) ?? (as === 'found' ? changedSince(call, standing.role, logins) : undefined)
    if (other !== undefined) return other
    const text = part(call.before, 'mark')
    const again = typeof text === 'string' ? marking(call, text) : undefined
    await giveLogins(administrator, call, logins, as === 'found' ? again : kept && unmarking(call))
    return undefined
  })
}

async function seen(call: StepCall, as: 'returned' | 'found'): Promise<StepVerdict> {
  const logins = loginsIn(part(call.before, as))
  return logins === undefined ? UNKNOWN : await seenGiven(call, logins)
}

const UNKNOWN: StepVerdict = {
  effect: 'failed',
  reason: 'what it had before is not known',
  next: 'give it LOGIN by hand, where it is to sign in',
}

/** Another hold than the one that was looked at is not given back, and not forgotten. */
function anewHeld(call: StepCall, kept: HeldMark | undefined): StepVerdict | undefined {
  if (kept === undefined || kept.text === part(call.before, 'mark')) return undefined
  return {
    effect: 'unproven',
    reason: `${call.subject.account} was held anew by ${holderIn(kept)}`,
    next: 'where it is to be given back all the same, make the plan again',
  }
}

/** Only what the restore itself left is taken back. */
function changedSince(call: StepCall, role: Role, found: Logins): StepVerdict | undefined {
  const returned = loginsIn(part(call.before, 'returned'))
  const now = inWords(role)
  if (now === inWords(found) || (returned !== undefined && now === inWords(returned))) return undefined
  return {
    effect: 'unproven',
    reason: `${call.subject.account} was changed since by somebody else (${now}), and is left as it is`,
    next: isHeld(found) ? 'to hold it, make a plan: `reeve plan make contain`' : `by hand: ${giving(call, found)}`,
  }
}

const only = ({ login, connectionLimit }: Logins): { login: boolean; connectionLimit: number } => ({
  login,
  connectionLimit,
})

const part = (before: Json, key: 'returned' | 'found' | 'mark'): Json =>
  isObject(before) ? (before[key] ?? null) : null

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
    if (credential === undefined)
      return { effect: 'verified', answer: `not asked: no credential was offered; ${AS_LEAKED}` }
    const { places, prober } = await probe(call, { user: subject.account, credential })
    const facts = { prober, places: places.map((place) => ({ ...place })) }
    const [first] = places
    if (first?.outcome === 'accepted') return { effect: 'verified', answer: `${first.place}: ${first.answer}`, facts }
    const reason = `${first?.place ?? ''} ${first?.outcome ?? ''}: ${first?.answer ?? ''}`
    return { effect: 'unproven', reason, next: 'see whether the password was changed while the role was held', facts }
  },
}
