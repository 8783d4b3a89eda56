import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { StepCall, TargetStep } from '#connectors/target'
import { postgresqlTarget } from './index.ts'
import { MAJORS, offered, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { carriedOut, factsIn } from './steps-in-test.ts'

const SECRET = 'leaked-7c1e94'

for (const major of MAJORS) {
  describe(`holding a role of PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 120_000 }, () => {
    let server: TestPostgres
    before(async () => {
      server = await startPostgres(major)
      await server.sql(`create role app login connection limit 7 password '${SECRET}'`)
      await server.administered(['app'])
    })
    after(async () => await server?.stop())

    test('a name of which the server would cut something off is that of no role', async () => {
      const role = 'r'.repeat(63)
      await server.sql(`create role ${role} login password '${SECRET}'`)
      const session = await server.session(role, SECRET)
      const { looked } = await carriedOut('contain', server.call(), `${role}zz`, offered(SECRET))
      assert.match(looked['deny_new_logins']?.blocked?.reason ?? '', /there is no role/)
      assert.match(looked['deny_new_logins']?.blocked?.next ?? '', /63 bytes/)
      assert.equal((await postgresqlTarget.find(server.call(), { account: `${role}zz` })).exists, false)
      await session.query('select 1')
      await session.end()
      await server.sql(`drop role ${role}`)
    })

    test('it is refused, its sessions are dead, and each step says what the server answered', async () => {
      const session = await server.session('app', SECRET, 'postgres', 'billing')
      const { verdicts, looked } = await carriedOut('contain', server.call(), 'app', offered(SECRET))
      assert.deepEqual(
        Object.entries(verdicts).map(([name, { effect }]) => [name, effect]),
        ['try_credential_before', 'deny_new_logins', 'end_sessions', 'look_for_other_ways', 'try_credential_after'].map(
          (name) => [name, 'verified'],
        ),
        JSON.stringify(verdicts, null, 2),
      )
      assert.deepEqual(looked['end_sessions']?.touches, ['1 session of billing from 127.0.0.1 on postgres'])
      const { oid = '', ...had } = (looked['deny_new_logins']?.before ?? {}) as { oid?: string }
      assert.deepEqual(had, { login: true, connectionLimit: 7 })
      assert.match(oid, /^\d+$/)
      assert.match(
        looked['deny_new_logins']?.statements.join('\n') ?? '',
        /ALTER ROLE "app" NOLOGIN CONNECTION LIMIT 0/,
      )
      const probed = factsIn(verdicts['try_credential_after'])
      assert.equal(probed['acceptedBefore'], true)
      assert.deepEqual(
        (probed['places'] as { sqlstate: string }[]).map(({ sqlstate }) => sqlstate),
        ['28000'],
      )
      await assert.rejects(session.query('select 1'))
      await assert.rejects(server.session('app', SECRET), { code: '28000' })
      assert.ok(!JSON.stringify({ verdicts, looked }).includes(SECRET))
    })

    test('what holding took is given back by a plan that knows nothing of the other', async () => {
      const { verdicts } = await carriedOut('restore', server.call(), 'app', offered(SECRET))
      assert.deepEqual(
        Object.values(verdicts).map(({ effect }) => effect),
        ['verified', 'verified'],
      )
      const [role] = await server.sql("select rolconnlimit, rolconfig from pg_roles where rolname = 'app'")
      assert.deepEqual(role, { rolconnlimit: 7, rolconfig: null })
      await (await server.session('app', SECRET)).end()
    })

    test('each step can be done twice, and undone twice', async () => {
      const step = postgresqlTarget.operations.contain.find(
        ({ name }) => name === 'deny_new_logins',
      ) as Required<TargetStep>
      const base = { ...server.call(), planId: 'pln_twice', subject: { account: 'app' }, earlier: {} }
      const { before: was } = await step.look(base)
      const call: StepCall = { ...base, before: was }
      for (const work of [step.act, step.act, step.undo, step.undo]) await work(call)
      const [role] = await server.sql("select rolcanlogin, rolconnlimit from pg_roles where rolname = 'app'")
      assert.deepEqual(role, { rolcanlogin: true, rolconnlimit: 7 })
    })
  })
}
