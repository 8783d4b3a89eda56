import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Act, Instant } from '#kernel'
import { sql } from '#db'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import type { AccessLayer } from '../observe/records.ts'
import { listDecisionCounts, pruneDecisions } from './count-decisions.ts'
import type { DecisionCountFilter } from './count-decisions.ts'
import { Spool } from './spool.ts'
import type { SpoolLine } from './spool-line.ts'
import { writeDecisions } from './write-decisions.ts'
import type { DecisionBatch } from './write-decisions.ts'

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-spool-'))
  t.after(async () => rm(folder, { recursive: true, force: true }))
  return folder
}

const MARCH = '2026-03-01T12:00:00.000Z' as Instant

const line = (id: number, allowed: boolean, more: object = {}): string =>
  JSON.stringify({
    id: `dec_${id}`,
    at: Date.parse(MARCH),
    principalId: 'prn_00000000000000000000000000',
    action: 'pg:SELECT',
    resource: 'table:orders',
    allowed,
    reason: allowed ? 'granted' : 'quarantined',
    highRisk: false,
    ...more,
  })

describe('what was decided and not sent', () => {
  test('after kill -9 every decision that was answered is in the spool, once', { timeout: 60_000 }, async (t) => {
    const folder = await folderOf(t)
    const spoolFile = new URL('spool.ts', import.meta.url).href
    const script = `
      const { Spool } = await import(${JSON.stringify(spoolFile)})
      const spool = await Spool.open(process.argv[1])
      for (let worker = 0; worker < 8; worker++) void (async () => {
        for (let id = 0; ; id++) {
          await spool.append({ head: worker + ':' + id })
          process.stdout.write(worker + ':' + id + '\\n')
        }
      })()`
    let next = 1
    for (let life = 0; life < 3; life++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let answered = ''
      child.stdout.on('data', (data: Buffer) => (answered += data.toString('utf8')))
      const ended = once(child, 'close')
      while (answered.length < 5000) await new Promise((resolve) => setTimeout(resolve, 10))
      child.kill('SIGKILL')
      await ended
      const spool = await Spool.open(folder)
      const found = await spool.unsent(1_000_000)
      assert.deepEqual(
        found.map(({ seq }) => seq),
        found.map((_, at) => next + at),
      )
      const texts = found.map(({ text }) => text)
      assert.equal(new Set(texts).size, texts.length)
      const whole = answered.slice(0, answered.lastIndexOf('\n')).split('\n')
      assert.deepEqual(whole.filter((text) => !new Set(texts).has(text)).slice(0, 3), [])
      next += found.length
      await spool.taken(next - 1)
      await spool.close()
    }
  })

  test('half a line and a changed one are no decisions, take no other with them, and the changed one is missing', async (t) => {
    const folder = await folderOf(t)
    const first = await Spool.open(folder)
    await first.append({ head: 'one' })
    await first.close()
    const segment = (await readdir(folder)).find((name) => name.endsWith('.log')) ?? ''
    await appendFile(join(folder, segment), '00000000 2 made up\nabcdef01 2 ha')
    const second = await Spool.open(folder)
    assert.equal(second.id, first.id)
    await second.append({ head: 'two' })
    const found = (await second.unsent(10)).map(({ seq, text }) => `${seq} ${text}`)
    assert.deepEqual(found, ['1 one', '3 two'])
    await second.close()
  })
})

