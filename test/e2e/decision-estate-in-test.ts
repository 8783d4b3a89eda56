// An estate for decisions of several processes: principals with grants, clients that may ask and follow, and who may hold them.
import assert from 'node:assert/strict'
import { setTimeout as passed } from 'node:timers/promises'
import { Client } from 'pg'
import { createToken, issueToken } from '#access/records'
import type { Administration, Scope } from '#access/records'
import { activatePrincipal, registerPrincipal } from '#identity/roll'
import { systemClock } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import { openKeys } from '#keys'
import { grantInTest } from '../../src/access/grant/grant-in-test.ts'
import { roleInTest } from '../../src/access/role/role-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import type { Connection } from '../../src/db/connect.ts'
import { LAYER_NAMES } from '../../src/db/layer.ts'
import { personOf, rollInTest } from '../../src/identity/principal/roll-in-test.ts'
import type { RollInTest } from '../../src/identity/principal/roll-in-test.ts'

const DAY_MS = 86_400_000
export const TABLE = { type: 'table', id: 'pg://main/shop/public.orders' }
const LATER = '2030-01-01T00:00:00.000Z' as Instant

/** Milliseconds from `since`. */
export async function until(
  holds: () => Promise<boolean>,
  limitMs: number,
  since = performance.now(),
): Promise<number> {
  while (performance.now() - since < limitMs) {
    if (await holds()) return performance.now() - since
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return assert.fail(`it did not come true within ${limitMs} ms`)
}

export interface DecisionEstate {
  readonly roll: RollInTest
  readonly access: Administration
  readonly act: () => Act
  readonly pdpToken: string
  readonly adminToken: string
  /** A principal of Kubernetes with this name that may read the table. */
  readonly granted: (
    name: string,
    until?: Instant,
  ) => Promise<{ readonly principalId: Id<'principal'>; readonly grantId: string }>
  readonly clientToken: (name: string, scopes: readonly Scope[]) => Promise<string>
}

/** In the roll's own words: the principal `app` that is granted, a client that may ask, an administrator who may hold. */
export async function estate(base: TestDatabase, keysFolder: string): Promise<DecisionEstate> {
  const roll = await rollInTest(() => Promise.resolve(base))
  roll.pass(Math.floor((Date.now() - Date.parse(roll.now())) / DAY_MS))
  const keys = await openKeys(keysFolder, systemClock)
  const access: Administration = {
    db: base.database.layer('access'),
    clock: systemClock,
    tokenKeys: () => keys.keysOf('token').map((key) => ({ keyId: key.keyId, key: key.reveal() })),
    settings: { bothAdministrations: false, tokenDaysMax: 3660 },
  }
  await roll.addPerson('ada')
  await roleInTest(access.db, roll.act('ada'), personOf('ada'), 'identity-admin')
  const act = (): Act => ({ ...roll.act('ada', { reason: 'a test' }), at: systemClock() })
  const granted: DecisionEstate['granted'] = async (name, over) => {
    const principalId = await active(roll, 'kubernetes', 'workload', name)
    const right = { principalId, actions: ['pg:SELECT'], resources: ['pg://main/shop/*'] }
    const { id } = await grantInTest(access, roll.act('ada'), { ...right, ...(over !== undefined && { until: over }) })
    return { principalId, grantId: id }
  }
  const clientToken: DecisionEstate['clientToken'] = async (name, scopes) => {
    const subjectId = await active(roll, 'reeve', 'api_client', name)
    const by = { subjectId: personOf('ada'), roles: new Set(['access-admin'] as const), scopes: ['write'] as const }
    const input = { subjectId, label: name, scopes, expiresAt: LATER, by }
    return (await issueToken(roll.identity, access, act(), input)).value
  }
  const admin = await createToken(access, act(), {
    subject: { kind: 'person', personId: personOf('ada') },
    label: 'a test',
    scopes: ['write'],
    expiresAt: LATER,
  })
  const pdpToken = await clientToken('gateway', ['decide'])
  return { roll, access, act, pdpToken, adminToken: admin.value, granted, clientToken }
}

async function active(
  roll: RollInTest,
  system: 'kubernetes' | 'reeve',
  kind: 'workload' | 'api_client',
  name: string,
): Promise<Id<'principal'>> {
  const owner = { kind: 'person', id: personOf('ada') } as const
  const made = await registerPrincipal(roll.identity, roll.act('ada'), {
    kind,
    system,
    externalId: name,
    name,
    owner,
    purpose: 'a test',
    expiresAt: LATER,
  })
  const id = made.id as Id<'principal'>
  await activatePrincipal(roll.identity, roll.act('ada'), { id })
  return id
}

export function environmentOf(base: TestDatabase): Record<string, string> {
  const layers = LAYER_NAMES.map((layer) => [
    `REEVE_DATABASE_URL_${layer.toUpperCase()}`,
    urlOf(base.connectionFor(layer)),
  ])
  return { REEVE_DATABASE_URL: urlOf(base.owner), ...Object.fromEntries(layers) }
}

function urlOf({ host = '', port = 0, user = '', password, database = '' }: Connection): string {
  const words = new URLSearchParams({ host, port: String(port), user, password: String(password) })
  return `postgresql:///${database}?${words.toString()}`
}

/** Ends every connection that listens: what is told next is heard by nobody. */
export async function stopHints(base: TestDatabase, servers = 2): Promise<void> {
  const client = new Client(base.superuser)
  await client.connect()
  // a server whose listening was just ended listens again within a second or so
  let ended = 0
  for (let tries = 0; ended < servers && tries < 60; tries += 1) {
    if (tries > 0) await passed(50)
    const { rowCount } = await client.query(`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'reeve listens'`)
    ended += rowCount ?? 0
  }
  await client.end()
  assert.ok(ended >= servers, 'every server listened')
}

/** What is committed from now on notifies nobody, until what this answers was called. */
export async function dropHints(base: TestDatabase): Promise<() => Promise<void>> {
  const name = 'outbox.tell(text, text[], jsonb)'
  const run = async <T extends object>(text: string): Promise<T[]> => {
    const client = new Client(base.superuser)
    await client.connect()
    const { rows } = await client.query<T>(text)
    await client.end()
    return rows
  }
  const [was] = await run<{ text: string }>(`select pg_get_functiondef('${name}'::regprocedure) as text`)
  const text = was?.text ?? ''
  assert.ok(text.includes('pg_notify('))
  await run(text.replace('pg_notify(', 'concat('))
  return async () => void (await run(text))
}

/** Nothing that changed can be read any more, until the database is gone: a hint is all that comes through. */
export async function holdReads(base: TestDatabase, servers = 1): Promise<void> {
  const client = new Client(base.superuser)
  await client.connect()
  client.on('error', () => undefined)
  // a server that was cut off from the database listens again within a second or so
  const listening = `select from pg_stat_activity
    where datname = current_database() and application_name = 'reeve listens' and state = 'idle'`
  await until(async () => (await client.query(listening)).rowCount === servers, 5000)
  await client.query('begin; lock table outbox.epoch in access exclusive mode')
}

/** Ends every connection of the database's servers and lets none in, until it is back. */
export async function databaseGone(
  base: TestDatabase,
): Promise<{ readonly now: () => Promise<void>; readonly back: () => Promise<void> }> {
  const client = new Client({ ...base.superuser, database: 'postgres' })
  await client.connect()
  const closed = `alter database ${base.name} with allow_connections`
  return {
    now: async () => {
      await client.query(`${closed} false`)
      await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [base.name])
    },
    back: async () => {
      await client.query(`${closed} true`)
      await client.end()
    },
  }
}
