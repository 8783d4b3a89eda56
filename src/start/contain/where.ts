// Where a credential is held: one account at one target, named by who asks, by the file that it stood in, by the roll, or by a
// real login with it. Never a guess: where more than one is possible all are told, and where none is, what was looked at.
import type { EffectLayer } from '#effect'
import { accountsOf, getTarget, listTargets } from '#effect'
import type { CurrentTarget } from '#effect'
import type { ContainAsked, Place } from '#http'
import { Fault } from '#kernel'
import type { LeakedSecret } from './leaked-secret.ts'
import { stoodBeside } from './secret-for.ts'
import type { AccountInRoll } from './whose.ts'

const CANDIDATES_MAX = 20

/** A place with the one secret that is used there, where one was offered. */
export interface Held {
  readonly place: Place
  readonly secret?: string
  /** In what form it stood there. */
  readonly form?: string
  /** The text itself names the account. */
  readonly named: boolean
}

export interface Where {
  readonly possible: readonly Held[]
  readonly lookedAt: readonly string[]
  /** Logins that were tried to find it. */
  readonly logins: readonly string[]
  /** Addresses beside a secret that no target has, or not the one that was asked for. */
  readonly elsewhere: readonly string[]
}

interface Known {
  readonly leaked: readonly LeakedSecret[]
  /** Names that the roll has for it and for what uses it: an account is often called the same. */
  readonly names: readonly string[]
  readonly accounts: readonly AccountInRoll[]
}

interface Search extends Known {
  readonly effect: EffectLayer
  readonly asked: ContainAsked
  readonly targets: readonly CurrentTarget[]
  readonly lookedAt: string[]
  readonly logins: string[]
  readonly elsewhere: string[]
}

export async function whereIsIt(effect: EffectLayer, asked: ContainAsked, known: Known): Promise<Where> {
  const targets = asked.target === undefined ? await listTargets(effect) : [await getTarget(effect, asked.target)]
  const lookedAt = [`${targets.length === 1 ? 'target' : 'targets'} ${targets.map(nameOf).join(', ') || '(none)'}`]
  const search: Search = { ...known, effect, asked, targets, lookedAt, logins: [], elsewhere: [] }
  const found: Held[] = []
  for (const one of known.leaked.length === 0 ? [undefined] : known.leaked) found.push(...(await placesOf(search, one)))
  return { ...search, possible: await theOneSecret(search, eachOnce(found)) }
}

async function placesOf(search: Search, one: LeakedSecret | undefined): Promise<Held[]> {
  const { asked, accounts, names, lookedAt, elsewhere } = search
  if (one?.host !== undefined) lookedAt.push(`${one.form}: ${spelled(one)}`)
  // it is the password of another account than the one that is asked for
  if (asked.account !== undefined && one?.account !== undefined && one.account !== asked.account) return []
  const at = targetsOf(search.targets, one)
  if (at.length === 0 && one?.host !== undefined) elsewhere.push(spelled(one))
  const account = asked.account ?? one?.account
  // an account that was named without a target is at any of them
  if (account !== undefined) return at.map((target) => held(target, account, one, howOf(asked, one)))
  const inRoll = at.flatMap((target) =>
    accounts
      .filter((known) => known.targetName === nameOf(target))
      .map((known) => held(target, known.account, one, `as the roll says of ${known.principal}`)),
  )
  if (one === undefined || inRoll.length > 0 || names.length === 0) return inRoll
  const found: Held[] = []
  for (const target of at)
    for (const name of await letIn(search, target, one, names))
      found.push(held(target, name, one, 'it was let in with this password'))
  return found
}

/** SECURITY: a secret that stood beside a host goes to that host and no other, whichever target is asked for. */
const targetsOf = (targets: readonly CurrentTarget[], one: Partial<LeakedSecret> = {}): readonly CurrentTarget[] =>
  targets.filter(({ data: { settings } }) =>
    stoodBeside([settings.address, ...settings.entrances, ...(settings.standbys ?? [])], one),
  )

/** One entry for each secret at each account. */
const eachOnce = (found: readonly Held[]): Held[] => [
  ...new Map(found.map((one) => [JSON.stringify([one.place.targetId, one.place.account, one.secret]), one])).values(),
]

/** Of several secrets for one account: those that stood beside its name, else the one that is let in. */
async function theOneSecret(search: Search, found: readonly Held[]): Promise<readonly Held[]> {
  const [first] = found
  if (first === undefined || found.length === 1) return found
  const { targetId, account } = first.place
  if (found.some(({ place }) => place.targetId !== targetId || place.account !== account)) return found
  const named = found.filter((one) => one.named)
  if (named.length === 1) return named
  const target = await getTarget(search.effect, targetId)
  const good: Held[] = []
  for (const one of named.length > 0 ? named : found) {
    const { secret, place } = one
    const offered = { secret: secret ?? '', ...(place.database !== undefined && { database: place.database }) }
    if ((await letIn(search, target, offered, [account])).length > 0) good.push(one)
  }
  return good.length === 1 ? good : found
}

/** Those that it lets in. A target that is down is no reason not to look at the next. */
async function letIn(
  { effect, lookedAt, logins }: Search,
  target: CurrentTarget,
  offered: Parameters<typeof accountsOf>[2],
  names: readonly string[],
): Promise<readonly string[]> {
  const tried = names.slice(0, CANDIDATES_MAX)
  const login = `${nameOf(target)} as ${tried.join(', ')}`
  lookedAt.push(`a login at ${login}`)
  logins.push(login)
  try {
    return await accountsOf(effect, target, offered, tried)
  } catch (error) {
    if (error instanceof Fault && error.code === 'unprocessable') return []
    throw error
  }
}

function held(target: CurrentTarget, account: string, leaked: Partial<LeakedSecret> | undefined, how: string): Held {
  const { name, address } = target.data.settings
  const { secret, form, database } = leaked ?? {}
  const place = { targetId: target.id, targetName: name, address: spelled(address), account, how }
  const named = leaked?.account === account
  return {
    place: { ...place, ...(database !== undefined && { database }) },
    named,
    ...(secret !== undefined && { secret }),
    ...(form !== undefined && { form }),
  }
}

const howOf = ({ account }: ContainAsked, leaked: LeakedSecret | undefined): string =>
  account !== undefined ? 'as it was asked' : `as ${leaked?.form ?? 'the file'} says`

const nameOf = ({ data }: CurrentTarget): string => data.settings.name

const spelled = ({ host = '', port }: { readonly host?: string; readonly port?: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port ?? ''}`
