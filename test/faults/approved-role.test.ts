// Between planning and approval days may pass, and a name can be another role's by then.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { postgresqlTarget } from '#connectors/postgresql'
import {
  MAJORS_BY_LOT,
  PASSWORD,
  postgresMissing,
  startPostgres,
} from '../../src/connectors/postgresql/postgres-in-test.ts'
import type { TestPostgres } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { approvePlan } from '../../src/effect/decide-plan.ts'
import { actBy, layerInTest, passOver, planFor } from '../../src/effect/effect-in-test.ts'
import type { EffectLayer } from '../../src/effect/layer.ts'
import { getPlan } from '../../src/effect/read-plans.ts'
import type { PlanRecord } from '../../src/effect/records.ts'
import { addTarget } from '../../src/effect/targets.ts'

const SECRET = 'approved-8f1a22-and-long'

for (const major of MAJORS_BY_LOT) {
  describe(
    `a revocation that waited for approval, PostgreSQL ${major}`,
    { skip: postgresMissing(major), timeout: 120_000 },
    () => {
      let base: TestDatabase
      let server: TestPostgres
      let layer: EffectLayer
      before(async () => {
        ;[base, server] = await Promise.all([testDatabase(), startPostgres(major)])
        await server.sql(`create role keeper nologin; create role app login password '${SECRET}'`)
        await server.administered(['keeper', 'app'])
        layer = layerInTest(base, postgresqlTarget, { secretOf: async () => PASSWORD })
        const administrator = { user: 'reeve_admin', password: 'file:/run/secrets/main' }
        await addTarget(layer, actBy(), server.call({ name: 'main', successor: 'keeper', administrator }).settings)
      })
      after(async () => {
        await server?.stop()
        await base?.close()
      })

      const approved = async (meanwhile: () => Promise<unknown>): Promise<PlanRecord> => {
        const { id } = await planFor(layer, {
          operation: 'revoke',
          needsApproval: true,
          credential: { secret: SECRET },
        })
        await meanwhile()
        await approvePlan(layer, actBy('bea'), { id, behind: ['psn_of_bea'] })
        await passOver(base, layer)
        return (await getPlan(layer, id)).data
      }

      test('leaves the role that has the name by then, and what it owns', async () => {
        const { state, steps } = await approved(async () => {
          await server.sql(`drop role app; create role app login password '${SECRET}'; create table ledger (id int)`)
          await server.sql('alter table ledger owner to app')
          await server.administered(['app'])
        })
        assert.equal(state, 'unproven')
        assert.match(JSON.stringify(steps), /the role that is called app now is another one than at first/)
        await (await server.session('app', SECRET)).end()
        assert.deepEqual(await server.sql("select tableowner from pg_tables where tablename = 'ledger'"), [
          { tableowner: 'app' },
        ])
      })

      test('is done where it is the same role', async () => {
        const { state, steps } = await approved(async () => undefined)
        assert.equal(state, 'verified', JSON.stringify(steps))
        assert.deepEqual(await server.sql("select 1 from pg_roles where rolname = 'app'"), [])
      })
    },
  )
}
