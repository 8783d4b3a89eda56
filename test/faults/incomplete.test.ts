// Every way in which a revocation stays incomplete, each carried through by the plan engine at a real server: `unproven`, with its
// reason and its next step, and never `verified`. The test prints the table of them.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { postgresqlTarget } from '#connectors/postgresql'
import type { ReceiptRecord } from '#effect'
import { poolerMissing } from '../../src/connectors/postgresql/pooler-in-test.ts'
import {
  MAJORS_BY_LOT,
  PASSWORD,
  postgresMissing,
  startPostgres,
} from '../../src/connectors/postgresql/postgres-in-test.ts'
import type { TestPostgres } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { acceptWays } from '../../src/effect/accept-ways.ts'
import { actBy, layerInTest, passOver, planFor } from '../../src/effect/effect-in-test.ts'
import type { EffectLayer } from '../../src/effect/layer.ts'
import { getPlan, getReceipt } from '../../src/effect/read-plans.ts'
import { addTarget } from '../../src/effect/targets.ts'
import { SECRET, SUCCESSOR, WAYS } from './incomplete-ways.ts'
import type { Made, Way } from './incomplete-ways.ts'

interface Case {
  readonly name: string
  readonly way: Way
  readonly role: string
}

const CASES: readonly Case[] = Object.entries(WAYS)
  .filter(([, { pooler }]) => pooler !== true || poolerMissing() === false)
  .map(([name, way], at) => ({ name, way, role: `role_${at}` }))

for (const major of MAJORS_BY_LOT) {
  describe(
    `a revocation that is not whole, PostgreSQL ${major}`,
    { skip: postgresMissing(major), timeout: 240_000 },
    () => {
      let base: TestDatabase
      let server: TestPostgres
      let layer: EffectLayer
      before(async () => {
        ;[base, server] = await Promise.all([testDatabase(), startPostgres(major, { max_connections: '100' })])
        for (const database of ['events', 'legacy']) await server.sql(`create database ${database}`)
        await server.sql(`create role ${SUCCESSOR} nologin; create role pool login password 'of-the-pooler'`)
        const roles = CASES.map(({ role }) => role)
        await server.sql(roles.map((role) => `create role ${role} login password '${SECRET}'`).join(';'))
        await server.administered([SUCCESSOR, ...roles], ['events', 'legacy'])
        layer = layerInTest(base, postgresqlTarget, { secretOf: async () => PASSWORD })
      })
      after(async () => {
        await server?.stop()
        await base?.close()
      })

      test('is unproven with its reason and its next step, whichever way it is not, and nothing is lost', async (t) => {
        const ended: (readonly [Case, ReceiptRecord])[] = []
        for (const alone of [undefined, true] as const)
          ended.push(...(await carriedThrough(CASES.filter(({ way }) => way.alone === alone))))
        const rows = ended.map(([{ name, way, role }, { outcome, reasons }]) => {
          const found = reasons.find(({ reason }) => way.reason.test(reason))
          assert.equal(outcome, 'unproven', `${name}: ${JSON.stringify(reasons)}`)
          assert.ok(found !== undefined, `${name}: ${JSON.stringify(reasons)}`)
          assert.match(found.next, way.next, name)
          return [name, outcome, found.step, found.reason, found.next].map((cell) => cell.replaceAll(role, 'ROLE'))
        })
        for (const line of tableOf([['way', 'outcome', 'step', 'reason', 'next'], ...rows])) t.diagnostic(line)
        assert.equal(rows.length, CASES.length)
      })

      test('is carried through once another person accepts what is open, whoever else came to the server by then', async () => {
        const role = 'twin_of_one'
        await server.sql(
          `create role ${role} login password '${SECRET}'; create role twin login password 'x';
           update pg_authid set rolpassword = (select rolpassword from pg_authid where rolname = '${role}') where rolname = 'twin'`,
        )
        await server.administered([role])
        const { settings } = server.call({ name: 'accepted', successor: SUCCESSOR })
        const password = 'env:PASSWORD_IN_TEST'
        await addTarget(layer, actBy(), { ...settings, administrator: { ...settings.administrator, password } })
        const asked = {
          target: 'accepted',
          operation: 'revoke',
          account: role,
          credential: { secret: SECRET },
        } as const
        const { id } = await planFor(layer, asked)
        await passOver(base, layer)
        const { id: receiptId, data } = await getReceipt(layer, id)
        assert.match(data.reasons[0]?.reason ?? '', /twin has the same verifier/)
        await server.sql(`create role newcomer login password 'of their own'`)
        const bob = actBy('bob', 'the twin is held by hand')
        await acceptWays(layer, bob, { id, behind: [bob.actor.id], receiptId })
        await passOver(base, layer)
        const { reasons, acceptedWays } = (await getReceipt(layer, id)).data
        assert.deepEqual(
          reasons.map(({ step, next }) => `${step}: ${next}`),
          [`look_for_other_ways: nothing for this plan: ${bob.actor.id} accepted it at ${acceptedWays?.at ?? ''}`],
        )
        assert.deepEqual(await server.sql(`select from pg_roles where rolname = '${role}'`), [])
      })

      /** All at once: one that hangs keeps no other waiting. */
      async function carriedThrough(cases: readonly Case[]): Promise<(readonly [Case, ReceiptRecord])[]> {
        const made = new Map<string, Made & { readonly planId: string }>()
        for (const one of cases) {
          const more = await one.way.make(server, one.role)
          const { settings } = server.call({ name: one.role.replace('_', '-'), successor: SUCCESSOR, ...more.settings })
          const password = 'env:PASSWORD_IN_TEST'
          await addTarget(layer, actBy(), { ...settings, administrator: { ...settings.administrator, password } })
          const asked = { target: settings.name, operation: one.way.operation, account: one.role }
          const { id: planId } = await planFor(layer, { ...asked, credential: { secret: SECRET } })
          made.set(one.role, { ...more, planId })
        }
        const ended: (readonly [Case, ReceiptRecord])[] = []
        // a plan takes turns: what is left is taken up by the next pass
        const isRunning = async (): Promise<boolean> => {
          for (const { planId } of made.values())
            if ((await getPlan(layer, planId)).data.state === 'running') return true
          return false
        }
        for (const until = Date.now() + 120_000; (await isRunning()) && Date.now() < until;) await passOver(base, layer)
        for (const one of cases) {
          const { planId, after: then } = made.get(one.role) ?? assert.fail()
          ended.push([one, (await getReceipt(layer, planId)).data])
          await assertHeld(one)
          await then?.()
        }
        return ended
      }

      /** Whatever could not be done or seen: nobody gets in by it at the server itself. */
      async function assertHeld({ name, role }: Case): Promise<void> {
        const [found] = await server.sql(`select rolcanlogin as login from pg_roles where rolname = '${role}'`)
        assert.notEqual(found?.['login'], true, name)
        await assert.rejects(server.session(role, SECRET), name)
      }
    },
  )
}

/** One line each; columns that are as wide as their widest cell, but the last two. */
function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
}
