import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lookForOtherWays } from './look-for-other-ways.ts'
import { postgresMissing, startPostgres } from './postgres-in-test.ts'

const TABLES = 10_000
const AT_ONCE = 500
const skip = process.env['REEVE_EXHAUSTIVE'] === undefined ? 'REEVE_EXHAUSTIVE is not set' : postgresMissing(18)

/** Each refers to the one before, so that one cascade goes through all of them; every tenth has a function of the role. */
const made = (from: number): string => `set role app; do $$ begin for i in ${from}..${from + AT_ONCE - 1} loop
  execute format('create table t%s (id int primary key, a text check (a <> %L), b int default 1, parent int %s)', i, 'x',
    case when i > 0 then format('references t%s on delete cascade', i - 1) else '' end);
  execute format('create index on t%s (lower(a))', i);
  if i % 10 = 0 then
    execute format('create function f%s() returns trigger language plpgsql as $f$ begin return new; end $f$', i);
    execute format('create trigger g%s before insert on t%s for each row execute function f%s()', i, i, i);
  end if;
end loop; end $$`

test(`what acts as a role is read to its end among ${TABLES} tables of it`, { skip, timeout: 600_000 }, async (t) => {
  const server = await startPostgres(18, { max_locks_per_transaction: '2000', shared_buffers: '128MB' })
  try {
    await server.sql('create role app nologin')
    await server.sql('create database shop')
    await server.administered(['app'], ['shop'])
    await server.sql('grant create on schema public to app', 'shop')
    for (let from = 0; from < TABLES; from += AT_ONCE) await server.sql(made(from), 'shop')
    const began = performance.now()
    const call = { ...server.call(), planId: 'pln_1', subject: { account: 'app' }, earlier: {}, before: null }
    const verdict = await lookForOtherWays('held').verify(call)
    t.diagnostic(`looked for in ${Math.round(performance.now() - began)} ms`)
    assert.equal(verdict.effect, 'unproven')
    assert.match(verdict.reason, /more than 200 things that act as it in shop/)
    assert.doesNotMatch(verdict.reason, /was not read within/)
  } finally {
    await server.stop()
  }
})
