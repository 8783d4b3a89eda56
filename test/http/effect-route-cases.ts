// Good requests for what is done to targets: of a target that lives in the memory of the test.
import { getPlan, makePlan } from '#effect'
import type { EffectLayer } from '#effect'
import type { TargetStep } from '#connectors/target'
import { Log, sequenceOnce, signerFromSeed } from '#evidence'
import { deriveId } from '#kernel'
import { carryPlan } from '../../src/effect/carry-plan.ts'
import type { RouteCase, World } from './route-cases.ts'

/** An account that the target of the test has. */
export const ACCOUNT_IN_TEST = 'app'
const SECRET = 'an open secret'

const signer = signerFromSeed('reeve.test/log', Buffer.alloc(32, 3))

let count = 0
const serial = (): string => `effect-${(count += 1)}`
const anyVersion = { 'if-match': '*' }
const why = { because: 'a test' }

async function made(world: World, path: string, body: object): Promise<string> {
  const answer = await world.api.ask('POST', path, { token: world.tokens.kim, body })
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
  return (answer.body as { id: string }).id
}

const settings = (): object => ({
  name: serial(),
  address: { host: '127.0.0.1', port: 5432 },
  administrator: { user: 'reeve_admin', password: 'env:PASSWORD_OF_REEVE' },
  tls: 'off',
})
const target = async (world: World): Promise<string> => await made(world, '/v1/targets', settings())
const asked = async (world: World, operation = 'contain'): Promise<object> => ({
  target: await target(world),
  operation,
  account: ACCOUNT_IN_TEST,
})
const plan = async (world: World, operation?: string): Promise<string> =>
  await made(world, '/v1/plans', { ...(await asked(world, operation)), ...why })

async function ended(world: World): Promise<string> {
  const effect: EffectLayer | undefined = world.api.doors.effect
  if (effect === undefined) throw new Error('the world has targets')
  await restrained(world, false)
  const id = await plan(world)
  const work = { layer: effect, signal: AbortSignal.timeout(10_000), mayStillAct: () => undefined }
  await carryPlan(work, await getPlan(effect, id))
  return id
}

/** A revocation that stopped before its last step, because it saw another way. */
async function stopped(world: World): Promise<{ path: Record<string, string>; body: object }> {
  const { effect } = world.api.doors
  const [adapter] = effect?.adapters ?? []
  if (effect === undefined || adapter === undefined) throw new Error('the world has targets')
  await restrained(world, false)
  const nothing = { already: false, statements: [], touches: [], before: null }
  const unproven = { effect: 'unproven', reason: 'a way', next: 'take it away', open: ['a way'] } as const
  const around: TargetStep = {
    name: 'look_around',
    title: 'look around',
    asksOnly: true,
    look: async () => nothing,
    act: async () => undefined,
    verify: async () => unproven,
  }
  const steps = adapter.operations.revoke
  const revoke = [...steps.slice(0, -1), around, ...steps.slice(-1)]
  const layer = { ...effect, adapters: [{ ...adapter, operations: { ...adapter.operations, revoke } }] }
  const by = { actor: { id: deriveId('person', 'a planner') }, at: world.api.roll.now(), reason: 'a test' }
  const { id } = await makePlan(layer, by, {
    target: await target(world),
    operation: 'revoke',
    account: ACCOUNT_IN_TEST,
    purpose: { kind: 'emergency' },
    about: [],
    behind: [by.actor.id],
    needsApproval: false,
  })
  const work = { layer, signal: AbortSignal.timeout(10_000), mayStillAct: () => undefined }
  await carryPlan(work, await getPlan(layer, id))
  const { receiptId } = (await getPlan(layer, id)).data
  return { path: { planId: id }, body: { receiptId, ...why } }
}

const restrained = async (world: World, observeOnly: boolean): Promise<unknown> =>
  await world.api.ask('PUT', '/v1/restraint', { token: world.tokens.kim, body: { observeOnly, ...why } })

async function paused(world: World): Promise<string> {
  const id = await plan(world)
  await made(world, `/v1/plans/${id}/pause`, {})
  return id
}

const of =
  (make: (world: World) => Promise<string>, name: string, more: object = {}): RouteCase['ask'] =>
  async (world) => ({ path: { [name]: await make(world) }, ...more })

export const EFFECT_CASES: Readonly<Record<string, RouteCase>> = {
  listTargets: { by: 'otto', ask: async () => ({}) },
  getTarget: { by: 'otto', ask: of(target, 'targetId') },
  addTarget: { by: 'kim', entry: 'target.added', ask: async () => ({ body: settings() }) },
  changeTarget: {
    by: 'kim',
    entry: 'target.changed',
    ask: of(target, 'targetId', { body: { ...settings(), ...why }, headers: anyVersion }),
  },
  removeTarget: { by: 'kim', entry: 'target.removed', ask: of(target, 'targetId', { body: why, headers: anyVersion }) },
  examineTarget: { by: 'kim', entry: 'target.examined', ask: of(target, 'targetId') },
  openTargetSession: { by: 'kim', ask: of(target, 'targetId', { body: {} }) },
  getRestraint: { by: 'otto', ask: async () => ({}) },
  setRestraint: {
    by: 'kim',
    entry: 'restraint.set',
    ask: async (world) => {
      await restrained(world, false)
      return { body: { observeOnly: true, ...why } }
    },
  },
  listPlans: { by: 'otto', ask: async () => ({}) },
  getPlan: { by: 'petra', ask: of(plan, 'planId') },
  getReceipt: { by: 'otto', ask: of(ended, 'receiptId') },
  getReceiptProof: {
    by: 'otto',
    ask: async (world) => {
      const receiptId = await ended(world)
      const { evidence, tiles } = world.api.doors
      if (tiles === undefined) throw new Error('the world keeps a log')
      const at = world.api.roll.now()
      while ((await sequenceOnce(evidence, at)).sequenced > 0);
      await (await Log.open({ evidence, tiles, signer })).integrate(at)
      return { path: { receiptId } }
    },
  },
  makePlan: {
    by: 'kim',
    entry: 'plan.made',
    ask: async (world) => ({ body: { ...(await asked(world)), secret: SECRET, ...why } }),
  },
  previewPlan: { by: 'kim', ask: async (world) => ({ body: { ...(await asked(world)), secret: SECRET } }) },
  approvePlan: {
    by: 'petra',
    entry: 'plan.approved',
    ask: of(async (world) => await plan(world, 'revoke'), 'planId', { body: why }),
  },
  acceptWays: { by: 'petra', entry: 'plan.ways_accepted', ask: stopped },
  runPlan: { by: 'kim', entry: 'plan.resumed', ask: of(paused, 'planId', { body: { secret: SECRET } }) },
  pausePlan: { by: 'kim', entry: 'plan.paused', ask: of(plan, 'planId', { body: why }) },
  undoPlan: { by: 'kim', entry: 'plan.undoing', ask: of(plan, 'planId', { body: why }) },
  cancelPlan: { by: 'kim', entry: 'plan.cancelled', ask: of(plan, 'planId', { body: why }) },
  listAlarms: { by: 'otto', ask: async () => ({}) },
  testAlarms: { by: 'kim', ask: async () => ({ body: {} }) },
  containCredential: {
    by: 'kim',
    entry: 'plan.made',
    ask: async (world) => ({
      body: { secret: SECRET, target: await target(world), account: ACCOUNT_IN_TEST, ...why },
    }),
  },
  previewContainment: {
    by: 'kim',
    ask: async (world) => ({ body: { secret: SECRET, target: await target(world), account: ACCOUNT_IN_TEST } }),
  },
}
