// Who has a grant gets in at its target: the grant is theirs, a decision of this moment says so, the log has it, then the login.
import { evaluate, giveAgain, listGrants, noteLogin } from '#access/decisions'
import type { GrantRecord } from '#access/decisions'
import type { Administration } from '#access/records'
import { getTarget, timedTargets } from '#effect'
import type { EffectLayer } from '#effect'
import type { DecisionsDoor, LoginAsked, LoginDoor } from '#http'
import { Fault } from '#kernel'
import { fulfillerName } from './target-grants.ts'

interface LoginLayers {
  readonly access: Administration
  readonly effect: EffectLayer
  readonly decisions: DecisionsDoor
}

interface OwnGrant {
  readonly id: string
  readonly data: GrantRecord
}

const GRANTS_MAX = 200
const LOST =
  'the target has lost the login of this grant (it failed over, or was restored), and is given it again: ask once more in a moment'

export function loginDoor(layers: LoginLayers): LoginDoor {
  return {
    login: async (asked) => {
      const { access, effect } = layers
      const { id: targetId, data: target } = await getTarget(effect, asked.target)
      const timed = (await timedTargets(effect)).find((one) => one.target.id === targetId)
      if (timed === undefined)
        throw new Fault('unprocessable', `nobody gets in at \`${target.settings.name}\` by a grant`)
      const grant = await ownGrant(layers, asked, fulfillerName(timed.target), target.settings.name)
      const decision = await decided(layers, grant)
      const act = { actor: asked.actor, at: access.clock(), follows: [asked.tokenId] }
      const { id, data } = await noteLogin(access, act, { id: grant.id, decision })
      const { requestId, actions, resources, until, fulfilment } = data
      if (until === undefined) throw new Fault('unprocessable', 'this grant has no end: nobody gets in by it')
      const fence = fulfilment?.fence ?? 0
      const login = await timed.login({ id, requestId, actions, resources, until, fence })
      if (login === 'lost') {
        await giveAgain(access, act, { id, decision })
        throw new Fault('conflict', LOST)
      }
      const { address, tls } = target.settings
      return { grantId: id, requestId, until, ...address, tls, ...login }
    },
  }
}

/** SECURITY: of the asker itself, or of the identity that the asking person is; owning an identity is not being it. */
async function ownGrant(
  { access, decisions }: LoginLayers,
  { actor, grantId }: LoginAsked,
  fulfiller: string,
  target: string,
): Promise<OwnGrant> {
  const person = actor.personId === undefined ? [] : decisions.state().principalsOfPerson(actor.personId)
  const principalIds = [actor.id, ...person.map(({ id }) => id)]
  const mine = { actorId: actor.id, principalIds }
  const active = await listGrants(access.db, { state: 'active', mine }, { limit: GRANTS_MAX })
  const there = active.filter(
    ({ id, data }) => data.fulfilment?.by === fulfiller && (grantId === undefined || id === grantId),
  )
  const [grant, another] = there
  if (grant === undefined)
    throw new Fault(
      'not_found',
      `no grant of yours is in force at \`${target}\`: ask for one with \`reeve request\`, or wait until it is active`,
    )
  if (another !== undefined)
    throw new Fault(
      'conflict',
      `several grants of yours are in force there: say which (${there.map(({ id }) => id).join(', ')})`,
    )
  return grant
}

/** Every action on every resource of it, now. Answers the last decision. Throws Fault('forbidden') with the reason. */
async function decided({ decisions }: LoginLayers, { data }: OwnGrant): Promise<string> {
  let last = ''
  for (const name of data.actions) {
    for (const resource of data.resources) {
      const { decision, context } = await evaluate(
        {
          state: decisions.state,
          now: decisions.now,
          onDecided: (one) => decisions.onDecided?.(one),
        },
        {
          subject: { type: 'principal', id: data.principalId },
          action: { name },
          resource: { type: 'database', id: resource },
          context: { reeve: { enforcement_point: 'reeve-connect', enforced: true } },
        },
      )
      if (!decision) throw new Fault('forbidden', `${name} on ${resource} is denied now: ${context.reason}`)
      const { obligations } = context
      if (Array.isArray(obligations) && obligations.length > 0)
        throw new Fault('forbidden', `${name} on ${resource} is allowed with an obligation that nobody here fulfils`)
      last = String(context['decision_id'])
    }
  }
  return last
}
