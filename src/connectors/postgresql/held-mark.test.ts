import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { StepCall, StepVerdict } from '#connectors/target'
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
    const reasonOf = (verdict: StepVerdict | undefined): string =>
      verdict?.effect === 'unproven' ? verdict.reason : `it is ${verdict?.effect}`
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

    test('where the mark is gone and the role is closed, undoing opens nothing', async () => {
      const call = await held('pln_first')
      await server.sql('alter role app reset all')
      const undone = await denyNewLogins.undo?.(call)
      assert.equal(undone?.effect, 'unproven')
      assert.match(undone.reason, /mark of this plan at app is gone/)
      assert.match(undone.next, /ALTER ROLE "app" LOGIN CONNECTION LIMIT 5/)
      assert.deepEqual(await limits(), [{ login: false, limit: 0 }])
    })

    test('a plan that found it held undoes nothing, says whose hold it is, and is asked before that one is taken back', async () => {
      const first = await held('pln_first')
      const second = await held('pln_second')
      const early = await denyNewLogins.undo?.(first)
      assert.equal(early?.effect, 'unproven')
      assert.match(early.reason, /held by plan pln_second as well/)
      const nothing = await denyNewLogins.undo?.(second)
      assert.equal(nothing?.effect, 'unproven')
      assert.match(nothing.reason, /held by plan pln_first already when this plan began: nothing was taken/)
      assert.deepEqual(await limits(), [{ login: false, limit: 0 }])
      assert.equal((await denyNewLogins.undo?.(first))?.effect, 'verified')
      assert.deepEqual(await limits(), [{ login: true, limit: 5 }])
    })

    test('a role that somebody closed before is not opened by a plan that found it so', async () => {
      await server.sql('alter role app nologin connection limit 0')
      const undone = await denyNewLogins.undo?.(await held('pln_first'))
      assert.equal(undone?.effect, 'unproven')
      assert.match(undone.reason, /might not log in already when this plan began, and not by a plan/)
      assert.deepEqual(await limits(), [{ login: false, limit: 0 }])
    })

    test('what was held anew since a restore looked is neither given back nor forgotten', async () => {
      await held('pln_first')
      const restore = { ...callOf('pln_restore'), before: (await allowLogins.look(callOf('pln_restore'))).before }
      await server.sql('alter role app login')
      await held('pln_second')
      await allowLogins.act(restore)
      assert.deepEqual(await limits(), [{ login: false, limit: 0 }])
      const verdict = await allowLogins.verify(restore)
      assert.equal(verdict.effect, 'unproven')
      assert.match(verdict.reason, /held anew by plan pln_second/)
    })

    test('a restore is not taken back from a role that was renamed, made anew, or changed since', async () => {
      await held('pln_first')
      const restore = { ...callOf('pln_restore'), before: (await allowLogins.look(callOf('pln_restore'))).before }
      await allowLogins.act(restore)
      await server.sql('alter role app connection limit 2')
      assert.match(
        reasonOf(await allowLogins.undo?.(restore)),
        /changed since by somebody else \(LOGIN CONNECTION LIMIT 2\)/,
      )
      await server.sql('alter role app rename to renamed')
      assert.match(reasonOf(await allowLogins.undo?.(restore)), /renamed to `renamed`/)
      await server.sql('drop role renamed; create role app login connection limit 9')
      await server.administered(['app'])
      assert.match(reasonOf(await allowLogins.undo?.(restore)), /another one than at first/)
      assert.match(reasonOf(await allowLogins.verify(restore)), /another one than at first/)
      assert.deepEqual(await limits(), [{ login: true, limit: 9 }])
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
      assert.equal(touches[0], 'app may sign in again, with a connection limit of 5')
      assert.match(touches[1] ?? '', /also with one that leaked, unless it was changed since/)
    })

    test('a role that is renamed, or made anew, under a plan is never verified, and undoing touches no stranger', async () => {
      const call = await held('pln_first')
      await server.sql('alter role app rename to renamed')
      assert.match(reasonOf(await denyNewLogins.verify(call)), /app was renamed to `renamed`/)
      await server.sql('create role app login connection limit 9')
      await server.administered(['app'])
      await denyNewLogins.act(call)
      assert.match(reasonOf(await denyNewLogins.verify(call)), /app was renamed to `renamed`/)
      assert.match(reasonOf(await denyNewLogins.undo?.(call)), /app was renamed to `renamed`/)
      await server.sql('drop role renamed')
      assert.match(reasonOf(await denyNewLogins.verify(call)), /another one than at first/)
      assert.deepEqual(await limits(), [{ login: true, limit: 9 }])
    })

    test('a password that was not that of the account before proves nothing after', async () => {
      const { verdicts } = await carriedOut('contain', server.call(), 'app', offered('of somebody else'))
      const after_ = verdicts['try_credential_after']
      assert.equal(after_?.effect, 'unproven')
      assert.match(after_.reason, /never seen to be its password, so that it is refused proves nothing.*28P01/)
    })
  })
}