describe('taking what decision points send', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let access: AccessLayer
  const act = (id: string): Act => ({ actor: { id }, at: MARCH })
  const sent = (lines: readonly string[], from = 1): SpoolLine[] => lines.map((text, at) => ({ seq: from + at, text }))
  const entries = async (source: string): Promise<unknown[]> =>
    await base.database.layer('evidence').transaction(
      async (tx) =>
        await tx.query(sql`select type, (content ->> 'count')::int as count from evidence.entry
        where content ->> 'source' = ${source} order by type, count`),
    )

  before(async () => {
    base = await testDatabase()
    access = { db: base.database.layer('access'), clock: () => MARCH }
  })
  after(async () => base.close())

  test('each line counts once however often it is sent, and denials have one entry for a batch', async () => {
    const source = `spl_${'a'.repeat(32)}`
    const lines = sent([true, true, false, false, false].map((allowed, at) => line(at, allowed)))
    assert.equal((await writeDecisions(access, act('prn_1'), { source, lines: lines.slice(0, 3) })).taken, 3)
    assert.equal((await writeDecisions(access, act('prn_1'), { source, lines })).taken, 2)
    assert.equal((await writeDecisions(access, act('prn_1'), { source, lines })).taken, 0)
    await assert.rejects(writeDecisions(access, act('prn_2'), { source, lines }), { code: 'forbidden' })
    const counts = await listDecisionCounts(access.db, {}, { limit: 10 })
    assert.deepEqual(Object.fromEntries(counts.map(({ reason, count }) => [reason, count])), {
      granted: 2,
      quarantined: 3,
    })
    assert.deepEqual(await entries(source), [
      { type: 'decision.denied', count: 1 },
      { type: 'decision.denied', count: 2 },
    ])
  })

  test('names that no column holds, and names cut in the middle of a letter, stop no batch', async () => {
    const source = `spl_${'9'.repeat(32)}`
    const odd = [
      { action: 'odd\u0000action' },
      { resource: 'table:\u0000' },
      { point: 'p\u0000' },
      { action: 'odd\ud83d' },
    ]
    const lines = sent([...odd, {}].map((more, at) => line(at, false, more)))
    assert.equal((await writeDecisions(access, act('prn_1'), { source, lines })).taken, 5)
    const counts = await listDecisionCounts(access.db, { action: 'odd\ufffdaction' }, { limit: 10 })
    assert.deepEqual(
      counts.map(({ count }) => count),
      [1],
    )
  })

  test('a would-be denial is counted apart from a denial, by the enforcement point that asked', async () => {
    const source = `spl_${'b'.repeat(32)}`
    const lines = [{}, { enforced: false, point: 'edge' }, { enforced: false, point: 'edge' }, { point: 'edge' }]
    await writeDecisions(access, act('prn_1'), { source, lines: sent(lines.map((more, at) => line(at, false, more))) })
    const count = async (filter: DecisionCountFilter): Promise<number[]> =>
      (await listDecisionCounts(access.db, filter, { limit: 10 })).map((found) => found.count)
    assert.deepEqual(await count({ point: 'edge', enforced: false, allowed: false }), [2])
    assert.deepEqual(await count({ point: 'edge', enforced: true }), [1])
    assert.deepEqual(await count({ point: 'edge', to: MARCH }), [])
    assert.deepEqual(await entries(source), [
      { type: 'decision.denied', count: 2 },
      { type: 'decision.would_deny', count: 2 },
    ])
  })

  test('every decision is told as an observation, in order, and what is missing is told and has an entry', async () => {
    const source = `spl_${'c'.repeat(32)}`
    const told: DecisionBatch[] = []
    let works = false
    const keep = async (batch: DecisionBatch): Promise<void> => {
      await Promise.resolve()
      if (!works) throw new Error('the ledger is away')
      told.push(batch)
    }
    const two = { source, lines: sent([line(1, true), line(2, true)]) }
    await assert.rejects(writeDecisions(access, act('prn_1'), two, keep), /the ledger is away/)
    works = true
    assert.equal((await writeDecisions(access, act('prn_1'), two, keep)).taken, 2)
    assert.equal((await writeDecisions(access, act('prn_1'), two, keep)).taken, 0)
    await writeDecisions(access, act('prn_1'), { source, lines: sent([line(6, false)], 6) }, keep)
    assert.deepEqual(
      told.map(({ first, last, missing, sampling, decisions }) => [
        first,
        last,
        missing,
        sampling,
        decisions.map(({ seq }) => seq),
      ]),
      [
        [1, 2, 0, 1, [1, 2]],
        [3, 6, 3, 1, [6]],
      ],
    )
    assert.deepEqual(await entries(source), [
      { type: 'decision.denied', count: 1 },
      { type: 'decision.missing', count: 3 },
    ])
  })

  test('an act of high risk that was denied after all counts as denied, once, with whichever batch that comes', async () => {
    const high = { highRisk: true, action: 'pg:*', reason: 'break_glass' }
    const denied = { ...high, reason: 'evidence_unavailable', insteadOf: 'break_glass' }
    const write = async (source: string, from: number, ...lines: readonly string[]): Promise<number> =>
      (await writeDecisions(access, act('prn_1'), { source, lines: sent(lines, from) })).taken
    const counted = async (): Promise<Record<string, number>> =>
      Object.fromEntries(
        (await listDecisionCounts(access.db, { action: 'pg:*' }, { limit: 10 })).map((row) => [row.reason, row.count]),
      )
    const [one, two, other] = ['1', '2', '3'].map((digit) => `spl_${digit.repeat(32)}`) as [string, string, string]
    assert.equal(await write(one, 1, line(1, true, high), line(2, true, high), line(1, false, denied)), 3)
    assert.deepEqual(await counted(), { break_glass: 1, evidence_unavailable: 1 })
    assert.deepEqual(await entries(one), [
      { type: 'decision.allowed_high_risk', count: 1 },
      { type: 'decision.denied', count: 1 },
    ])
    await write(two, 1, line(3, true, high))
    await write(two, 2, line(3, false, denied))
    assert.deepEqual(await counted(), { break_glass: 1, evidence_unavailable: 2 })
    // nobody takes back what another one sent, or twice
    await write(other, 1, line(2, false, denied))
    await write(two, 3, line(3, false, denied))
    assert.deepEqual(await counted(), { break_glass: 1, evidence_unavailable: 4 })
  })

  test('what names that PostgreSQL cannot read as JSON were denied before keeps no denial of high risk from being taken', async () => {
    const high = { highRisk: true, action: 'pg:odd', reason: 'break_glass' }
    const source = `spl_${'8'.repeat(32)}`
    const write = async (seq: number, text: string): Promise<number> =>
      (await writeDecisions(access, act('prn_1'), { source, lines: [{ seq, text }] })).taken
    await write(1, line(1, false, { action: 'nul\u0000' }))
    await write(2, line(2, false, { action: 'half\ud83d' }))
    await write(3, line(3, true, high))
    const denied = line(3, false, { ...high, reason: 'evidence_unavailable', insteadOf: 'break_glass' })
    assert.equal(await write(4, denied), 1)
    assert.deepEqual(
      (await listDecisionCounts(access.db, { action: 'pg:odd' }, { limit: 10 })).map((row) => [row.reason, row.count]),
      [['evidence_unavailable', 1]],
    )
  })

  test('counts and batches are pruned by age with an entry, and PostgreSQL keeps thirty days whoever asks', async () => {
    const source = `spl_${'d'.repeat(32)}`
    const now = new Date().toISOString() as Instant
    const young = line(1, false, { at: Date.parse(now), point: 'young' })
    await writeDecisions(access, { actor: { id: 'prn_1' }, at: now }, { source, lines: [{ seq: 1, text: young }] })
    await assert.rejects(pruneDecisions(access.db, act('reeve'), 29), { code: 'forbidden' })
    await assert.rejects(
      access.db.transaction(async (tx) => await tx.execute(sql`select access.prune_decisions(0, 10)`)),
      /thirty days/,
    )
    await assert.rejects(
      access.db.transaction(async (tx) => await tx.execute(sql`delete from access.decision_count`)),
      {
        code: '42501',
      },
    )
    assert.equal(await pruneDecisions(access.db, act('reeve'), 30), 'done')
    const left = await listDecisionCounts(access.db, {}, { limit: 10 })
    assert.deepEqual(
      left.map(({ point }) => point),
      ['young'],
    )
    const [pruned] = await base.database
      .layer('evidence')
      .transaction(
        async (tx) =>
          await tx.query<{ content: { counts: number; batches: number } }>(
            sql`select content from evidence.entry where type = 'decision.pruned'`,
          ),
      )
    assert.ok((pruned?.content.counts ?? 0) >= 4 && (pruned?.content.batches ?? 0) >= 3)
  })
})
