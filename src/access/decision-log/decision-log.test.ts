import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Act, Instant } from '#kernel'
import { sql } from '#db'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import { Spool } from './spool.ts'
import { writeDecisions } from './write-decisions.ts'

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-spool-'))
  t.after(async () => rm(folder, { recursive: true, force: true }))
  return folder
}

const line = (id: number, allowed: boolean): string =>
  JSON.stringify({
    id: `dec_${id}`,
    at: Date.parse('2026-03-01T12:00:00.000Z'),
    principalId: 'prn_00000000000000000000000000',
    action: 'pg:SELECT',
    resource: 'table:orders',
    allowed,
    reason: allowed ? 'granted' : 'quarantined',
    highRisk: false,
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
          await spool.append(worker + ':' + id)
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

  test('half a line and a changed one are no decisions, and take no other with them', async (t) => {
    const folder = await folderOf(t)
    const first = await Spool.open(folder)
    await first.append('one')
    await first.close()
    const segment = (await readdir(folder)).find((name) => name.endsWith('.log')) ?? ''
    await appendFile(join(folder, segment), '00000000 2 made up\nabcdef01 2 ha')
    const second = await Spool.open(folder)
    assert.equal(second.id, first.id)
    await second.append('two')
    assert.deepEqual(await second.unsent(10), [
      { seq: 1, text: 'one' },
      { seq: 2, text: 'two' },
    ])
    await second.close()
  })
})

describe('taking what decision points send', { skip: databaseUnavailable() }, () => {
  test('each line counts once however often it is sent, and denials have one entry for a batch', async (t) => {
    const base = await testDatabase()
    t.after(async () => base.close())
    const db = base.database.layer('access')
    const access = { db, clock: () => '2026-03-01T12:00:00.000Z' as Instant }
    const act = (id: string): Act => ({ actor: { id }, at: '2026-03-01T12:00:00.000Z' as Instant })
    const source = `spl_${'a'.repeat(32)}`
    const lines = [true, true, false, false, false].map((allowed, at) => ({ seq: at + 1, text: line(at, allowed) }))
    assert.equal(await writeDecisions(access, act('prn_1'), { source, lines: lines.slice(0, 3) }), 3)
    assert.equal(await writeDecisions(access, act('prn_1'), { source, lines }), 2)
    assert.equal(await writeDecisions(access, act('prn_1'), { source, lines }), 0)
    await assert.rejects(writeDecisions(access, act('prn_2'), { source, lines }), { code: 'forbidden' })
    const counts = await db.transaction(
      async (tx) =>
        await tx.query<{ reason: string; count: number }>(
          sql`select reason, count::int from access.decision_count order by reason`,
        ),
    )
    assert.deepEqual(
      counts.map(({ reason, count }) => [reason, count]),
      [
        ['granted', 2],
        ['quarantined', 3],
      ],
    )
    const entries = await base.database
      .layer('evidence')
      .transaction(
        async (tx) =>
          await tx.query<{ count: number }>(
            sql`select (content ->> 'count')::int as count from evidence.entry where type = 'decision.denied' order by 1`,
          ),
      )
    assert.deepEqual(
      entries.map(({ count }) => count),
      [1, 2],
    )
  })
})
