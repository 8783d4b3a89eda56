import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { StepVerdict } from '#connectors/target'
import { lookForOtherWays } from './look-for-other-ways.ts'
import { MAJORS_BY_LOT, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'

for (const major of MAJORS_BY_LOT) {
  describe(`what a role left open, PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 120_000 }, () => {
    let server: TestPostgres
    before(async () => {
      server = await startPostgres(major, { max_prepared_transactions: '5' })
      await server.sql(`create role app login password 'a'; create role team; create role other login password 'o'`)
      await server.sql('create database shop')
      await server.administered(['app'], ['shop'])
    })
    after(async () => await server?.stop())
    const looked = async (): Promise<StepVerdict> => {
      const call = { ...server.call(), planId: 'pln_1', subject: { account: 'app' }, earlier: {}, before: null }
      return await lookForOtherWays('held').verify(call)
    }
    const prepare = async (user: string, password: string, gid: string, first = 'select 1'): Promise<void> => {
      const session = await server.session(user, password, 'shop')
      await session.query(`${first}; begin; select 1; prepare transaction '${gid}'`)
      await session.end()
    }

    test('a transaction that it prepared, itself or as another role, is a way until it is over; one of others is none', async () => {
      await prepare('other', 'o', 'of another')
      assert.equal((await looked()).effect, 'verified')
      await prepare('app', 'a', `it''s mine`)
      await server.sql('grant team to app')
      await prepare('app', 'a', 'as team', 'set role team')
      const verdict = await looked()
      assert.ok(verdict.effect === 'unproven')
      assert.deepEqual(verdict.open, [
        "the prepared transaction 'as team' of team in shop is not over: what it gives is seen once somebody commits it",
        "the prepared transaction 'it''s mine' of app in shop is not over: what it gives is seen once somebody commits it",
      ])
      assert.match(verdict.next, /in shop: ROLLBACK PREPARED 'it''s mine'/)
      await server.sql(`rollback prepared 'it''s mine'`, 'shop')
      await server.sql('revoke team from app')
      assert.equal((await looked()).effect, 'verified', 'it is not the role that it may become any more')
      for (const gid of ['as team', 'of another']) await server.sql(`rollback prepared '${gid}'`, 'shop')
    })

    test('what it could do with files and programs of the server is said, with where to look', async () => {
      for (const [role, granted] of [
        ['pg_execute_server_program', 'app'],
        ['pg_write_server_files', 'team'],
      ] as const) {
        await server.sql(`grant ${role} to ${granted}; grant team to app`)
        const verdict = await looked()
        assert.match(verdict.effect === 'unproven' ? verdict.reason : '', new RegExp(`what app did by ${role}, `))
        await server.sql(`revoke ${role} from ${granted}; revoke team from app`)
      }
      await server.sql('grant alter system on parameter archive_command to team; grant team to app')
      const verdict = await looked()
      assert.match(
        verdict.effect === 'unproven' ? verdict.reason : '',
        /by ALTER SYSTEM on archive_command, is not looked/,
      )
      await server.sql('revoke alter system on parameter archive_command from team; revoke team from app')
      assert.equal((await looked()).effect, 'verified')
    })
  })
}
