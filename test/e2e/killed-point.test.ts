// What a decision point of its own decided is counted at the server, however it ended: `reeve pdp --spool`, and kill -9.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { listDecisionCounts } from '../../src/access/decision-log/count-decisions.ts'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import { environmentOf, estate, until } from './decision-estate-in-test.ts'
import { decidedAt, startPoint } from './point-in-test.ts'
import type { PointProcess } from './point-in-test.ts'
import { startServer } from './server-in-test.ts'

const ASKING = 8
const LIVES = 3

test(
  'a point that is killed again and again loses nothing that it answered, and counts nothing twice',
  { skip: databaseUnavailable(), timeout: 180_000 },
  async (t) => {
    const base = await testDatabase()
    const folder = await mkdtemp(join(tmpdir(), 'reeve-killed-'))
    const server = await startServer({ dataDirectory: join(folder, 'data'), env: environmentOf(base) })
    let point: PointProcess | undefined
    t.after(async () => {
      await point?.kill()
      await server.kill()
      await base.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    })
    const world = await estate(base, join(folder, 'data', 'keys'))
    await world.granted('app')
    const token = join(folder, 'pdp.token')
    await writeFile(token, await world.clientToken('sidecar', ['decide:follow']), { mode: 0o600 })
    const args = ['--server', server.url, '--token-file', token, '--listen', `unix:${join(folder, 'pdp.sock')}`]
    const start = async (): Promise<PointProcess> => await startPoint([...args, '--spool', join(folder, 'spool')])
    const reasonAt = async ({ address }: PointProcess, name: string): Promise<string> =>
      (await decidedAt(address, name, undefined, { context: { reeve: { enforcement_point: 'killed' } } })).reason
    const answers = { granted: 0, unknown_principal: 0 }
    const askUntil = async (asked: PointProcess, names: readonly string[], isOver: () => boolean): Promise<void> => {
      for (let at = 0; !isOver(); at++) {
        const reason = await reasonAt(asked, names[at % names.length] ?? '').catch(() => '')
        if (reason === 'granted' || reason === 'unknown_principal') answers[reason]++
      }
    }

    for (let life = 0; life < LIVES; life++) {
      const living = (point = await start())
      // asked without a name of the point: that is not counted below
      await until(async () => (await decidedAt(living.address, 'app')).reason === 'granted', 20_000)
      const enough = answers.granted + 300
      let killed = false
      const asking = Array.from({ length: ASKING }, async (_, at) =>
        askUntil(living, ['app', `nobody-${at}`], () => killed),
      )
      await until(async () => Promise.resolve(answers.granted > enough), 60_000)
      await living.kill()
      killed = true
      await Promise.all(asking)
    }
    point = await start()
    const counted = async (reason: string): Promise<number> =>
      (await listDecisionCounts(world.access.db, { point: 'killed' }, { limit: 500 }))
        .filter((row) => row.reason === reason)
        .reduce((sum, { count }) => sum + count, 0)
    for (const [reason, answered] of Object.entries(answers)) {
      assert.ok(answered > 300, `${answered} were ${reason}`)
      await until(async () => (await counted(reason)) >= answered, 20_000)
      // what was decided and killed before its answer arrived counts too: at most one for each who asked, in each life
      const count = await counted(reason)
      assert.ok(count <= answered + ASKING * LIVES, `${count} were counted of ${answered} ${reason}`)
    }
  },
)
