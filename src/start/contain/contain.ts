// `contain`: from what leaked to the account that it opens, what holding it breaks, who has to be told, and the plan.
import type { GraphThread } from '#access/decisions'
import { findAccount, getTarget, makePlan, previewPlan } from '#effect'
import type { EffectLayer, PlanAsked } from '#effect'
import type { ContainAsked, ContainDoor, Containment } from '#http'
import type { IdentityLayer } from '#identity/roll'
import { Fault } from '#kernel'
import type { AccountFound } from '#connectors/target'
import { filesOf, grouped, usesOf } from './breaks.ts'
import { leakedSecrets } from './leaked-secret.ts'
import { NOT_UNDERSTOOD } from './secret-for.ts'
import { whereIsIt } from './where.ts'
import type { Held, Where } from './where.ts'
import { accountsInRoll, credentialOf, principalOf, whoseIsIt, withAccount } from './whose.ts'
import type { Fingerprint, Whose } from './whose.ts'

const RIGHTS_SHOWN = 20

export interface ContainLayers {
  readonly identity: IdentityLayer
  readonly effect: EffectLayer
  readonly graph: Pick<GraphThread, 'ask'>
  readonly fingerprint: Fingerprint
}

export function containDoor(layers: ContainLayers): ContainDoor {
  return {
    look: async (asked) => {
      const { page, plan } = await pageFor(layers, asked)
      if (plan === undefined) return page
      const { value, unknown } = await orUnknown(previewPlan(layers.effect, plan))
      const all = [...new Set([...page.unknown, ...unknown])]
      return { ...page, unknown: all, ...(value !== undefined && { preview: value }) }
    },
    contain: async (act, asked) => {
      const { page, plan } = await pageFor(layers, asked)
      return plan === undefined ? page : { ...page, plan: await makePlan(layers.effect, act, plan) }
    },
  }
}

interface Paged {
  readonly page: Containment
  readonly plan?: PlanAsked
}

async function pageFor(layers: ContainLayers, asked: ContainAsked): Promise<Paged> {
  const { identity, effect, fingerprint } = layers
  const leaked = asked.secret === undefined ? [] : leakedSecrets(asked.secret, asked.raw)
  if (asked.secret !== undefined && leaked.length === 0) throw new Fault('invalid', NOT_UNDERSTOOD)
  const { credentialId } = asked
  const seen = await whoseIsIt(identity, fingerprint, { leaked, ...(credentialId !== undefined && { credentialId }) })
  const names = [...new Set([...seen.principals, ...seen.consumers].map(({ data }) => data.name))]
  const where = await whereIsIt(effect, asked, { leaked, names, accounts: accountsInRoll(seen.principals) })
  const [held, another] = where.possible
  const alone = another === undefined ? held : undefined
  const whose = alone === undefined ? seen : await withAccount(identity, seen, alone.place)
  const known = pageOf(whose, where, leaked.length)
  if (alone === undefined) return { page: { ...known, ...notFor(where, asked), reach: await reachOf(layers, whose) } }
  const target = await getTarget(effect, alone.place.targetId)
  const { value: account, unknown } = await orUnknown(findAccount(effect, target, alone.place.account))
  const reach = await reachOf(layers, whose, account)
  if (account?.exists === false) {
    const missing = `there is no account \`${alone.place.account}\` at ${alone.place.targetName}: say which it is (--account)`
    return { page: { ...known, candidates: [], missing, reach } }
  }
  const ofAccount = accountFacts(account)
  const page = {
    ...known,
    ...ofAccount,
    willBreak: [...usesOf(whose, ofAccount.sessions), ...known.willBreak],
    place: alone.place,
    ...(alone.form !== undefined && { triedAs: alone.form }),
    reach,
    unknown: [...unknown, ...(account?.unknown ?? [])],
  }
  return { page, plan: planOf(asked, whose, alone) }
}

const pageOf = (
  { credentials, principals, consumers, tell }: Whose,
  { lookedAt, logins }: Where,
  secrets: number,
): Containment => ({
  credentials: credentials.map((one) => credentialOf(one, consumers)),
  principals: principals.map(principalOf),
  candidates: [],
  lookedAt: [credentials.length === 0 ? 'the roll: no credential with this fingerprint' : 'the roll', ...lookedAt],
  logins,
  facts: [],
  targetAsked: false,
  sessions: [],
  otherWays: [],
  reach: [],
  reachCutShort: false,
  willBreak: filesOf(credentials),
  tell,
  unknown: [],
  credentialOffered: secrets > 0,
})

function notFor({ possible, elsewhere }: Where, { target }: ContainAsked): Pick<Containment, 'candidates' | 'missing'> {
  const candidates = possible.map(({ place }) => place)
  if (candidates.length > 0) {
    const missing =
      'more than one account is possible: say which it is (--target, --account), or give a file with the one secret'
    return { candidates, missing }
  }
  const beside = [...new Set(elsewhere)].join(', ')
  if (beside === '')
    return {
      candidates,
      missing:
        'no account of a target is known for it: say which it is (--target, --account); `reeve target add` adds a target',
    }
  const missing =
    target === undefined
      ? `no target has the address ${beside}, beside which the secret stood: \`reeve target add\` adds the server, or, where it is another name of one that is there, \`reeve target change\` with --entrance`
      : `the secret stood beside ${beside}, which is no address of this target, and is not sent there: add it to the target (--entrance) if it is the same server, or give a file with the value alone`
  return { candidates, missing }
}

function accountFacts(
  account: AccountFound | undefined,
): Pick<Containment, 'facts' | 'targetAsked' | 'sessions' | 'otherWays' | 'reachCutShort'> {
  return {
    targetAsked: account !== undefined,
    facts: account?.facts ?? [],
    otherWays: account?.otherWays ?? [],
    reachCutShort: account?.reachCutShort ?? true,
    sessions: grouped(account?.sessions ?? []),
  }
}

/** Rights at the target as it tells them, then those that the roll knows of whose it is. */
async function reachOf(
  { graph }: ContainLayers,
  { principals }: Whose,
  account?: AccountFound,
): Promise<Containment['reach']> {
  const reach = [...(account?.reach ?? [])]
  for (const { id, data } of principals) {
    const page = { limit: RIGHTS_SHOWN }
    const rights = await graph.ask({ kind: 'rights', principalId: id, now: Date.now(), page })
    for (const { effect, actions, resources, permission } of rights)
      if (effect === 'allow')
        reach.push({
          action: actions.join(', ').slice(0, 200) || permission,
          resource: resources.join(', ').slice(0, 300),
          by: `${data.name}, ${permission}`,
        })
  }
  return reach.slice(0, RIGHTS_SHOWN)
}

const planOf = ({ behind }: ContainAsked, { credentials, principals }: Whose, { place, secret }: Held): PlanAsked => ({
  target: place.targetId,
  operation: 'contain',
  account: place.account,
  purpose: { kind: 'emergency' },
  about: [...credentials, ...principals].map(({ id }) => id).slice(0, 20),
  behind,
  needsApproval: false,
  ...(secret !== undefined && {
    credential: { secret, ...(place.database !== undefined && { database: place.database }) },
  }),
})

/** A target that can't be asked keeps nobody from holding the account: the page says what is not known. */
async function orUnknown<T>(work: Promise<T>): Promise<{ readonly value?: T; readonly unknown: readonly string[] }> {
  try {
    return { value: await work, unknown: [] }
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'unprocessable') throw error
    return { unknown: [error.detail] }
  }
}
