// A login that a grant had and that the restored database knows nothing of: gone once a server starts with its target known.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from '#db'
import { postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { planWorld, until } from './plan-world.ts'
import type { PlanWorld } from './plan-world.ts'

const ROLE = 'reeve_grt_7zzzzzzzzzzzzzzzzzzzzzzzzz'
const PASSWORD = 'of-a-window-long-ago'

describe('a login that nobody remembers', { skip: postgresMissing(18), timeout: 180_000 }, () => {
  let world: PlanWorld
  before(async () => {
    world = await planWorld()
  })
  after(async () => await world?.close())

  test('whose time is over by its own word is ended at the start of a server, with its session; not while acts are stopped', async () => {
    const { postgres, held, start, ida } = world
    await postgres.sql(
      `create role ${ROLE} login password '${PASSWORD}';
       comment on role ${ROLE} is 'Reeve: grant grt_7zzzzzzzzzzzzzzzzzzzzzzzzz, request req_1, until 2026-01-01T00:00:00.000Z, step 3'`,
    )
    await world.administers(ROLE)
    const session = await postgres.session(ROLE, PASSWORD)
    const restrained = async (observeOnly: boolean): Promise<void> => {
      const headers = { authorization: `Bearer ${ida}`, 'content-type': 'application/json' }
      const body = JSON.stringify({ observeOnly, because: 'a test' })
      const answer = await fetch(`${held.server.url}/v1/restraint`, { method: 'PUT', headers, body })
      assert.equal(answer.status, 200, await answer.text())
    }
    const isThere = async (): Promise<boolean> =>
      (await postgres.sql(`select from pg_roles where rolname = '${ROLE}'`)).length > 0
    await restrained(true)
    await held.server.stop()
    held.server = await start()
    await session.query('select pg_sleep(2)')
    assert.equal(await isThere(), true)
    await restrained(false)
    await until(async () => !(await isThere()), 'it is gone', 90_000)
    await assert.rejects(session.query('select 1'))
    await assert.rejects(postgres.session(ROLE, PASSWORD), { code: '28P01' })
    const reaped = async (): Promise<{ gone: string[] }[]> =>
      await world.base.database
        .layer('evidence')
        .transaction((tx) =>
          tx.query(sql`select content -> 'gone' as gone from evidence.entry where type = 'target.reaped'`),
        )
    // said after it was done
    await until(async () => (await reaped()).length > 0, 'the log says so')
    assert.deepEqual(await reaped(), [{ gone: [ROLE] }])
  })
})
