// Behind a real PgBouncer. What it keeps, and what it lets in, makes a plan unproven: test/faults/incomplete.test.ts.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { StepCall, StepVerdict } from '#connectors/target'
import { poolerMissing, startPooler } from './pooler-in-test.ts'
import type { Pooler } from './pooler-in-test.ts'
import { MAJORS, offered, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { carriedOut } from './steps-in-test.ts'
import { tryCredentialAfter, tryCredentialBefore } from './try-credential.ts'

const SECRET = 'leaked-40fe77'

for (const major of MAJORS) {
  const skip = postgresMissing(major) === false ? poolerMissing() : postgresMissing(major)
  describe(`behind PgBouncer, PostgreSQL ${major}`, { skip, timeout: 180_000 }, () => {
    let server: TestPostgres
    let pooler: Pooler | undefined
    before(async () => {
      server = await startPostgres(major)
      await server.sql(`create role app login password '${SECRET}'; create role pool login password 'of-the-pooler'`)
      await server.administered(['app'])
    })
    beforeEach(async () => await server.sql('alter role app login connection limit -1'))
    after(async () => await server?.stop())
    const contained = async (): Promise<StepVerdict | undefined> => {
      try {
        const call = server.call({ entrances: pooler === undefined ? [] : [pooler.address] })
        return (await carriedOut('contain', call, 'app', offered(SECRET))).verdicts['try_credential_after']
      } finally {
        await pooler?.close()
        pooler = undefined
      }
    }
    const reasonOf = (verdict: StepVerdict | undefined): string =>
      verdict?.effect === 'unproven' ? verdict.reason : ''

    test('where the pooler itself refuses the credential too it is verified', async () => {
      pooler = await startPooler(server.port, { app: SECRET })
      await pooler.users({ pool: 'of-the-pooler' })
      const verdict = await contained()
      assert.equal(verdict?.effect, 'verified', reasonOf(verdict))
      assert.match(
        verdict?.effect === 'verified' ? verdict.answer : '',
        /refused \(28000\).*; .* refused \(08P01\): SASL authentication failed/,
      )
    })

    test('a session that it signed in as somebody else goes on when both refuse: not verified before it began anew', async () => {
      await server.sql('alter role app login')
      pooler = await startPooler(server.port, { app: SECRET }, 'user=pool password=of-the-pooler')
      const call = { ...server.call({ entrances: [pooler.address] }), planId: 'pln_1', subject: { account: 'app' } }
      const whole = { ...call, before: null, earlier: {}, credential: offered(SECRET) }
      const kept = await server.session('app', SECRET, 'postgres', 'kept', pooler.address.port)
      try {
        const seen = await tryCredentialBefore.verify(whole)
        await server.sql('alter role app nologin')
        await pooler.users({})
        const afterIt = async (earlier: StepCall['earlier']): Promise<StepVerdict> =>
          await tryCredentialAfter.verify({ ...whole, earlier })
        const verdict = await afterIt({ try_credential_before: seen })
        assert.deepEqual((await kept.query('select session_user as name')).rows, [{ name: 'pool' }])
        assert.match(reasonOf(verdict), /sessions that began before may go on as somebody else: .* signed in as `pool`/)
        // a plan that never saw it let in so
        assert.equal((await afterIt({})).effect, 'verified')
      } finally {
        await kept.end().catch(() => undefined)
        await pooler.close()
        pooler = undefined
        await server.sql('alter role app login')
      }
    })
  })
}
