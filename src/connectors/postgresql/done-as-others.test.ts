import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { StepVerdict } from '#connectors/target'
import { passedOn } from './passed-on.ts'
import { lookForOtherWays } from './look-for-other-ways.ts'
import { MAJORS, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'

for (const major of MAJORS) {
  describe(`what a role did as others, PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 300_000 }, () => {
    let server: TestPostgres
    before(async () => {
      server = await startPostgres(major)
      await server.sql(
        `create role app login; create role keeper; create role low login; create role evil login; create role owners; create role dba createrole;
         create role grp; create role boss superuser; grant owners, grp to app; create table crown (secret text); create table other (x int)`,
      )
      await server.administered(['app', 'keeper'])
    })
    after(async () => await server?.stop())
    const looked = async (): Promise<StepVerdict> => {
      const call = { ...server.call(), planId: 'pln_1', subject: { account: 'app' }, earlier: {}, before: null }
      return await lookForOtherWays('held').verify(call)
    }
    const said = (verdict: StepVerdict): string => (verdict.effect === 'unproven' ? verdict.reason : verdict.effect)

    test('a grant that it made as the owner, whom it may become, is a way', async () => {
      assert.equal(said(await looked()), 'verified')
      await server.sql('alter table crown owner to owners; set role owners; grant select on crown to low')
      assert.match(
        said(await looked()),
        /low has SELECT on table public\.crown in postgres from owners, which app may become: what it did as owners cannot be told apart/,
      )
      await server.sql('set role owners; revoke select on crown from low')
      assert.equal(said(await looked()), 'verified')
    })

    test('what such a role grants on everything that it makes later is a way', async () => {
      await server.sql('set role owners; alter default privileges grant select on tables to low, public')
      assert.equal(
        said(await looked()).match(/SELECT on what it makes later in postgres from owners, which app may become/g)
          ?.length,
        2,
        said(await looked()),
      )
      await server.sql('set role owners; alter default privileges revoke select on tables from low, public')
      assert.equal(said(await looked()), 'verified')
      // by default everybody executes what it makes, and nobody granted that
      await server.sql('set role owners; alter default privileges grant execute on functions to keeper')
      assert.equal(said(await looked()), 'verified')
      await server.sql('set role owners; alter default privileges revoke execute on functions from keeper')
    })

    test('what it granted as the owner of a database, in which it owns nothing else, is a way', async () => {
      await server.sql('create database own owner app')
      try {
        assert.equal(said(await looked()), 'verified')
        await server.sql('set role app; grant create on schema public to low', 'own')
        assert.match(
          said(await looked()),
          /low has CREATE on schema public in own from pg_database_owner, which app may become/,
        )
      } finally {
        await server.sql('drop database own')
      }
    })

    test('a superuser that it may become leaves nothing that is certain', async () => {
      await server.sql('grant boss to app')
      assert.match(said(await looked()), /what app did as boss, a superuser that it may become/)
      await server.sql('revoke boss from app')
    })

    test('a role whose password it could set as another, whom it may become, is a way', async () => {
      await server.sql(`grant dba to app${major >= 16 ? '; grant evil to dba with admin option' : ''}`)
      assert.match(said(await looked()), /app could set the password of evil/)
      await server.sql('revoke dba from app')
      assert.equal(said(await looked()), 'verified')
    })

    test('a right on a table that was passed on leads to the columns that are granted from it', async () => {
      await server.sql(
        `grant select on other to app with grant option; set role app; grant select on other to grp with grant option; set role grp;
         grant select (x) on other to evil`,
      )
      assert.match(
        said(await looked()),
        /evil has SELECT \(x\) on table public\.other in postgres, which came from app/,
      )
      // the server leaves that one when the table's right is revoked with CASCADE
      await server.sql('revoke select on other from app cascade; set role grp; revoke select (x) on other from evil')
      assert.equal(said(await looked()), 'verified')
    })

    test('a password that everybody has at a server of its own, or of a role that it may become, is a way', async () => {
      await server.sql(
        `create foreign data wrapper w; create server far foreign data wrapper w; create user mapping for public server far options (password 'x')`,
      )
      assert.equal(said(await looked()), 'verified')
      for (const owner of ['app', 'owners']) {
        await server.sql(`alter server far owner to ${owner}`)
        assert.match(said(await looked()), /a password of app for the server far is stored in postgres/)
      }
      await server.sql('drop server far cascade')
    })

    test('a list that is longer than what is read leaves nothing to accept', async () => {
      await server.sql(
        `do $$ begin for i in 1..201 loop execute format('create table a%s (x int); grant select on a%s to app with grant option;
         set role app; grant select on a%s to low; reset role', i, i, i); end loop; end $$`,
      )
      const verdict = await looked()
      assert.match(said(verdict), /not all of it was read: more than 200 rights that it passed on in postgres/)
      assert.ok(verdict.effect === 'unproven' && verdict.facts === undefined)
      await server.sql(`do $$ begin for i in 1..201 loop execute format('drop table a%s', i); end loop; end $$`)
    })

    test("a right of a role that is gone is not made everybody's", async () => {
      await server.sql(
        'create table last (x int); grant select on last to app with grant option; set role app; grant select on last to keeper',
      )
      const [row] = await server.sql("select 'keeper'::regrole::oid::int as oid")
      // an item with an oid that is nobody's cannot be typed in: it is made so
      await server.sql(
        `update pg_class set relacl = (select array_agg(case when x.grantee = ${String(row?.['oid'])} then makeaclitem(999999, x.grantor, x.privilege_type, x.is_grantable)
           else makeaclitem(x.grantee, x.grantor, x.privilege_type, x.is_grantable) end) from aclexplode(relacl) x) where relname = 'last'`,
      )
      const found = await server.sql(
        `select grantee, what from (${passedOn("(select oid from pg_roles where rolname = 'app')")}) p where what ~ 'last'`,
      )
      assert.deepEqual(found, [])
    })
  })
}
