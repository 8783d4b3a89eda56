// Grants of twenty seconds at a real PostgreSQL while whoever keeps them is killed twice: none of them outlives its window.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { deriveId, systemClock } from '#kernel'
import type { Instant } from '#kernel'
import { LAYER_NAMES, sql } from '#db'
import { principalId } from '../../src/access/decide/state-in-test.ts'
import { grantInTest } from '../../src/access/grant/grant-in-test.ts'
import { postgresMissing, startPostgres } from '../../src/connectors/postgresql/postgres-in-test.ts'
import type { TestPostgres } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { timedFulfiller } from './timed-fulfiller.ts'

const PROCESS = new URL('grants-process.ts', import.meta.url).pathname
const GRANTS = process.env['REEVE_EXHAUSTIVE'] === undefined ? 60 : 500
const WINDOW_MS = 20_000
/** Two seconds, on a machine that does nothing else; the suite runs beside others. */
const LATE_MS = process.env['REEVE_EXHAUSTIVE'] === undefined ? 6000 : 2000

describe('grants at a PostgreSQL whose keeper is killed', { skip: postgresMissing(18), timeout: 240_000 }, () => {
  let base: TestDatabase
  let target: TestPostgres
  let child: ChildProcess | undefined

  const keeper = async (): Promise<void> => {
    const connections = Object.fromEntries(LAYER_NAMES.map((layer) => [layer, base.connectionFor(layer)]))
    child = spawn(process.execPath, [PROCESS, JSON.stringify(connections), String(target.port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout ?? child, 'data')
  }
  const killed = async (): Promise<void> => {
    if (child === undefined) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    child = undefined
  }
  const timedRoles = async (): Promise<number> => {
    const [row] = await target.sql(
      String.raw`select count(*)::int as n from pg_roles where rolname like 'reeve\_grt\_%'`,
    )
    return Number(row?.['n'])
  }
  const notEnded = async (): Promise<number> =>
    (
      await base.database
        .layer('access')
        .transaction((tx) => tx.query(sql`select id from access.access_grant where state <> 'ended'`))
    ).length

  before(async () => {
    base = await testDatabase()
    target = await startPostgres(18)
    await target.sql('create role reporting')
    await target.administered(['reporting'])
  })
  after(async () => {
    await killed()
    await target?.stop()
    await base?.close()
  })

  test(`${GRANTS} of twenty seconds are gone when their time is over, though the keeper was killed twice`, async (t) => {
    const fulfillers = [timedFulfiller(target.port)]
    const access = { db: base.database.layer('access'), clock: systemClock, fulfillers }
    const act = { actor: { id: deriveId('person', 'ada') }, at: systemClock() }
    const until = new Date(Date.now() + WINDOW_MS).toISOString() as Instant
    const right = { principalId: principalId('app'), actions: ['pg:member'], resources: ['pg://main/role/reporting'] }
    await keeper()
    for (let made = 0; made < GRANTS; made++) await grantInTest(access, act, { ...right, until, kind: 'just_in_time' })
    while ((await timedRoles()) === 0) await sleep(20)
    await killed()
    await keeper()
    await sleep(Math.max(0, Date.parse(until) - Date.now() - 500))
    const held = await timedRoles()
    assert.ok(held > 0, 'some have begun')
    await killed()
    await keeper()
    const from = Math.max(Date.now(), Date.parse(until))
    while ((await timedRoles()) > 0) {
      assert.ok(Date.now() - from < 60_000, 'roles are left behind')
      await sleep(20)
    }
    const late = Date.now() - from
    t.diagnostic(`${held} of ${GRANTS} had begun; the last role was gone ${late} ms after its time or the recovery`)
    while ((await notEnded()) > 0) {
      assert.ok(Date.now() - from < 120_000, 'not all are seen to be over')
      await sleep(100)
    }
    t.diagnostic(`all were seen refused ${Date.now() - from} ms after`)
    assert.equal(await timedRoles(), 0, 'none has come back')
    assert.ok(late <= LATE_MS, `${late} ms late`)
  })
})
