import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { MAJORS_BY_LOT, offered, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { carriedOut } from './steps-in-test.ts'

const SECRET = 'leaked-88f1aa'

/** What boss owns, each kind that has a list of rights; app has it with the option to grant, and passes it on. */
const GRANTED: readonly (readonly [right: string, held: (who: string) => string])[] = [
  ['SELECT on ledger', (who) => `has_table_privilege('${who}', 'public.ledger', 'select')`],
  ['UPDATE (note) on ledger', (who) => `has_column_privilege('${who}', 'public.ledger', 'note', 'update')`],
  ['USAGE on sequence numbers', (who) => `has_sequence_privilege('${who}', 'public.numbers', 'usage')`],
  ['USAGE on schema "odd name"', (who) => `has_schema_privilege('${who}', 'odd name', 'usage')`],
  [
    'EXECUTE on function "odd name".f(int, text)',
    (who) => `has_function_privilege('${who}', '"odd name".f(int, text)', 'execute')`,
  ],
  ['USAGE on type colour', (who) => `has_type_privilege('${who}', 'public.colour', 'usage')`],
  ['USAGE on language plpgsql', (who) => `has_language_privilege('${who}', 'plpgsql', 'usage')`],
  ['USAGE on foreign data wrapper wrap', (who) => `has_foreign_data_wrapper_privilege('${who}', 'wrap', 'usage')`],
  ['USAGE on foreign server far', (who) => `has_server_privilege('${who}', 'far', 'usage')`],
  ['CREATE on database shop', (who) => `has_database_privilege('${who}', 'shop', 'create')`],
  ['CREATE on tablespace pg_default', (who) => `has_tablespace_privilege('${who}', 'pg_default', 'create')`],
  ['SET on parameter log_statement', (who) => `has_parameter_privilege('${who}', 'log_statement', 'set')`],
  [
    'SELECT on large object 4711',
    (who) => `exists (select from pg_largeobject_metadata m, aclexplode(m.lomacl) x
     where m.oid = 4711 and x.grantee = (select oid from pg_roles where rolname = '${who}') and x.privilege_type = 'SELECT' and not x.is_grantable)`,
  ],
]

for (const major of MAJORS_BY_LOT) {
  describe(
    `rights that a role passed on, PostgreSQL ${major}`,
    { skip: postgresMissing(major), timeout: 180_000 },
    () => {
      let server: TestPostgres
      before(async () => {
        server = await startPostgres(major)
        await server.sql('create database shop')
        await server.sql(
          `create role boss; create role app login password '${SECRET}'; create role keeper; create role third; create role "Fou'rth"; create role team`,
        )
        await server.administered(['app', 'keeper'], ['shop'])
        await server.sql(
          `create table ledger (id int, note text); alter table ledger owner to boss; create sequence numbers; alter sequence numbers owner to boss;
         create schema "odd name" authorization boss; create function "odd name".f(int, text) returns int language sql return 1;
         alter function "odd name".f owner to boss; revoke all on function "odd name".f from public;
         create type colour as enum ('red'); alter type colour owner to boss; revoke all on type colour from public;
         revoke all on language plpgsql from public; create foreign data wrapper wrap; create server far foreign data wrapper wrap;
         alter server far owner to postgres; select lo_create(4711)`,
          'shop',
        )
        for (const [right] of GRANTED) {
          await server.sql(`grant ${right} to app with grant option`, 'shop')
          await server.sql(`set role app; grant ${right} to third with grant option`, 'shop')
          await server.sql(`set role third; grant ${right} to "Fou'rth"`, 'shop')
        }
        await server.sql(
          'grant insert on ledger to app with grant option; set role app; grant insert on ledger to public',
          'shop',
        )
        await server.sql(
          'create table own (id int); alter table own owner to app; set role app; grant select on own to third',
          'shop',
        )
        await server.sql('set role app; alter default privileges grant select on tables to third', 'shop')
        await server.sql(
          major >= 16
            ? 'grant team to app with admin true; set role app; grant team to third with admin true, inherit false, set true'
            : 'grant team to app with admin option; set role app; grant team to third with admin option',
        )
      })
      after(async () => await server?.stop())

      test('nobody loses any of them but the right to grant it, and the preview names who keeps and who loses what', async () => {
        const { verdicts, looked } = await carriedOut(
          'revoke',
          server.call({ successor: 'keeper' }),
          'app',
          offered(SECRET),
        )
        assert.equal(verdicts['drop_role']?.effect, 'verified', JSON.stringify(verdicts, null, 2))
        assert.deepEqual(await server.sql("select from pg_roles where rolname = 'app'"), [])
        for (const [right, held] of GRANTED)
          for (const [who, grants] of [
            ['third', true],
            ["Fou''rth", false],
          ] as const) {
            const text = held(who)
            const [row] = await server.sql(`select ${text} as held`, 'shop')
            assert.equal(row?.['held'], true, `${who} ${right}`)
            // with the option: has_…_privilege knows it by the same word
            const withOption = text.replace(/'(\w+)'\)$/, "'$1 with grant option')")
            if (!grants || withOption === text) continue
            const [option] = await server.sql(`select ${withOption} as held`, 'shop')
            assert.equal(option?.['held'], false, `${who} may grant ${right} no more`)
          }
        const [others] = await server.sql(
          `select has_table_privilege('public', 'ledger', 'insert') as everybody, has_table_privilege('third', 'own', 'select') as own`,
          'shop',
        )
        assert.deepEqual(others, { everybody: true, own: true })
        const members = await server.sql(
          `select m.admin_option as admin${major >= 16 ? ', m.inherit_option as inherits, m.set_option as sets' : ''}
         from pg_auth_members m where m.roleid = 'team'::regrole and m.member = 'third'::regrole`,
        )
        assert.deepEqual(members, [major >= 16 ? { admin: false, inherits: false, sets: true } : { admin: true }])
        const touches = looked['reassign_owned']?.touches.join('\n') ?? ''
        assert.match(touches, /third keeps SELECT on table public\.ledger in shop, which app passed on/)
        assert.match(touches, /third keeps UPDATE \(note\) on table public\.ledger in shop/)
        assert.match(touches, /PUBLIC keeps INSERT on table public\.ledger in shop/)
        assert.match(touches, /third keeps CREATE on database shop, which app passed on/)
        assert.match(touches, /third loses SELECT on what it makes later in shop/)
        if (major >= 16) assert.match(touches, /third keeps membership in team, which app passed on/)
        // what it owned goes with the rights on it
        assert.doesNotMatch(touches, /public\.own/)
      })
    },
  )
}
