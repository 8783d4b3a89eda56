import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Fact, Observation } from '#kernel'
import { correlate } from '#identity'
import { effectiveAccess } from '#access'
import { discover } from './discover.ts'
import { MAJORS_BY_LOT, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'

const SEED = Number(process.env['REEVE_SEED'] ?? Date.now() % 1_000_000)

/** Park and Miller. */
function randomFrom(seed: number): (below: number) => number {
  let at = (seed % 2_147_483_646) + 1
  return (below) => (at = (at * 48_271) % 2_147_483_647) % below
}

const seenAt = async (server: TestPostgres): Promise<Observation[]> => await Array.fromAsync(discover(server.call()))

const factsOf = (seen: readonly Observation[]): Fact[] =>
  seen.filter((one): one is Fact => one.type !== 'problem' && one.type !== 'blind_spot')

/** `role privilege resource` for everything that each role holds, by membership too. */
function heldIn(seen: readonly Observation[]): Set<string> {
  const facts = factsOf(seen)
  const graph = correlate(facts)
  const held = new Set<string>()
  for (const [id, { entitlements }] of effectiveAccess(facts, graph)) {
    const name = graph.principals.get(id)?.name ?? ''
    for (const { actions, resources, conditions } of entitlements) {
      if (conditions !== undefined && JSON.stringify(conditions).includes('onlyWhatIsMadeLater')) continue
      for (const action of actions) for (const resource of resources) held.add(`${name} ${action} ${resource}`)
    }
  }
  return held
}

for (const major of MAJORS_BY_LOT) {
  describe(`what is at a PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 120_000 }, () => {
    let server: TestPostgres
    before(async () => {
      server = await startPostgres(major)
      await server.sql('create database shop')
      await server.sql(
        `create role app login password 'p-1' valid until '2027-03-01T00:00:00Z'; comment on role app is 'takes payments'`,
      )
      await server.sql(`create role reporting nologin; create role boss login superuser`)
      await server.sql(
        `create schema sales; create table sales.orders (id int, card text); create view sales.v as select id from sales.orders;
        grant usage on schema sales to reporting; grant select on sales.orders to reporting with grant option;
        grant select (card) on sales.orders to app; grant select on sales.v to public;
        create function sales.refund() returns int language sql security definer as 'select 1';
        alter default privileges in schema sales grant select on tables to reporting`,
        'shop',
      )
      await server.sql('grant reporting to app')
      await server.administered(['app'], ['postgres', 'shop'])
    })
    after(async () => await server?.stop())

    test('roles with their passwords, ends and purposes; a password is a record and never a value', async () => {
      const facts = factsOf(await seenAt(server))
      const app = facts.find((fact) => fact.type === 'principal' && fact.name === 'app')
      assert.ok(app?.type === 'principal')
      assert.deepEqual(
        [app.kind, app.enabled, app.expiresAt, app.purpose?.text, app.externalId],
        ['service_account', true, '2027-03-01T00:00:00.000Z', 'takes payments', 'pg://shop-db/role/app'],
      )
      const password = facts.find((fact) => fact.type === 'credential' && fact.principal === app.ref)
      assert.ok(password?.type === 'credential')
      assert.equal(password.exposure, 'record')
      assert.doesNotMatch(JSON.stringify(facts), /SCRAM-SHA-256\$/)
      const reporting = facts.find((fact) => fact.type === 'principal' && fact.name === 'reporting')
      assert.equal(reporting?.type === 'principal' && reporting.kind, 'group')
    })

    test('rights by grant, column, group, PUBLIC, ownership and attribute, each where it holds', async () => {
      const held = heldIn(await seenAt(server))
      for (const right of [
        'reporting pg:SELECT pg://shop-db/shop/sales.orders',
        'app pg:SELECT pg://shop-db/shop/sales.orders',
        'app pg:SELECT pg://shop-db/shop/sales.orders.card',
        'app pg:SELECT pg://shop-db/shop/sales.v',
        'app pg:EXECUTE pg://shop-db/shop/sales.refund()',
        'app pg:CONNECT pg://shop-db/shop',
        'boss pg:* pg://shop-db/*',
        'reeve_admin pg:createrole pg://shop-db/role/*',
      ])
        assert.ok(held.has(right), right)
      assert.ok(!held.has('app pg:INSERT pg://shop-db/shop/sales.orders'))
    })

    test('a function that runs as a superuser is admin for whoever may call it, and what is made later is marked', async () => {
      const facts = factsOf(await seenAt(server)).filter((fact) => fact.type === 'entitlement')
      const refund = facts.filter(({ resources }) => resources.includes('pg://shop-db/shop/sales.refund()'))
      assert.ok(refund.length > 0 && refund.every(({ level }) => level === 'admin'))
      const later = facts.find(({ permission }) => permission.endsWith('on future'))
      assert.deepEqual(later?.conditions, { onlyWhatIsMadeLater: ['tables of postgres'] })
    })

    test('a held role stays the service account that it is, disabled', async () => {
      await server.sql(`alter role app nologin; alter role app set reeve.held to '{}'`)
      const app = factsOf(await seenAt(server)).find((fact) => fact.type === 'principal' && fact.name === 'app')
      assert.deepEqual(app?.type === 'principal' && [app.kind, app.enabled], ['service_account', false])
      await server.sql(`alter role app login; alter role app reset reeve.held`)
    })

    test('a database that cannot be entered is a problem with its name; the others are read', async () => {
      await server.sql('create database closed')
      await server.sql('revoke connect on database closed from public, reeve_admin')
      const seen = await seenAt(server)
      const problems = seen.filter((one) => one.type === 'problem')
      assert.deepEqual(
        problems.map(({ file }) => file),
        ['pg://shop-db/closed'],
      )
      assert.ok(heldIn(seen).has('app pg:SELECT pg://shop-db/shop/sales.v'))
      await server.sql('drop database closed')
    })

    test(`what each role holds is what the server itself says (REEVE_SEED=${SEED})`, async () => {
      const random = randomFrom(SEED)
      const roles = Array.from({ length: 8 }, (_, at) => `r${at}`)
      const tables = Array.from({ length: 6 }, (_, at) => `t${at}`)
      const verbs = ['SELECT', 'INSERT', 'UPDATE', 'DELETE']
      const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T
      const inherit = (): string => (random(3) === 0 ? 'noinherit' : 'inherit')
      await server.sql(roles.map((role) => `create role ${role} login ${inherit()}`).join(';'))
      await server.sql(
        tables
          .map((table) => `create table public.${table} (id int); alter table public.${table} owner to ${pick(roles)}`)
          .join(';'),
        'shop',
      )
      for (let at = 0; at < 14; at++) {
        const [member, group] = [pick(roles), pick(roles)]
        const how = major >= 16 && random(2) === 0 ? ` with inherit ${random(2) === 0}` : ''
        // a circle is refused by the server, and then there is none
        await server.sql(`grant ${group} to ${member}${how}`).catch(() => undefined)
      }
      for (let at = 0; at < 30; at++) {
        const to = random(8) === 0 ? 'public' : pick(roles)
        await server.sql(`grant ${pick(verbs)} on public.${pick(tables)} to ${to}`, 'shop')
      }
      for (let at = 0; at < 6; at++)
        await server
          .sql(`revoke ${pick(verbs)} on public.${pick(tables)} from ${pick(roles)}`, 'shop')
          .catch(() => undefined)
      const truth = await server.sql(
        `select r || ' pg:' || v || ' pg://shop-db/shop/public.' || t as right
         from unnest(array['${roles.join("','")}']) r, unnest(array['${tables.join("','")}']) t, unnest(array['${verbs.join("','")}']) v
         where has_table_privilege(r, 'public.' || t, v)`,
        'shop',
      )
      const held = [...heldIn(await seenAt(server))].filter((right) =>
        /^r\d pg:(?:SELECT|INSERT|UPDATE|DELETE) pg:\/\/shop-db\/shop\/public\.t\d$/.test(right),
      )
      assert.deepEqual(held.sort(), truth.map(({ right }) => String(right)).sort())
      assert.ok(truth.length > 20)
    })
  })
}
