// Each way in which a revocation stays incomplete: how it comes about at a real server, and what has to be said of it.
import type { TargetSettings } from '#connectors/target'
import { between } from '../../src/connectors/postgresql/places-in-test.ts'
import type { Manner } from '../../src/connectors/postgresql/places-in-test.ts'
import { startPooler } from '../../src/connectors/postgresql/pooler-in-test.ts'
import type { TestPostgres } from '../../src/connectors/postgresql/postgres-in-test.ts'

export const SECRET = 'leaked-71c0de-and-long-enough'
export const SUCCESSOR = 'keeper'

export interface Made {
  /** Of the target that the plan is made at. */
  readonly settings?: Partial<TargetSettings>
  /** Once the plan has ended; throws where something was lost. */
  readonly after?: () => Promise<void>
}

export interface Way {
  readonly operation: 'contain' | 'revoke'
  /** At the role with this name, which may log in and owns nothing yet. */
  readonly make: (server: TestPostgres, role: string) => Promise<Made>
  readonly reason: RegExp
  readonly next: RegExp
  /** It concerns every role of the server while it is so. */
  readonly alone?: true
  readonly pooler?: true
}

/** Not seen by PostgreSQL: what stands between the prober and an entrance. */
const prober = (manner: Manner, reason: RegExp): Way => ({
  operation: 'revoke',
  make: async (server) => {
    const proxy = await between(server.port)
    proxy.manner = manner
    return { settings: { entrances: [proxy.address] }, after: async () => await proxy.close() }
  },
  reason,
  next: /see that the prober gets an answer there, then run the plan again/,
})

const isThere = async (server: TestPostgres, relation: string, database: string): Promise<void> => {
  const found = await server.sql(`select from pg_class where relname = '${relation}'`, database)
  if (found.length !== 1) throw new Error(`${relation} was lost`)
}

export const WAYS: Readonly<Record<string, Way>> = {
  'an object that can not be reassigned': {
    operation: 'revoke',
    make: async (server, role) => {
      await server.sql(
        `create function noted() returns event_trigger language plpgsql as $$ begin end $$;
         alter role ${role} superuser; create event trigger watch on ddl_command_end execute function noted();
         alter event trigger watch owner to ${role}; alter event trigger watch disable; alter role ${role} nosuperuser;
         create table kept_there (id int); alter table kept_there owner to ${role}`,
        'events',
      )
      return { after: async () => await isThere(server, 'kept_there', 'events') }
    },
    reason: /is held and stays: database events: .*event trigger watch/,
    next: /give what is left another owner as a superuser/,
  },
  'an unreachable database': {
    operation: 'revoke',
    make: async (server, role) => {
      await server.sql(`create table far_off (id int); alter table far_off owner to ${role}`, 'legacy')
      await server.sql('alter database legacy allow_connections false')
      return {
        after: async () => {
          await server.sql('alter database legacy allow_connections true')
          await isThere(server, 'far_off', 'legacy')
        },
      }
    },
    reason: /is held and stays: database legacy: it takes no connection/,
    next: /let `reeve_admin` connect to legacy/,
  },
  'a second membership path': {
    operation: 'contain',
    make: async (server, role) => {
      await server.sql(
        `create role between_them nologin; create role person login password 'of their own';
         grant ${role} to between_them; grant between_them to person`,
      )
      return {}
    },
    reason: /person inherits the rights of \w+, by a chain of memberships/,
    next: /take person out of the chain to \w+, or hold person too/,
  },
  'a line of `trust`': {
    operation: 'revoke',
    make: async (server) => {
      await server.hba('host all postgres 127.0.0.2/32 trust')
      return { after: async () => await server.hba('') }
    },
    reason: /line 1 of pg_hba\.conf \(host all postgres .* trust\) lets postgres in without any proof/,
    next: /replace `trust` in line 1 of pg_hba\.conf by `scram-sha-256`/,
    alone: true,
  },
  'a session that PgBouncer keeps': {
    operation: 'contain',
    make: async (server, role) => {
      const pooler = await startPooler(server.port, { [role]: SECRET })
      const kept = await server.session(role, SECRET, 'postgres', 'kept', pooler.address.port)
      await kept.query('select 1')
      return {
        settings: { entrances: [pooler.address] },
        after: async () => {
          // it was ended at the server, whatever the pooler says to its client
          if ((await server.sql(`select 1 from pg_stat_activity where usename = '${role}'`)).length > 0)
            throw new Error('a session is open')
          await kept.end().catch(() => undefined)
          await pooler.close()
        },
      }
    },
    reason: /not seen refused: .*(?:the pooler has no session for it at the server|did not answer in time)/,
    next: /take the role out of the list of the pooler|see that the prober gets an answer there/,
    pooler: true,
  },
  'PgBouncer, which signs in as somebody else': {
    operation: 'revoke',
    make: async (server, role) => {
      const users = { [role]: SECRET, pool: 'of-the-pooler' }
      const pooler = await startPooler(server.port, users, 'user=pool password=of-the-pooler')
      return { settings: { entrances: [pooler.address] }, after: async () => await pooler.close() }
    },
    reason: /still let in: .* accepted: the login was accepted, as `pool`/,
    next: /change the password there too, or close that entrance/,
    pooler: true,
  },
  'the prober is black-holed': prober('black hole', /not seen refused: .*did not answer in time/),
  'the prober is reset': prober('resets', /not seen refused: .*the connection was reset/),
  'the prober is answered 53300': prober(
    { sqlstate: '53300', message: 'sorry, too many clients already' },
    /not seen refused: .*\(53300\): no connection was free/,
  ),
  'the prober is answered 3D000': prober(
    { sqlstate: '3D000', message: 'database "x" does not exist' },
    /not seen refused: .*\(3D000\): .*there is no such database/,
  ),
}
