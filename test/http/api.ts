// A server for tests of the API: a real database, people with roles and tokens, requests without a socket.
import { randomBytes } from 'node:crypto'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import type { Clock, Id, Instant } from '#kernel'
import { sql } from '#db'
import type { Database } from '#db'
import { createToken, mintToken } from '#access/records'
import type { Administration, Role, Scope } from '#access/records'
import { roleInTest } from '../../src/access/role/role-in-test.ts'
import { testDatabase } from '../../src/db/database-in-test.ts'
import { personOf, rollInTest } from '../../src/identity/principal/roll-in-test.ts'
import type { RollInTest } from '../../src/identity/principal/roll-in-test.ts'
import { buildServer } from '../../src/http/server.ts'
import { HTTP_SETTINGS } from '../../src/http/doors.ts'
import type { Doors, HttpSettings } from '../../src/http/doors.ts'
import { controlReader } from '../../src/start/control-reader.ts'

export interface Asked {
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly headers: LightMyRequestResponse['headers']
  // tests look into answers of every form
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any
}

export interface ApiInTest {
  readonly roll: RollInTest
  readonly doors: Doors
  readonly server: FastifyInstance
  readonly log: string[]
  /** A person of the roll with these roles, and a token of theirs. */
  somebody(feedId: string, roles?: readonly Role[], scopes?: readonly Scope[]): Promise<string>
  ask(method: string, path: string, asked?: Asked): Promise<Answer>
  entries(): Promise<{ readonly type: string; readonly actor: string; readonly content: Record<string, unknown> }[]>
  close(): Promise<void>
}

export async function apiInTest(
  settings: Partial<HttpSettings> = {},
  more: (database: Database, clock: Clock) => Partial<Doors> = () => ({}),
): Promise<ApiInTest> {
  const roll = await rollInTest(testDatabase)
  const key = { keyId: 'hk_test', key: randomBytes(32) }
  const access: Administration = {
    db: roll.database.layer('access'),
    clock: () => roll.now(),
    tokenKeys: () => [key],
    settings: { bothAdministrations: false, tokenDaysMax: 366 },
  }
  const doors: Doors = {
    identity: roll.identity,
    access,
    evidence: roll.database.layer('evidence'),
    controls: (past) => controlReader(roll.database, roll.identity, [], past),
    ...more(roll.database, () => roll.now()),
  }
  const log: string[] = []
  const server = await buildServer(doors, {
    ...HTTP_SETTINGS,
    perTokenPerMinute: 1_000_000,
    failuresPerAddressPerMinute: 1_000_000,
    log: { write: (line) => void log.push(line) },
    ...settings,
  })
  await server.ready()
  return {
    roll,
    doors,
    server,
    log,
    async somebody(feedId, roles = [], scopes = ['write']) {
      await roll.addPerson(feedId)
      const personId = personOf(feedId)
      await roleInTest(access.db, { actor: { id: 'bootstrap' }, at: roll.now() }, personId, ...roles)
      return await tokenFor(access, personId, scopes, roll.now())
    },
    async ask(method, path, { token, body, headers = {} } = {}) {
      const response = await server.inject({
        method: method as 'GET',
        url: path,
        headers: {
          host: '127.0.0.1',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(body === undefined ? {} : { payload: body as object }),
      })
      return { status: response.statusCode, headers: response.headers, body: parsed(response.body) }
    },
    entries: () =>
      roll.database
        .layer('evidence')
        .transaction((tx) =>
          tx.query(sql`select type, actor, content from evidence.entry order by transaction, ordinal`),
        ),
    async close() {
      await server.close()
      await roll.close()
    },
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function tokenFor(
  access: Administration,
  personId: Id<'person'>,
  scopes: readonly Scope[],
  at: Instant,
): Promise<string> {
  const expiresAt = new Date(Date.parse(at) + 30 * 86_400_000).toISOString() as Instant
  const value = mintToken('person')
  const subject = { kind: 'person', personId } as const
  await createToken(access, { actor: { id: 'bootstrap' }, at }, { subject, label: 'a test', scopes, expiresAt, value })
  return value
}
