// A real backup, a newer one as evidence, a real restore; then a pass over the plans of the restored database.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { deriveId, Fault, newId, REEVE, systemClock } from '#kernel'
import type { Act } from '#kernel'
import { backup } from '../db/backup.ts'
import { openDatabase } from '../db/connect.ts'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { sql } from '../db/index.ts'
import { restore } from '../db/restore.ts'
import { denySubject } from '../access/grant/deny-subject.ts'
import { endGrant } from '../access/grant/end-grant.ts'
import { grantInTest } from '../access/grant/grant-in-test.ts'
import type { AccessLayer } from '../access/observe/records.ts'
import { approvePlan, cancelPlan, runPlan, undoPlan } from '../effect/decide-plan.ts'
import { actBy, entriesOf, layerInTest, passOver, planFor, targetNamed } from '../effect/effect-in-test.ts'
import { getPlan } from '../effect/read-plans.ts'
import { getRestraint, setRestraint } from '../effect/restraint.ts'
import { TargetInTest } from '../effect/target-in-test.ts'
import { getTarget, removeTarget } from '../effect/targets.ts'
import { evidenceOfBackup, noEvidence } from './newer-evidence.ts'
import { replayEvidence } from './replay-evidence.ts'
import type { Replayed } from './replay-evidence.ts'

const ACT: Act = { actor: { id: REEVE }, at: systemClock(), reason: 'a backup was restored' }
const LAYERS = ['identity', 'access', 'usage', 'effect', 'governance', 'evidence', 'connections'] as const

async function restored(old: string, newer?: string): Promise<{ base: TestDatabase; replayed: Replayed }> {
  const made = await testDatabase()
  await made.database.close()
  const evidence = newer === undefined ? noEvidence() : await evidenceOfBackup(newer)
  const given = { evidence, act: ACT, keepTokens: false, evidenceGiven: newer !== undefined }
  let replayed: Replayed | undefined
  await restore({
    owner: made.owner,
    path: old,
    release: '1',
    replace: true,
    replay: async (as, { createdAt }) => {
      replayed = await replayEvidence(as, { ...given, backupOf: createdAt })
    },
  })
  assert.ok(replayed !== undefined)
  const connections = Object.fromEntries(LAYERS.map((layer) => [layer, made.connectionFor(layer)]))
  return { base: { ...made, database: openDatabase(connections as never) }, replayed }
}

test(
  'after a restore nothing at a target goes on by itself, and what newer evidence ended is ended',
  {
    skip: databaseUnavailable(),
  },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'reeve-replay-'))
    t.after(async () => rm(folder, { recursive: true }))
    const [old, newer] = [join(folder, 'old'), join(folder, 'newer')]
    const base = await testDatabase()
    t.after(() => base.close())
    const target = new TargetInTest()
    for (const name of ['app', 'held', 'asked'])
      target.accounts.set(name, { mayLogIn: true, sessions: 1, password: 'open sesame' })
    const layer = layerInTest(base, target.adapter)
    const access = { db: base.database.layer('access'), clock: systemClock } as AccessLayer
    await targetNamed(layer, 'main')
    const gone = await targetNamed(layer, 'gone')
    const held = await planFor(layer, { account: 'held' })
    await passOver(base, layer)
    await undoPlan(layer, actBy(), { id: held.id })
    const revoke = await planFor(layer, { operation: 'revoke', needsApproval: true })
    await approvePlan(layer, actBy('bob'), { id: revoke.id, behind: [deriveId('person', 'bob')] })
    const other = await planFor(layer, { account: 'other' })
    const asked = await planFor(layer, { account: 'asked', needsApproval: true })
    const principalId = newId('principal')
    const grant = await grantInTest(access, actBy(), {
      principalId,
      actions: ['pg:select'],
      resources: ['pg://main/*'],
    })
    const entries = (of: TestDatabase, where = sql`true`): Promise<readonly { readonly id: string }[]> =>
      of.database
        .layer('evidence')
        .transaction((tx) => tx.query<{ id: string }>(sql`select e.id from evidence.entry e where ${where} order by 1`))
    const inBackup = await entries(base)
    await backup({ owner: base.owner, path: old, release: '1', createdAt: systemClock() })

    await cancelPlan(layer, actBy(), { id: revoke.id })
    await removeTarget(layer, actBy(), { id: gone })
    await endGrant(access, actBy(), { id: grant.id, because: 'it is over' })
    await denySubject(access, actBy(), { subjectId: principalId, reason: 'it leaked' })
    await backup({ owner: base.owner, path: newer, release: '1', createdAt: systemClock() })

    await t.test('with newer evidence', async () => {
      const after = await restored(old, newer)
      t.after(() => after.base.close())
      // nothing was placed before the backup: it stands before what the restore wrote, however transactions are numbered
      const placed = sql`exists (select from evidence.sequence s where s.entry_id = e.id)`
      assert.deepEqual(await entries(after.base, placed), inBackup)
      assert.ok((await entries(after.base)).length > inBackup.length)
      const { plansPaused, plansCancelled, targetsRemoved, grantsEnded, denials } = after.replayed
      assert.deepEqual([plansPaused, plansCancelled, targetsRemoved, grantsEnded, denials], [2, 2, 1, 1, 1])
      const then = layerInTest(after.base, target.adapter)
      const stateOf = async (id: string): Promise<string> => (await getPlan(then, id)).data.state
      const states = (): Promise<string[]> => Promise.all([held, revoke, other, asked].map(({ id }) => stateOf(id)))
      assert.deepEqual(await states(), ['paused', 'cancelled', 'paused', 'cancelled'])
      assert.ok((await entriesOf(after.base, other.id)).includes('plan.paused'))
      assert.equal((await getTarget(then, gone)).data.state, 'removed')
      assert.equal((await getRestraint(then)).observeOnly, true)
      const denied = await after.base.database.layer('access').transaction((tx) =>
        tx.query(sql`select g.id from access.access_grant g join access.denial d on d.subject_id = ${principalId}
          where g.id = ${grant.id} and g.state = 'ended' and d.lifted_at is null`),
      )
      assert.equal(denied.length, 1)
      // even once a person lifts it, each plan waits for a person
      await setRestraint(then, actBy(), { observeOnly: false })
      const calls = target.calls.length
      await passOver(after.base, then)
      assert.deepEqual(await states(), ['paused', 'cancelled', 'paused', 'cancelled'])
      assert.equal(target.calls.length, calls)
      // what was being put back is not said to be done
      await assert.rejects(runPlan(then, actBy(), { id: held.id }), (error) => error instanceof Fault)
      await undoPlan(then, actBy(), { id: held.id })
      await passOver(after.base, then)
      assert.equal(await stateOf(held.id), 'undone')
    })

    await t.test('without any', async () => {
      const after = await restored(old)
      t.after(() => after.base.close())
      const { plansPaused, plansCancelled, grantsEnded } = after.replayed
      assert.deepEqual([plansPaused, plansCancelled, grantsEnded], [3, 1, 0])
      assert.equal((await getRestraint(layerInTest(after.base, target.adapter))).observeOnly, true)
    })
  },
)
