// Where a credential is held: one account at one target, named by who asks, by the file that it stood in, or by a real login
// with it. Never a guess: where more than one is possible all are told, and where none is, what was looked at.
import type { EffectLayer } from '#effect'
import { accountsOf, getTarget, listTargets } from '#effect'
import type { CurrentTarget } from '#effect'
import type { ContainAsked, Place } from '#http'
import { Fault } from '#kernel'
import type { LeakedSecret } from './leaked-secret.ts'

const CANDIDATES_MAX = 20

/** A place with the one secret that is used there, where one was offered. */
export interface Held {
  readonly place: Place
  readonly secret?: string
  /** In what form it stood there. */
  readonly form?: string
}

export interface Where {
  readonly possible: readonly Held[]
  readonly lookedAt: readonly string[]
}

interface Known {
  readonly leaked: readonly LeakedSecret[]
  /** Names that the roll has for it and for what uses it: an account is often called the same. */
  readonly names: readonly string[]
}

export async function whereIsIt(effect: EffectLayer, asked: ContainAsked, known: Known): Promise<Where> {
  const targets = asked.target === undefined ? await listTargets(effect) : [await getTarget(effect, asked.target)]
  const lookedAt = [`${targets.length === 1 ? 'target' : 'targets'} ${targets.map(nameOf).join(', ') || '(none)'}`]
  const possible: Held[] = []
  const leaked: readonly (LeakedSecret | undefined)[] = known.leaked.length === 0 ? [undefined] : known.leaked
  for (const one of leaked) {
    const account = asked.account ?? one?.account
    if (one?.host !== undefined) lookedAt.push(`${one.form}: ${spelled(one)}`)
    const at = targetsOf(targets, asked, one)
    if (account !== undefined) possible.push(...at.map((target) => held(target, account, one, howOf(asked, one))))
    else if (one !== undefined)
      for (const target of asked.target === undefined && at.length === 0 ? targets : at) {
        lookedAt.push(`a login at ${nameOf(target)} as ${known.names.join(', ') || 'nobody: no name is known'}`)
        possible.push(...(await byLogin(effect, target, one, known.names)))
      }
  }
  return { possible, lookedAt }
}

/** Those that are meant: by name, else by the address that stood beside the secret, else the only one that there is. */
function targetsOf(
  targets: readonly CurrentTarget[],
  { target, account }: ContainAsked,
  leaked: LeakedSecret | undefined,
): readonly CurrentTarget[] {
  if (target !== undefined) return targets
  const { host, port } = leaked ?? {}
  if (host !== undefined)
    return targets.filter(({ data: { settings } }) =>
      [settings.address, ...settings.entrances].some(
        (one) => one.host.toLowerCase() === host.toLowerCase() && one.port === port,
      ),
    )
  // an account that was named without a target is at any of them
  return account === undefined && leaked?.account === undefined ? [] : targets
}

async function byLogin(
  effect: EffectLayer,
  target: CurrentTarget,
  leaked: LeakedSecret,
  names: readonly string[],
): Promise<Held[]> {
  const { secret, database } = leaked
  const offered = { secret, ...(database !== undefined && { database }) }
  try {
    const accounts = await accountsOf(effect, target, offered, names.slice(0, CANDIDATES_MAX))
    return accounts.map((account) => held(target, account, leaked, 'it was let in with this password'))
  } catch (error) {
    // a target that is down is no reason not to look at the next
    if (error instanceof Fault && error.code === 'unprocessable') return []
    throw error
  }
}

function held(target: CurrentTarget, account: string, leaked: LeakedSecret | undefined, how: string): Held {
  const { name, address } = target.data.settings
  const place: Place = {
    targetId: target.id,
    targetName: name,
    address: spelled(address),
    account,
    how,
    ...(leaked?.database !== undefined && { database: leaked.database }),
  }
  return { place, ...(leaked !== undefined && { secret: leaked.secret, form: leaked.form }) }
}

const howOf = ({ account }: ContainAsked, leaked: LeakedSecret | undefined): string =>
  account !== undefined ? 'as it was asked' : `as ${leaked?.form ?? 'the file'} says`

const nameOf = ({ data }: CurrentTarget): string => data.settings.name

const spelled = ({ host = '', port }: { readonly host?: string; readonly port?: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port ?? ''}`
