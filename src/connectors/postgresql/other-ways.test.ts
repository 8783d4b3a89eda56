import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { StepVerdict } from '#connectors/target'
import { postgresqlTarget } from './index.ts'
import { lookForOtherWays } from './look-for-other-ways.ts'
import { MAJORS_BY_LOT, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { trustLines } from './trust-lines.ts'
import type { HbaLine } from './reviewed-functions.ts'

for (const major of MAJORS_BY_LOT) {
  describe(`other ways in, PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 120_000 }, () => {
    let server: TestPostgres
    before(async () => {
      server = await startPostgres(major)
      await server.sql(
        `create role app login password 'a'; create role middle nologin; create role person login password 'p'`,
      )
      await server.administered(['app'])
    })
    after(async () => await server?.stop())
    const looked = async (soon: 'held' | 'dropped' = 'held'): Promise<StepVerdict> => {
      const call = { ...server.call(), planId: 'pln_1', subject: { account: 'app' }, earlier: {}, before: null }
      return await lookForOtherWays(soon).verify(call)
    }
    const reasonOf = (verdict: StepVerdict): string =>
      verdict.effect === 'unproven' ? `${verdict.reason} → ${verdict.next}` : ''

    test('where there is none it is verified, and what was looked at is said', async () => {
      const verdict = await looked()
      assert.equal(verdict.effect, 'verified', JSON.stringify(verdict))
      assert.match(
        verdict.effect === 'verified' ? verdict.answer : '',
        /0 roles have or can take its rights.*verifiers of \d+ roles compared.*lines of pg_hba/,
      )
    })

    test('a login role that is a member, directly or by a chain, is a way; one that may not use it is none', async () => {
      await server.sql('grant app to person')
      assert.match(reasonOf(await looked()), /person inherits the rights of app → REVOKE "app" FROM "person"/)
      // dropped, the membership goes with it
      assert.equal((await looked('dropped')).effect, 'verified')
      await server.sql('revoke app from person; grant app to middle; grant middle to person')
      assert.match(reasonOf(await looked()), /person inherits the rights of app, by a chain/)
      if (major >= 16) {
        await server.sql('grant middle to person with inherit false, set true')
        assert.match(reasonOf(await looked()), /person may become app, by a chain/)
        await server.sql('grant middle to person with inherit false, set false')
        assert.equal((await looked()).effect, 'verified')
      }
      await server.sql('revoke middle from person; revoke app from middle')
    })

    test('what a person accepts is the same while the same is open, whoever else is in the server by then', async () => {
      const openNow = async (): Promise<readonly string[] | undefined> => {
        const verdict = await looked()
        return verdict.effect === 'unproven' ? verdict.open : undefined
      }
      await server.sql('grant app to person')
      const open = await openNow()
      assert.deepEqual(open, ['person inherits the rights of app'])
      await server.sql(`create role somebody_else login password 'of their own'`)
      assert.deepEqual(await openNow(), open)
      await server.sql('revoke app from person; drop role somebody_else')
    })

    test('who may give itself the role is a way, though it has nothing of it yet', async () => {
      if (major >= 16) {
        await server.sql('grant app to person with admin true, inherit false, set false')
        assert.match(
          reasonOf(await looked()),
          /person has ADMIN on it, and may give itself the rights of app → REVOKE ADMIN OPTION FOR "app" FROM "person"/,
        )
        await server.sql(
          'revoke app from person; grant app to middle with admin true; grant middle to person with inherit false',
        )
        assert.match(reasonOf(await looked()), /person (?:may become|has ADMIN).*app, by a chain/)
        await server.sql('revoke middle from person; revoke app from middle')
      } else {
        await server.sql('alter role person createrole')
        assert.match(
          reasonOf(await looked()),
          /person has CREATEROLE, and may give itself the rights of app → ALTER ROLE "person" NOCREATEROLE/,
        )
        await server.sql('alter role person nocreaterole')
      }
      assert.equal((await looked()).effect, 'verified')
    })

    test('who may give itself a role that has it is a way, and so is who may use whoever can', async () => {
      const alone = major >= 16 ? 'with admin true, inherit false, set false' : 'with admin option'
      await server.sql(
        `create role giver login; create role desk; create role clerk login; grant app to middle; grant middle to desk ${alone}`,
      )
      try {
        // desk itself does not log in
        assert.equal((await looked()).effect, 'verified')
        await server.sql(`grant desk to clerk; grant middle to giver ${alone}`)
        const reason = reasonOf(await looked())
        for (const name of ['giver', 'clerk'])
          assert.match(
            reason,
            major >= 16
              ? new RegExp(`${name} has ADMIN on it, and may give itself the rights of app, by a chain of memberships`)
              : new RegExp(`${name} inherits the rights of app`),
          )
      } finally {
        await server.sql('drop role giver, clerk, desk; revoke app from middle')
      }
    })

    test('a copied verifier is a way, with the role that has it', async () => {
      await server.sql(
        "update pg_authid set rolpassword = (select rolpassword from pg_authid where rolname = 'app') where rolname = 'person'",
      )
      assert.match(
        reasonOf(await looked()),
        /person has the same verifier.* → change the password of person, or hold it too/,
      )
      await server.sql("alter role person password 'p'")
    })

    test('a line of trust that lets a superuser in is a way; one for somebody unrelated is none', async () => {
      await server.hba('host all person 127.0.0.2/32 trust')
      assert.equal((await looked()).effect, 'verified')
      await server.hba('host all app 127.0.0.2/32 trust')
      assert.match(reasonOf(await looked()), /lets app in without any proof/)
      await server.sql('create role copies login replication')
      await server.hba('host replication copies 127.0.0.2/32 trust')
      assert.match(reasonOf(await looked()), /lets copies in without any proof/)
      await server.sql('drop role copies')
      await server.hba('local all all trust')
      assert.match(
        reasonOf(await looked()),
        /line 1 of pg_hba.conf \(local all all trust\) lets app, postgres in without any proof → replace/,
      )
      await server.hba('')
    })

    test('a line for a role that is called all, quoted, hides no line of trust behind it', async () => {
      const trusted = 'host all all 127.0.0.2/32 trust'
      await server.hba(`# "all" is a keyword\nhost all all 127.0.0.2/32 scram-sha-256\n${trusted}`)
      assert.equal((await looked()).effect, 'verified', 'in a comment it is nothing')
      await server.hba(`host all "all" 127.0.0.2/32 scram-sha-256\n${trusted}`)
      assert.match(reasonOf(await looked()), /line 2 of pg_hba.conf .* lets app, postgres in without any proof/)
      await server.hba('')
    })

    test('what PUBLIC has too is a way, with the statement that takes it away', async () => {
      await server.sql(
        'create table notes (id int); grant select, insert on notes to app; grant select on notes to public',
      )
      assert.match(
        reasonOf(await looked()),
        /SELECT on public\.notes in postgres is everybody's.* → in postgres: REVOKE SELECT ON TABLE public\.notes FROM PUBLIC/,
      )
      await server.sql('drop table notes')
    })

    test('one column, a schema or a function of others that PUBLIC has too is a way', async () => {
      await server.sql(
        `create table own (x int, y int); alter table own owner to app; grant select (x) on own to public;
         create schema room; grant create on schema room to app, public;
         create function owned() returns int language sql security definer begin atomic select 1; end; grant execute on function owned to app`,
      )
      const ways = reasonOf(await looked())
      assert.match(ways, /REVOKE SELECT \(x\) ON TABLE public\.own FROM PUBLIC/)
      assert.match(ways, /CREATE on schema room in postgres is everybody's/)
      assert.match(ways, /REVOKE EXECUTE ON ROUTINE public\.owned\(\) FROM PUBLIC/)
      await server.sql('drop table own; drop schema room; drop function owned')
      assert.equal((await looked()).effect, 'verified')
    })

    test('what it passed on to who may log in is a way, and so is whose password it could set', async () => {
      await server.sql(
        `create table given (x int); grant select on given to app with grant option; create role evil login; create role nobody;
         set role app; grant select on given to evil with grant option; grant select on given to nobody; reset role;
         set role evil; grant select on given to person; reset role; create role readers;
         grant readers to app with admin option; set role app; grant readers to evil`,
      )
      for (const soon of ['held', 'dropped'] as const) {
        const ways = reasonOf(await looked(soon))
        assert.match(ways, /evil has SELECT on table public\.given in postgres, which came from app/)
        assert.match(ways, /SET ROLE app; REVOKE SELECT ON TABLE public\.given FROM evil CASCADE; RESET ROLE/)
        assert.match(ways, /person has SELECT on table public\.given in postgres, which came from app/)
        assert.match(ways, /evil has membership in readers, which came from app.* → .*REVOKE readers FROM evil/)
        assert.doesNotMatch(ways, /nobody has/)
      }
      await server.sql(
        `set role app; revoke select on given from evil cascade; reset role; revoke readers from evil${major >= 16 ? ' granted by app' : ''}`,
      )
      assert.equal((await looked()).effect, 'verified')
      await server.sql(`alter role app createrole${major >= 16 ? '; grant evil to app with admin option' : ''}`)
      assert.match(reasonOf(await looked()), /app could set the password of evil.* → .*change the password of evil/)
      await server.sql(
        'alter role app nocreaterole; drop table given; drop role evil; drop role nobody; drop role readers',
      )
      assert.equal((await looked()).effect, 'verified')
    })

    test('what cannot be seen is never taken for none', async () => {
      await server.sql('drop function reeve.verifiers()')
      assert.match(
        reasonOf(await looked()),
        /not all of it could be seen: whether another role has the same verifier.*reeve target prepare/,
      )
      await server.administered(['app'])
    })

    test('of a superuser it is said that other ways are not looked for, in place of all that the server has', async () => {
      const found = await postgresqlTarget.find(server.call(), { account: 'postgres' })
      assert.deepEqual(found.otherWays, [])
      assert.match(found.unknown.join('; '), /a superuser may become anybody/)
    })

    test('what is found of a role is what a person asks before it is held', async () => {
      await server.sql(
        'create table bills (id int); grant select on bills to app; create table mine (id int); alter table mine owner to app',
      )
      const session = await server.session('app', 'a', 'postgres', 'billing')
      const found = await postgresqlTarget.find(server.call(), { account: 'app' })
      await session.end()
      assert.ok(
        found.exists && found.facts.includes('may log in') && found.facts.includes('owns 1 objects in 1 databases'),
        JSON.stringify(found.facts),
      )
      assert.deepEqual(
        found.sessions.map(({ application, from, database }) => [application, from, database]),
        [['billing', '127.0.0.1', 'postgres']],
      )
      const said = found.reach.map(({ action, resource, by }) => `${action} ${resource} ${by}`)
      assert.ok(said.includes('pg:SELECT pg://shop-db/postgres/public.bills grant'), said.join('\n'))
      assert.ok(said.includes('pg:DELETE pg://shop-db/postgres/public.mine owner'))
      assert.deepEqual(found.unknown, [])
      assert.equal((await postgresqlTarget.find(server.call(), { account: 'nobody' })).exists, false)
      const superuser = await postgresqlTarget.find(server.call(), { account: 'postgres' })
      assert.deepEqual(superuser.reach, [{ action: 'pg:*', resource: 'pg://shop-db/*', by: 'superuser' }])
      await server.sql('drop table bills, mine')
    })
  })
}

test('a line of trust behind one that takes all of its logins does nothing', () => {
  const line = (number: number, accounts: string[], method: string, address: string | null = null): HbaLine => ({
    line: number,
    kind: address === null ? 'local' : 'host',
    databases: ['all'],
    accounts,
    address,
    netmask: null,
    method,
    broken: false,
  })
  const roles = [
    { account: 'postgres', superuser: true, memberOf: [] },
    { account: 'ann', superuser: false, memberOf: ['staff'] },
  ]
  const lets = (lines: HbaLine[]): (readonly string[])[] => trustLines(lines, roles).map((one) => one.lets)
  assert.deepEqual(lets([line(1, ['all'], 'scram-sha-256'), line(2, ['all'], 'trust')]), [])
  assert.deepEqual(lets([line(1, ['all'], 'scram-sha-256', '10.0.0.0'), line(2, ['all'], 'trust')]), [
    ['postgres', 'ann'],
  ])
  assert.deepEqual(lets([line(1, ['postgres'], 'reject'), line(2, ['all'], 'trust')]), [['postgres', 'ann']])
  assert.deepEqual(lets([line(1, ['+staff'], 'trust')]), [['ann']])
  assert.deepEqual(lets([line(1, ['other'], 'trust')]), [[]])
})
