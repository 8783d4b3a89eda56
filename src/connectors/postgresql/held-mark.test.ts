import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { StepCall } from '#connectors/target'
import { denyNewLogins } from './deny-new-logins.ts'
import { MAJORS, offered, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { allowLogins } from './restore.ts'
import { carriedOut } from './steps-in-test.ts'

const SECRET = 'leaked-9d21c7'

for (const major of MAJORS) {
  describe(`whose hold it is, PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 120_000 }, () => {
    let server: TestPostgres
    before(async () => {
      server = await startPostgres(major)
    })
    after(async () => await server?.stop())
    beforeEach(async () => {
      await server.sql('drop role if exists app; drop role if exists renamed; drop role if exists grp')
      await server.sql(`create role app login connection limit 5 password '${SECRET}'; create role grp nologin`)
      await server.administered(['app', 'grp'])
    })

    const callOf = (planId: string, account = 'app'): Omit<StepCall, 'before'> => ({
      ...server.call(),
      planId,
      subject: { account },
      earlier: {},
    })
    const held = async (planId: string): Promise<StepCall> => {
      const call = { ...callOf(planId), before: (await denyNewLogins.look(callOf(planId))).before }
      await denyNewLogins.act(call)
      return call
    }
    const limits = async (): Promise<unknown> =>
      await server.sql(`select rolcanlogin as login, rolconnlimit as "limit" from pg_roles where rolname = 'app'`)

    test('what another plan holds is not given back by undoing this one', async () => {
      const first = await held('pln_first')
      await server.sql('alter role app login connection limit 5')
      await held('pln_second')
      const undone = await denyNewLogins.undo?.(first)
      assert.equal(undone?.effect, 'unproven')
      assert.match(undone.reason, /held by plan pln_second as well/)
      assert.deepEqual(await limits(), [{ login: false, limit: 0 }])
    })

    test('what somebody else changed since is left as it is', async () => {
      const call = await held('pln_first')
      await server.sql('alter role app nologin connection limit 3')
      assert.equal((await denyNewLogins.undo?.(call))?.effect, 'unproven')
      assert.deepEqual(await limits(), [{ login: false, limit: 3 }])
    })

    test('undone by its own plan it has what it had', async () => {
      assert.equal((await denyNewLogins.undo?.(await held('pln_first')))?.effect, 'verified')
      assert.deepEqual(await limits(), [{ login: true, limit: 5 }])
    })

    test('a role that Reeve never held gets no login by restoring it', async () => {
      const looked = await allowLogins.look(callOf('pln_restore', 'grp'))
      assert.match(looked.blocked?.reason ?? '', /nothing at the target says that Reeve held grp/)
      assert.deepEqual(looked.statements, [])
    })

    test('a restore that is taken back forgets nothing of what the role had', async () => {
      await held('pln_first')
      const restore = { ...callOf('pln_restore'), before: (await allowLogins.look(callOf('pln_restore'))).before }
      await allowLogins.act(restore)
      assert.deepEqual(await limits(), [{ login: true, limit: 5 }])
      assert.equal((await allowLogins.undo?.(restore))?.effect, 'verified')
      assert.deepEqual(await limits(), [{ login: false, limit: 0 }])
      const { touches } = await allowLogins.look(callOf('pln_again'))
      assert.deepEqual(touches, ['app may sign in again, with a connection limit of 5'])
    })

    test('a role that is renamed, or made anew, under a plan is never verified, and undoing touches no stranger', async () => {
      const call = await held('pln_first')
      await server.sql('alter role app rename to renamed')
      const renamed = await denyNewLogins.verify(call)
      assert.equal(renamed.effect, 'unproven')
      await server.sql('create role app login connection limit 9')
      await server.administered(['app'])
      assert.equal((await denyNewLogins.verify(call)).effect, 'unproven')
      assert.equal((await denyNewLogins.undo?.(call))?.effect, 'unproven')
      assert.deepEqual(await limits(), [{ login: true, limit: 9 }])
    })

    test('a password that was not that of the account before proves nothing after', async () => {
      const { verdicts } = await carriedOut('contain', server.call(), 'app', offered('of somebody else'))
      const after_ = verdicts['try_credential_after']
      assert.equal(after_?.effect, 'unproven')
      assert.match(after_.reason, /not its password before/)
    })
  })
}
