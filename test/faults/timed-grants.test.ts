// Grants of twenty seconds at a real PostgreSQL while whoever keeps them is killed twice: none of them outlives its window.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism, loadavg } from 'node:os'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { deriveId, systemClock } from '#kernel'
import type { Instant } from '#kernel'
import type { Client } from 'pg'
import { LAYER_NAMES, sql } from '#db'
import { principalId } from '../../src/access/decide/state-in-test.ts'
import { grantInTest } from '../../src/access/grant/grant-in-test.ts'
import { postgresMissing, startPostgres } from '../../src/connectors/postgresql/postgres-in-test.ts'
import type { TestPostgres } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { timedFulfiller } from './timed-fulfiller.ts'

const PROCESS = new URL('grants-process.ts', import.meta.url).pathname
const EXHAUSTIVE = process.env['REEVE_EXHAUSTIVE'] !== undefined
const GRANTS = EXHAUSTIVE ? 500 : 60
const WINDOW_MS = EXHAUSTIVE ? 20_000 : 12_000
const AT_ONCE = 5
const SIGNED_IN = 4
/** Two seconds, on a machine that does nothing else; so much more where others wait for its cores, too. */
const lateMs = (): number => 2000 * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 90_000; !(await holds()); await sleep(30)) assert.ok(Date.now() < end, what)
}

async function madeOneByOne(count: number, one: () => Promise<unknown>): Promise<void> {
  for (let made = 0; made < count; made++) await one()
}

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
  /** The roles that are there, each with the end of its window in milliseconds. */
  const timedRoles = async (): Promise<number[]> => {
    const rows = await target.sql(
      String.raw`select shobj_description(oid, 'pg_authid') as comment from pg_roles where rolname like 'reeve\_grt\_%'`,
    )
    return rows.map(({ comment }) => Date.parse(/until (\S+),/.exec(String(comment))?.[1] ?? ''))
  }
  /** Sessions of some that are there, which would go on for as long as nobody ends them. */
  const signedIn = async (): Promise<Client[]> => {
    const found = await target.sql(
      String.raw`select rolname as name from pg_roles where rolname like 'reeve\_grt\_%' order by oid limit ${SIGNED_IN}`,
    )
    const names = found.map(({ name }) => String(name))
    await target.sql(names.map((name) => `alter role ${name} password 'inside' valid until 'infinity'`).join(';'))
    return await Promise.all(names.map(async (name) => await target.session(name, 'inside')))
  }
  const notEnded = async (): Promise<number> =>
    (
      await base.database
        .layer('access')
        .transaction((tx) => tx.query(sql`select id from access.access_grant where state <> 'ended'`))
    ).length

  const begun = async (): Promise<number> => {
    const [row] = await base.database
      .layer('evidence')
      .transaction((tx) =>
        tx.query<{ n: number }>(sql`select count(*) as n from evidence.entry where type = 'grant.activated'`),
      )
    return row?.n ?? 0
  }

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

  test(`${GRANTS} of ${WINDOW_MS / 1000} seconds are gone when their time is over, though the keeper was killed twice`, async (t) => {
    const fulfillers = [timedFulfiller(target.port)]
    const access = { db: base.database.layer('access'), clock: systemClock, fulfillers }
    const act = { actor: { id: deriveId('person', 'ada') }, at: systemClock() }
    const right = { principalId: principalId('app'), actions: ['pg:member'], resources: ['pg://main/role/reporting'] }
    const one = async (): Promise<unknown> => {
      const end = new Date(Date.now() + WINDOW_MS).toISOString() as Instant
      return await grantInTest(access, act, { ...right, until: end, kind: 'just_in_time' })
    }
    await keeper()
    const making = Promise.all(Array.from({ length: AT_ONCE }, async () => await madeOneByOne(GRANTS / AT_ONCE, one)))
    await until(async () => (await timedRoles()).length >= GRANTS / 10, 'some have begun')
    const inside = await signedIn()
    await killed()
    await keeper()
    await making
    // in the middle of their ends
    await until(async () => Math.min(...(await timedRoles())) < Date.now(), 'the first is over')
    await killed()
    await keeper()
    const recovered = Date.now()
    let late = 0
    await until(async () => {
      const there = await timedRoles()
      for (const end of there) late = Math.max(late, Date.now() - Math.max(end, recovered))
      return there.length === 0
    }, 'every role is gone')
    t.diagnostic(`the last role was gone ${late} ms after its time or the recovery`)
    await until(async () => (await notEnded()) === 0, 'all are seen to be over')
    t.diagnostic(`all were seen refused ${Date.now() - recovered} ms after the recovery`)
    assert.deepEqual(await timedRoles(), [], 'none has come back')
    for (const session of inside) await assert.rejects(session.query('select 1'), 'its session was ended')
    // a session outlives its role, without a name
    const open = await target.sql('select pid from pg_stat_activity where usesysid is not null and usename is null')
    assert.deepEqual(open, [])
    t.diagnostic(`${await begun()} of ${GRANTS} had begun`)
    // how long a keeper takes to start on a machine that does other things is no matter of grants
    assert.ok((await begun()) > (EXHAUSTIVE ? GRANTS * 0.98 : 0), 'some did not begin in their time')
    assert.ok(late <= lateMs(), `${late} ms late, at a load of ${loadavg()[0]}`)
  })
})
