import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import type { StepVerdict, TargetCall, TargetStep } from '#connectors/target'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { approvePlan, cancelPlan, pausePlan, runPlan, undoPlan } from './decide-plan.ts'
import { actBy, entriesOf, keeperInTest, layerInTest, passOver, planFor, targetNamed } from './effect-in-test.ts'
import type { EffectLayer } from './layer.ts'
import { previewPlan } from './make-plan.ts'
import { getPlan, getReceipt, listPlans } from './read-plans.ts'
import { setRestraint } from './restraint.ts'
import { TargetInTest } from './target-in-test.ts'
import { changeTarget, examineTarget, getTarget, removeTarget } from './targets.ts'

const isConflict =
  (words: RegExp) =>
  (error: unknown): boolean =>
    error instanceof Fault && error.code === 'conflict' && words.test(error.detail)

/** When it is not left any more to the server that was offered its credential. */
const later = (): Instant => new Date(Date.now() + 4000).toISOString() as Instant

describe('a plan at its target', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let target: TargetInTest
  let layer: EffectLayer
  const pass = async (one: EffectLayer = layer): Promise<void> => await passOver(base, one)
  const account = (): { mayLogIn: boolean; sessions: number } => {
    const found = target.accounts.get('app')
    if (found === undefined) throw new Error('it is there')
    return found
  }

  before(async () => {
    base = await testDatabase()
    await targetNamed(layerInTest(base, new TargetInTest().adapter), 'main')
  })
  after(() => base.close())
  beforeEach(() => {
    target = new TargetInTest()
    target.accounts.set('app', { mayLogIn: true, sessions: 3, password: 'open sesame' })
    layer = layerInTest(base, target.adapter)
  })
  afterEach(async () => {
    for (const { id, data } of await listPlans(layer, { limit: 100 })) {
      if (data.state === 'running') await pausePlan(layer, actBy(), { id })
      if (data.state === 'running' || data.state === 'paused') await undoPlan(layer, actBy(), { id })
    }
    await pass()
  })

  test('contained: denied, ended, used and refused, with a receipt that says what was seen when', async () => {
    const made = await planFor(layer)
    await pass()
    const { data } = await getPlan(layer, made.id)
    assert.equal(data.state, 'verified')
    assert.deepEqual(account(), { mayLogIn: false, sessions: 0, password: 'open sesame' })
    const receipt = await getReceipt(layer, made.id)
    assert.equal(receipt.data.outcome, 'verified')
    assert.deepEqual(
      receipt.data.steps.map(({ name, answer }) => `${name}: ${answer}`),
      ['try_before: accepted', 'deny_new_logins: it is so', 'end_sessions: it is so', 'try_after: refused (28000)'],
    )
    assert.deepEqual(receipt.data.reasons, [])
    // each is told what the ones before it had found, before anything was changed
    const first = { try_before: null, deny_new_logins: { mayLogIn: true }, end_sessions: { mayLogIn: false } }
    assert.deepEqual(target.found.get('end_sessions'), first)
    const types = await entriesOf(base, made.id)
    assert.deepEqual([types[0], types.at(-2), types.at(-1)], ['plan.made', 'receipt.made', 'plan.verified'])
    assert.equal(JSON.stringify(data).includes('open sesame'), false)
    assert.equal(layer.offered.of(made.id), undefined)
  })

  test('a preview shows what would be sent, and touches nothing', async () => {
    const asked = { target: 'main', operation: 'contain', account: 'app', purpose: { kind: 'emergency' } } as const
    const preview = await previewPlan(layer, { ...asked, about: [], behind: [], needsApproval: false })
    assert.deepEqual(
      preview.steps.map(({ statements }) => statements),
      [[], ['deny_new_logins app'], ['end_sessions app'], []],
    )
    assert.deepEqual(account(), { mayLogIn: true, sessions: 3, password: 'open sesame' })
    assert.ok(target.calls.every((call) => call.startsWith('look ')))
  })

  test('without the credential it is changed and not probed: never verified', async () => {
    const { id } = await planFor(layer, { credential: undefined as never })
    await pass()
    const { data } = await getReceipt(layer, id)
    assert.equal(data.outcome, 'unproven')
    assert.match(data.reasons[0]?.reason ?? '', /changed, not probed/)
    assert.equal(account().mayLogIn, false)
  })

  test('the credential offered afterwards proves it: what was done is seen again, and not done again', async () => {
    const { id } = await planFor(layer, { credential: undefined as never })
    await pass()
    target.calls.length = 0
    await runPlan(layer, actBy(), { id, credential: { secret: 'open sesame' } })
    await pass()
    assert.equal((await getPlan(layer, id)).data.state, 'verified')
    assert.deepEqual(
      target.calls.filter((call) => !call.startsWith('verify ')),
      ['look try_after'],
    )
    await undoPlan(layer, actBy(), { id })
    await pass()
  })

  test('undone: the last step first, back to what was found, and not to what an attempt had left', async () => {
    const { id } = await planFor(layer)
    await pass()
    await undoPlan(layer, actBy('bob'), { id })
    await pass()
    const { data } = await getPlan(layer, id)
    assert.equal(data.state, 'undone')
    assert.equal(account().mayLogIn, true)
    assert.deepEqual(target.calls.slice(-2), ['undo end_sessions', 'undo deny_new_logins'])
    assert.equal((await getReceipt(layer, id)).data.outcome, 'undone')
  })

  test('a target that does not answer is asked five times, then the plan is unproven with the reason', async () => {
    let calls = 0
    target.before = (call) => {
      if (call !== 'act end_sessions') return
      calls++
      throw new Error('connection refused')
    }
    const { id } = await planFor(layer)
    await pass()
    const { data } = await getReceipt(layer, id)
    assert.equal(data.outcome, 'unproven')
    assert.equal(calls, 5)
    assert.deepEqual(
      data.reasons.map(({ step, reason }) => `${step}: ${reason}`),
      ['end_sessions: connection refused'],
    )
    // the door that was shut stays shut
    assert.equal(account().mayLogIn, false)
    assert.equal((await entriesOf(base, id)).filter((type) => type === 'plan.attempt_failed').length, 4)
  })

  test('what fails before anything was done leaves everything as it was', async () => {
    const { id } = await planFor(layer, { account: 'nobody' })
    target.blocked.add('deny_new_logins')
    await pass()
    assert.equal((await getPlan(layer, id)).data.state, 'rolled_back')
    assert.equal(
      target.calls.some((call) => call.startsWith('act ')),
      false,
    )
  })

  test('while every act is stopped nothing goes on, on any server; released, it goes on', async () => {
    await setRestraint(layer, actBy(), { observeOnly: true })
    const { id } = await planFor(layer)
    await pass()
    assert.deepEqual(target.calls, [])
    await setRestraint(layer, actBy(), { observeOnly: false })
    let waited = false
    target.before = async (call) => {
      // thrown into the middle of a plan: no step begins any more
      if (call !== 'look deny_new_logins') return
      waited = true
      await setRestraint(layer, actBy(), { observeOnly: true })
    }
    await pass()
    assert.equal(waited, true)
    assert.equal(account().mayLogIn, true)
    const { state, steps } = (await getPlan(layer, id)).data
    assert.equal(state, 'running')
    // what is not done is not announced either: the log would say that it began
    assert.equal(steps.find(({ name }) => name === 'deny_new_logins')?.state, 'waiting')
    target.before = () => undefined
    await setRestraint(layer, actBy(), { observeOnly: false })
    await pass()
    assert.equal((await getPlan(layer, id)).data.state, 'verified')
  })

  test('paused while a step acts it ends that step and begins no other, can not be cancelled, and goes on when it is run', async () => {
    const { id } = await planFor(layer)
    target.before = async (call) => {
      if (call !== 'act deny_new_logins') return
      target.before = () => undefined
      await pausePlan(layer, actBy(), { id })
    }
    await pass()
    await pass()
    assert.equal((await getPlan(layer, id)).data.state, 'paused')
    assert.deepEqual([account().mayLogIn, account().sessions], [false, 3])
    await assert.rejects(cancelPlan(layer, actBy(), { id }), isConflict(/something was done already: `reeve plan undo/))
    await runPlan(layer, actBy(), { id })
    await pass()
    assert.equal((await getPlan(layer, id)).data.state, 'verified')
  })

  test('what is being put back is stopped by the switch between two steps, too, and is asked for once', async () => {
    const { id } = await planFor(layer)
    await pass()
    await undoPlan(layer, actBy(), { id })
    await assert.rejects(undoPlan(layer, actBy(), { id }), isConflict(/the plan is undoing/))
    await assert.rejects(pausePlan(layer, actBy(), { id }), isConflict(/the plan is undoing/))
    target.before = async (call) => {
      if (call === 'undo end_sessions') await setRestraint(layer, actBy(), { observeOnly: true })
    }
    await pass()
    assert.equal((await getPlan(layer, id)).data.state, 'undoing')
    assert.equal(account().mayLogIn, false)
    target.before = () => undefined
    await setRestraint(layer, actBy(), { observeOnly: false })
    await pass()
    assert.equal((await getPlan(layer, id)).data.state, 'undone')
    assert.equal(account().mayLogIn, true)
  })

  test('what needs approval waits for another person, and PostgreSQL refuses the one who planned it', async () => {
    const { id } = await planFor(layer, { needsApproval: true })
    await pass()
    // who approves is shown what would be sent, as it stood when it was planned
    const shown = (await getPlan(layer, id)).data.steps.flatMap(({ statements }) => statements)
    assert.deepEqual(shown, ['deny_new_logins app', 'end_sessions app'])
    assert.ok(target.calls.every((call) => call.startsWith('look ')))
    const own = approvePlan(layer, actBy('ada'), { id, behind: [] })
    await assert.rejects(own, (error) => error instanceof Fault && error.code === 'forbidden')
    const behind = approvePlan(layer, actBy('carl'), { id, behind: [actBy('ada').actor.id] })
    await assert.rejects(behind, (error) => error instanceof Fault && error.code === 'forbidden')
    await approvePlan(layer, actBy('bob'), { id, behind: [actBy('bob').actor.id] })
    await pass()
    assert.equal((await getPlan(layer, id)).data.state, 'verified')
    await undoPlan(layer, actBy(), { id })
    await pass()
  })

  test('one plan at a time acts on one account, and past the point of no return nothing is undone', async () => {
    const { id } = await planFor(layer, { operation: 'revoke' })
    const second = planFor(layer)
    await assert.rejects(second, (error) => error instanceof Fault && error.code === 'conflict')
    await pass()
    const undone = undoPlan(layer, actBy(), { id })
    await assert.rejects(
      undone,
      (error) =>
        error instanceof Fault &&
        /can't be put back.*reeve plan make restore --target main --account app/.test(error.detail),
    )
    await assert.rejects(cancelPlan(layer, actBy(), { id }), (error) => error instanceof Fault)
  })

  test('two servers on one plan: each step is begun once', async () => {
    const other = layerInTest(base, target.adapter)
    const { id } = await planFor(layer)
    await Promise.all([pass(), pass(other), pass(), pass(other)])
    await pass(other)
    assert.equal((await getPlan(layer, id)).data.state, 'verified')
    assert.deepEqual((await entriesOf(base, id)).filter((type) => type === 'plan.step_began').length, 4)
  })

  test('a plan is left for a moment to the server that was offered its credential, then anybody goes on', async () => {
    let now = Date.now()
    const clock = (): Instant => new Date(now).toISOString() as Instant
    const [mine, other] = [layerInTest(base, target.adapter, { clock }), layerInTest(base, target.adapter, { clock })]
    const { id } = await planFor(mine)
    now += 2000
    await pass(other)
    assert.deepEqual(target.calls, [])
    now += 2000
    await pass(other)
    assert.equal((await getPlan(other, id)).data.state, 'unproven')
  })

  test('what is not so any more when a plan is run again is done again, and never said to be verified from memory', async () => {
    const { id } = await planFor(layer, { credential: undefined as never })
    await pass()
    Object.assign(account(), { mayLogIn: true, sessions: 2 })
    await runPlan(layer, actBy(), { id, credential: { secret: 'open sesame' } })
    await pass()
    assert.equal((await getPlan(layer, id)).data.state, 'verified')
    assert.deepEqual([account().mayLogIn, account().sessions], [false, 0])
    // and it is put back to what was found at first
    await undoPlan(layer, actBy(), { id })
    await pass()
    assert.equal(account().mayLogIn, true)
  })

  test('what changed back while the plan went on makes it unproven: the outcome is of one instant', async () => {
    target.after = (call) => {
      if (call === 'verify try_after') account().mayLogIn = true
    }
    const { id } = await planFor(layer)
    await pass()
    const { data } = await getReceipt(layer, id)
    assert.equal(data.outcome, 'unproven')
    assert.deepEqual(
      data.reasons.map(({ step }) => step),
      ['deny_new_logins'],
    )
  })

  test('another credential than the one that it began with proves nothing, and is refused', async () => {
    target.accounts.set('app', { mayLogIn: true, sessions: 0, stuck: 1, password: 'open sesame' })
    const { id } = await planFor(layer)
    await pass()
    assert.equal((await getPlan(layer, id)).data.state, 'unproven')
    const other = runPlan(layer, actBy(), { id, credential: { secret: 'something else' } })
    await assert.rejects(other, (error) => error instanceof Fault && error.code === 'unprocessable')
    assert.equal(layer.offered.of(id)?.secret(), 'open sesame')
    assert.match((await getReceipt(layer, id)).data.credentialMark ?? '', /^fk_test:/)
  })

  test('nothing that can not be put back is done on what is not proven', async () => {
    target.accounts.set('app', { mayLogIn: true, sessions: 1, stuck: 1, password: 'open sesame' })
    const { id } = await planFor(layer, { operation: 'revoke' })
    await pass()
    const { data } = await getPlan(layer, id)
    assert.equal(data.state, 'unproven')
    assert.deepEqual(
      data.steps.map(({ state }) => state),
      ['verified', 'unproven', 'waiting'],
    )
    assert.equal(target.calls.includes('act drop'), false)
  })

  test('a step that can not be put back and was seen to have changed nothing stands in the way of no undoing', async () => {
    const [deny, end, drop] = target.adapter.operations.revoke
    assert.ok(deny !== undefined && end !== undefined && drop !== undefined)
    const verdict: StepVerdict = { effect: 'unproven', reason: 'it is there', next: 'look', untouched: true }
    const idle: TargetStep = { ...drop, act: async () => undefined, verify: async () => verdict }
    const operations = { ...target.adapter.operations, revoke: [deny, end, idle] }
    const idling = layerInTest(base, { ...target.adapter, operations })
    const { id } = await planFor(idling, { operation: 'revoke' })
    await pass(idling)
    assert.equal(account().mayLogIn, false)
    await undoPlan(idling, actBy(), { id })
    await pass(idling)
    assert.equal((await getPlan(idling, id)).data.state, 'undone')
    assert.equal(account().mayLogIn, true)
  })

  test('it is carried out as it was planned, whatever is said of its target since; and not at all once that is removed', async () => {
    const name = `changing-${Date.now()}`
    const targetId = await targetNamed(layer, name)
    const { id } = await planFor(layer, { target: name, needsApproval: true })
    const { data } = await getTarget(layer, name)
    const settings = { ...data.settings, address: { host: '127.0.0.1', port: 1 } }
    await changeTarget(layer, actBy(), { id: targetId, settings })
    await assert.rejects(removeTarget(layer, actBy(), { id: targetId }), (error) => error instanceof Fault)
    await approvePlan(layer, actBy('bob'), { id, behind: [] })
    await pass()
    assert.equal((await getReceipt(layer, id)).data.address, '127.0.0.1:5432')
    await removeTarget(layer, actBy(), { id: targetId })
    const again = runPlan(layer, actBy(), { id })
    await assert.rejects(again, (error) => error instanceof Fault && /was removed/.test(error.detail))
  })

  test('a reference is resolved for the host of the target, so that it can be bound to it', async () => {
    const asked: string[] = []
    const adapter = {
      ...target.adapter,
      examine: async ({ secretOf }: TargetCall) => [{ check: await secretOf('env:P') }],
    }
    const secretOf = async (reference: string, hosts: readonly string[]): Promise<string> => {
      asked.push(`${reference} for ${hosts.join(' and ')}`)
      return ''
    }
    await examineTarget(layerInTest(base, adapter as never, { secretOf }), actBy(), 'main')
    assert.deepEqual(asked, ['env:P for 127.0.0.1'])
  })

  test('a plan that another one is in the way of is a conflict, and loses no credential', async () => {
    const first = await planFor(layer)
    await pass()
    const second = await planFor(layer, { needsApproval: true })
    await runPlan(layer, actBy(), { id: first.id, credential: { secret: 'open sesame' } })
    const approved = approvePlan(layer, actBy('bob'), { id: second.id, behind: [] })
    await assert.rejects(approved, (error) => error instanceof Fault && error.code === 'conflict')
    const running = runPlan(layer, actBy(), { id: first.id, credential: { secret: 'open sesame' } })
    await assert.rejects(running, (error) => error instanceof Fault && error.code === 'conflict')
    assert.equal(layer.offered.of(first.id)?.secret(), 'open sesame')
    await pass()
    assert.equal((await getPlan(layer, first.id)).data.state, 'verified')
    await cancelPlan(layer, actBy(), { id: second.id })
  })

  test('the switch stops the tries that follow, too', async () => {
    target.before = async (call) => {
      if (call !== 'act deny_new_logins') return
      await setRestraint(layer, actBy(), { observeOnly: true })
      throw new Error('it did not answer')
    }
    const { id } = await planFor(layer)
    await pass()
    assert.equal(target.calls.filter((call) => call === 'act deny_new_logins').length, 1)
    assert.equal(account().mayLogIn, true)
    target.before = () => undefined
    await setRestraint(layer, actBy(), { observeOnly: false })
    await sleep(5100)
    await pass()
    assert.equal((await getPlan(layer, id)).data.state, 'verified')
  })

  test('a plan that hangs keeps no other one waiting', async () => {
    target.accounts.set('hung', { mayLogIn: true, sessions: 0, password: 'x' })
    let letGo = (): void => undefined
    const hanging = new Promise<void>((resolve) => (letGo = resolve))
    let arrived = (): void => undefined
    const asked = new Promise<void>((resolve) => (arrived = resolve))
    target.before = async () => {
      target.before = () => undefined
      arrived()
      await hanging
    }
    const hung = await planFor(layer, { account: 'hung' })
    const keeper = keeperInTest(base, layer)
    await keeper.pass()
    await asked
    const { id } = await planFor(layer)
    for (let tries = 0; (await getPlan(layer, id)).data.state === 'running' && tries < 100; tries++) {
      await keeper.pass()
      await sleep(50)
    }
    assert.equal((await getPlan(layer, id)).data.state, 'verified')
    assert.equal((await getPlan(layer, hung.id)).data.state, 'running')
    letGo()
    await keeper.settled()
  })

  // each call of the target, before it is carried out and after: the server is gone there, and another one goes on
  const CONTAIN = ['try_before', 'deny_new_logins', 'end_sessions', 'try_after']
  const POINTS = CONTAIN.flatMap((step) => [`look ${step}`, `verify ${step}`]).concat(
    'act deny_new_logins',
    'act end_sessions',
  )
  for (const when of ['before', 'after'] as const) {
    for (const point of POINTS) {
      test(`gone ${when} \`${point}\`: another server goes on, and undoing puts back what was found at first`, async () => {
        const gone = new AbortController()
        target[when] = (call) => {
          if (call !== point) return
          gone.abort()
          throw new Error('gone')
        }
        const { id } = await planFor(layer)
        await passOver(base, layer, gone.signal)
        assert.equal((await getPlan(layer, id)).data.state, 'running')
        target[when] = () => undefined
        const other = layerInTest(base, target.adapter, { clock: later })
        await pass(other)
        // what the first one held in memory is gone with it: denied, and not said to be proven
        assert.equal((await getPlan(other, id)).data.state, 'unproven')
        assert.deepEqual([account().mayLogIn, account().sessions], [false, 0])
        await runPlan(other, actBy(), { id, credential: { secret: 'open sesame' } })
        await pass(other)
        assert.equal((await getPlan(other, id)).data.state, 'verified')
        await undoPlan(other, actBy(), { id })
        await pass(other)
        assert.equal(account().mayLogIn, true)
      })
    }
  }
})
