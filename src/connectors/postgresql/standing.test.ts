// A role that is dropped, or gets another name, while a plan is under way: what it has open is still seen, and ended.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { StepCall } from '#connectors/target'
import { dropRole } from './drop-role.ts'
import { endSessions } from './end-sessions.ts'
import { MAJORS_BY_LOT, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { reassignOwned } from './reassign-owned.ts'
import { tryCredentialBefore } from './try-credential.ts'

const SECRET = 'leaked-71fa0c'

for (const major of MAJORS_BY_LOT) {
  describe(`a role that goes away, PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 120_000 }, () => {
    let server: TestPostgres
    before(async () => {
      server = await startPostgres(major)
    })
    after(async () => await server?.stop())
    beforeEach(async () => {
      await server.sql('drop role if exists app; drop role if exists other')
      await server.sql(`create role app login password '${SECRET}'`)
      await server.administered(['app'])
    })
    const begun = async (): Promise<StepCall> => {
      const call = { ...server.call(), planId: 'pln_1', subject: { account: 'app' }, earlier: {}, before: null }
      return { ...call, found: { try_credential_before: (await tryCredentialBefore.look(call)).before } }
    }

    test('a session that outlives its role is seen and ended, though it has no name any more', async () => {
      const session = await server.session('app', SECRET, 'postgres', 'billing')
      const call = await begun()
      await server.sql('drop role app')
      assert.deepEqual(await server.sql("select 1 from pg_stat_activity where usename = 'app'"), [])
      const seen = await endSessions.verify(call)
      assert.equal(seen.effect, 'unproven')
      assert.match(seen.reason, /sessions are left.*client backend \d+/)
      assert.deepEqual((await endSessions.look(call)).touches, ['1 session of billing from 127.0.0.1 on postgres'])
      await endSessions.act(call)
      assert.equal((await endSessions.verify(call)).effect, 'verified')
      await assert.rejects(session.query('select 1'))
    })

    test('what is taken for good is taken from that role, and from nobody who has its name now', async () => {
      const call = { ...(await begun()), earlier: { reassign_owned: { effect: 'verified', answer: '' } as const } }
      await server.sql('alter role app rename to other')
      for (const step of [reassignOwned, dropRole]) {
        await step.act(call)
        const renamed = await step.verify(call)
        assert.equal(renamed.effect, 'unproven')
        assert.match(renamed.reason, /app was renamed to `other`/)
      }
      await server.sql('drop role other; create role app nologin')
      await server.administered(['app'])
      for (const step of [reassignOwned, dropRole]) {
        await step.act(call)
        const anew = await step.verify(call)
        assert.equal(anew.effect, 'unproven')
        assert.match(anew.reason, /another one than at first/)
      }
      assert.equal((await server.sql("select 1 from pg_roles where rolname = 'app'")).length, 1)
      await server.sql('drop role app')
      assert.equal((await dropRole.verify(call)).effect, 'verified')
    })

    test('sessions of a role that was renamed are ended, and those of who has its name now are not', async () => {
      const own = await server.session('app', SECRET)
      const call = await begun()
      await server.sql(`alter role app rename to other; create role app login password '${SECRET}'`)
      const stranger = await server.session('app', SECRET)
      await endSessions.act(call)
      assert.equal((await endSessions.verify(call)).effect, 'verified')
      await assert.rejects(own.query('select 1'))
      assert.equal((await stranger.query('select 1')).rowCount, 1)
      await stranger.end()
    })
  })
}
