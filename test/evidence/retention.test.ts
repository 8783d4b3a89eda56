// Content that is gone: an act of pruning accounts for it by its age, an act of erasing by its name, and neither by its word alone.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { verifyLog, verifyRows, verifyState } from '#evidence'
import { appendEntries } from '#evidence/port'
import { newId } from '#kernel'
import type { Id } from '#kernel'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { rowSources, stateSources } from '../../src/start/told-tables.ts'
import { personOf } from '../../src/identity/principal/roll-in-test.ts'
import { LEAST_DAYS, NEVER_ERASED } from '../../src/evidence/verify/offline/least-days.ts'
import { verifyBundle } from '../../src/evidence/verify/offline/verify-bundle.ts'
import { evidenceEstate, keyText, logKey } from './estate.ts'
import type { Estate } from './estate.ts'
import { cosignEverything, witnessKeys } from './honest-witness.ts'

const DAY_MS = 86_400_000
const LEAST_MS = (LEAST_DAYS['*'] ?? 0) * DAY_MS

describe('content that is gone', { skip: databaseUnavailable() }, () => {
  let estate: Estate
  let superuser: Client
  let bundles = 0
  before(async () => {
    estate = await evidenceEstate()
    superuser = new Client(estate.db.superuser)
    await superuser.connect()
  })
  after(async () => {
    await superuser.end()
    await estate.close()
  })

  const nowMs = (): number => Date.parse(estate.roll.now())

  /** As whoever has the key of the log and the rights of its role. Answers their ids. */
  async function append(
    type: string,
    entries: readonly { readonly atMs?: number; readonly reason?: string; readonly content?: object }[],
  ): Promise<Id<'entry'>[]> {
    const layer = type.startsWith('content.') ? 'evidence' : 'identity'
    const written = entries.map(({ atMs = nowMs(), ...words }) => ({
      ...words,
      id: newId('entry'),
      layer,
      type,
      at: new Date(atMs).toISOString(),
      actor: 'reeve',
      subjects: [],
    }))
    await estate.db.database.layer(layer).transaction(async (tx) => await appendEntries(tx, written as never))
    await estate.integrate()
    return written.map(({ id }) => id)
  }

  const prune = async (type: string, count: number, atMs: number, beforeMs: number): Promise<unknown> =>
    await append('content.pruned', [{ atMs, content: { type, count, before: new Date(beforeMs).toISOString() } }])

  /** Past every trigger and right, as a superuser can. */
  const takeAway = async (ids: readonly string[]): Promise<unknown> =>
    await superuser.query('update evidence.entry set reason = null, content = null, salt = null where id = any ($1)', [
      ids,
    ])

  /** What live and offline verification say of contents. */
  async function said(witnesses: readonly string[] = [], atMs = nowMs()): Promise<[live: string, offline: string]> {
    const evidence = estate.db.database.layer('evidence')
    const keys = [keyText(logKey())]
    const options = { evidence, tileFolder: estate.tiles.folder, keys, witnessKeys: witnesses, nowMs: () => atMs }
    const live = await verifyLog(options)
    const { out } = await estate.bundle(`retention-${(bundles += 1)}`, { witnesses: [...witnesses] })
    const offline = await verifyBundle(out, { logKey: keyText(logKey()), witnessKeys: witnesses, nowMs: () => atMs })
    const [one, other] = [live, offline].map((all) =>
      all.flatMap(({ check, outcome, detail }) => (check === 'content' ? `${outcome}: ${detail}` : [])).join('\n'),
    )
    return [one ?? '', other ?? '']
  }

  async function refusedBoth(found: RegExp, witnesses: readonly string[] = [], atMs?: number): Promise<void> {
    for (const words of await said(witnesses, atMs)) assert.match(words, found)
  }

  test('is not excused by a pruning that is dated in the future', async () => {
    const [future, type] = [nowMs() + 5 * 365 * DAY_MS, 'principal.activated']
    const ids = await append(type, [{ reason: 'one' }, { reason: 'two' }])
    await prune(type, ids.length, future, future - LEAST_MS)
    await takeAway(ids)
    await refusedBoth(/failed: .*principal\.activated.* (?:before its least time was over|its least time was not over)/)
    await cosignEverything(estate)
    await refusedBoth(/failed: .*principal\.activated.* least time/, witnessKeys, future + DAY_MS)
  })

  test('is not excused by a pruning of a shorter period than the release has for its type', async () => {
    const type = 'principal.purpose_set'
    const ids = await append(type, [{ reason: 'one' }])
    await prune(type, ids.length, nowMs() + 1000, nowMs() + 500)
    await takeAway(ids)
    await refusedBoth(/principal\.purpose_set.* (?:before its least time was over|its least time was not over)/)
  })

  test('is not excused by a pruning that stands in front of it', async () => {
    const [type, past] = ['principal.tier_set', nowMs() - 5 * 365 * DAY_MS]
    await prune(type, 1, nowMs(), nowMs() - LEAST_MS)
    await takeAway(await append(type, [{ reason: 'one', atMs: past }]))
    await refusedBoth(/principal\.tier_set.* (?:and no entry behind it says|and no act in the log took it away)/)
  })

  test('is not excused by an erasing that stands in front of it', async () => {
    const id = newId('entry')
    await append('content.erased', [{ content: { person: 'psn_x', entries: [id], versions: [], rows: [] } }])
    await estate.db.database.layer('identity').transaction(async (tx) => {
      const words = { type: 'principal.corrected', reason: 'one', actor: 'reeve', subjects: [] }
      await appendEntries(tx, [{ ...words, id, layer: 'identity', at: estate.roll.now() }])
    })
    await estate.integrate()
    await takeAway([id])
    await refusedBoth(/principal\.corrected.* (?:and no entry behind it says|and no act in the log took it away)/)
  })

  test('of a version is excused by an erasing behind it, of a person, and where the version shows it', async () => {
    const [service, human, early] = [estate.first, personOf('ada'), personOf('ben')]
    const state = async (): Promise<string> =>
      (await verifyState(estate.db.database.layer('evidence'), stateSources(estate.db.database)))
        .flatMap(({ outcome, detail }) => (outcome === 'failed' ? [detail] : []))
        .join('\n')
    const erase = async (...versions: string[]): Promise<unknown> =>
      await append('content.erased', [{ content: { person: human, entries: [], versions, rows: [] } }])
    const change = async (id: string, version: number, to: object): Promise<void> => {
      await superuser.query('begin; set local session_replication_role = replica')
      for (const table of ['version', id.startsWith('psn_') ? 'person' : 'principal'])
        await superuser.query(
          `update identity.${table} set data = data || $1 ${table === 'version' ? ', salt = null' : ''}
           where ${table === 'version' ? 'record_id' : 'id'} = $2 and version = $3`,
          [to, id, version],
        )
      await superuser.query('commit')
    }
    assert.equal(await state(), '')
    await erase(`${early} 2`)
    await estate.roll.setStatus('ben', 'leaver')
    await estate.integrate()
    await change(early, 2, { erased: 'true', status: 'active' })
    assert.match(await state(), new RegExp(`^${early} version 2 was changed`), 'the erasing stands in front of it')
    await erase(`${early} 2`)
    assert.equal(await state(), '')
    await erase(`${human} 1`)
    await change(human, 1, { name: 'another' })
    assert.match(await state(), new RegExp(`^${human} version 1 was changed`), 'it does not show it')
    await change(human, 1, { erased: 'true' })
    assert.equal(await state(), '')
    await erase(`${service} 1`)
    await change(service, 1, { erased: 'true', name: 'another' })
    assert.match(await state(), new RegExp(`^${service} version 1 was changed`), 'it is no person')
  })

  test('of a row is excused by an erasing where it is an identifier, and of no token', async () => {
    const [change] = (
      await superuser.query<{ ordinal: string; id: string }>(
        `select c.ordinal::text as ordinal, t.id from evidence.row_change c
         join access.token t on c.key = jsonb_build_array(t.id)::text where c.table_name = 'access.token' limit 1`,
      )
    ).rows
    const rows = [change?.ordinal ?? '']
    await append('content.erased', [{ content: { person: 'psn_x', entries: [], versions: [], rows } }])
    await superuser.query('begin; set local session_replication_role = replica')
    await superuser.query('update evidence.row_change set key = null, salt = null where ordinal = $1', rows)
    await superuser.query('delete from access.token where id = $1', [change?.id])
    await superuser.query('commit')
    const findings = await verifyRows(estate.db.database.layer('evidence'), rowSources(estate.db.database))
    const failed = findings.flatMap(({ outcome, detail }) => (outcome === 'failed' ? [detail] : []))
    assert.deepEqual(failed, ['1 changes of access.token have lost their key, and no entry says that it was erased'])
  })

  test('is accounted for when its time was over, and what was erased is said apart', async () => {
    const fresh = await evidenceEstate()
    await superuser.end()
    await estate.close()
    estate = fresh
    superuser = new Client(estate.db.superuser)
    await superuser.connect()
    const type = 'principal.activated'
    const [one = '', two = '', three = ''] = await append(type, [{ reason: 'a' }, { reason: 'b' }, { reason: 'c' }])
    await append('content.erased', [{ content: { person: 'psn_x', entries: [three], versions: [], rows: [] } }])
    await takeAway([three])
    estate.roll.pass(4 * 365)
    await prune(type, 2, nowMs(), nowMs() - LEAST_MS)
    await takeAway([one, two])
    await cosignEverything(estate)
    await refusedBoth(/^passed: of 2 entries the content was pruned, of 1 erased, each by an act/, witnessKeys)
    // and no more than what the act says that it took
    await takeAway(await append(type, [{ reason: 'd', atMs: nowMs() - LEAST_MS - DAY_MS }]))
    await prune(type, 0, nowMs(), nowMs() - LEAST_MS)
    await refusedBoth(
      /failed: .*principal\.activated.* and 2 were pruned in their time|of 3 entries, and 2 were pruned/,
    )
  })

  test('is held against the least times that the migrations put in', async () => {
    const { rows } = await superuser.query<{ type: string; days: number | null }>(
      'select type, days_min as days from evidence.retention',
    )
    assert.deepEqual(Object.fromEntries(rows.map(({ type, days }) => [type, days])), LEAST_DAYS)
    const [found] = (
      await superuser.query<{ text: string }>(`select pg_get_functiondef('evidence.erase'::regproc) as text`)
    ).rows
    const kept = /e\.type not in \(([^)]*)\)/.exec(found?.text ?? '')?.[1]?.match(/[a-z_]+\.[a-z_]+/g)
    assert.deepEqual(new Set(kept), NEVER_ERASED)
  })
})
