import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { Instant } from '#kernel'
import type { StepCall } from '#connectors/target'
import { observeUse } from './observe-use.ts'
import { MAJORS_BY_LOT, offered, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { carriedOut, factsIn } from './steps-in-test.ts'

const SECRET = 'leaked-ae10f4'

for (const major of MAJORS_BY_LOT) {
  describe(`the rungs of a hold, PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 120_000 }, () => {
    let server: TestPostgres
    before(async () => {
      server = await startPostgres(major)
    })
    after(async () => await server?.stop())
    beforeEach(async () => {
      await server.sql('drop role if exists app; drop role if exists renamed')
      await server.sql(`create role app login password '${SECRET}'`)
      await server.administered(['app'])
    })
    const later = (milliseconds: number): Instant => new Date(Date.now() + milliseconds).toISOString() as Instant
    const begun = async (): Promise<StepCall> => {
      const call = { ...server.call(), planId: 'pln_1', subject: { account: 'app' }, earlier: {}, before: null }
      return { ...call, before: (await observeUse.look(call)).before, until: later(60_000) }
    }

    test('observe: who uses the role is told by application and address, over all looks, and nothing is changed', async () => {
      const call = await begun()
      const settings = await server.sql("select * from pg_roles where rolname = 'app'")
      const [one, two] = [await server.session('app', SECRET), await server.session('app', SECRET)]
      const first = await observeUse.goOn?.(call)
      assert.ok(first !== undefined && first.again > call.clock())
      await Promise.all([one.end(), two.end()])
      const other = await server.session('app', SECRET, 'postgres', 'nightly')
      const second = await observeUse.goOn?.({ ...call, seen: first.seen })
      await other.end()
      const over = { ...call, until: later(-1000), seen: second?.seen ?? null }
      assert.equal(await observeUse.goOn?.(over), undefined)
      const verdict = await observeUse.verify(over)
      assert.equal(verdict.effect, 'verified')
      assert.match(verdict.answer, /app was seen in use in 3 looks .*test from 127\.0\.0\.1 on postgres \(2 at once/)
      assert.match(verdict.answer, /nightly from 127\.0\.0\.1 on postgres \(1 at once/)
      assert.match(String(factsIn(verdict)['unseen']), /shorter than the time between two looks/)
      assert.deepEqual(await server.sql("select * from pg_roles where rolname = 'app'"), settings)
    })

    test('observe: a standby that does not answer is named, and ends nothing', async () => {
      const call = await begun()
      const { settings } = server.call({ standbys: [{ host: '127.0.0.1', port: 1 }] })
      const first = await observeUse.goOn?.({ ...call, settings })
      const verdict = await observeUse.verify({ ...call, settings, until: later(-1000), seen: first?.seen ?? null })
      assert.equal(verdict.effect, 'verified')
      assert.match(
        verdict.answer,
        /no session of app was seen in 2 looks .*not seen: sessions at the standby 127\.0\.0\.1:1/,
      )
    })

    test('observe: a role that was renamed meanwhile is named, and what was seen is kept', async () => {
      const call = await begun()
      const first = await observeUse.goOn?.(call)
      await server.sql('alter role app rename to renamed')
      const after_ = { ...call, seen: first?.seen ?? null }
      assert.equal(await observeUse.goOn?.(after_), undefined)
      const verdict = await observeUse.verify(after_)
      assert.equal(verdict.effect, 'unproven')
      assert.match(verdict.reason, /renamed to `renamed`/)
      assert.equal(factsIn(verdict)['looks'], 1)
    })

    test('deny: nobody new gets in, the credential is refused, and what is open goes on', async () => {
      const session = await server.session('app', SECRET)
      const { verdicts } = await carriedOut('deny', server.call(), 'app', offered(SECRET))
      assert.deepEqual(Object.keys(verdicts), [
        'try_credential_before',
        'deny_new_logins',
        'look_for_other_ways',
        'try_credential_after',
      ])
      assert.equal(verdicts['try_credential_after']?.effect, 'verified')
      await assert.rejects(server.session('app', SECRET), { code: '28000' })
      assert.equal((await session.query('select 1')).rowCount, 1)
      await session.end()
    })
  })
}
