// Two servers on one database: what is held at one is denied at the other.
import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Client } from 'pg'
import { createToken, issueToken } from '#access/records'
import type { Administration } from '#access/records'
import { sql } from '#db'
import { activatePrincipal, registerPrincipal } from '#identity/roll'
import { newId, systemClock } from '#kernel'
import type { Id, Instant } from '#kernel'
import { openKeys } from '#keys'
import { grantInTest } from '../../src/access/grant/grant-in-test.ts'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import type { Connection } from '../../src/db/connect.ts'
import { LAYER_NAMES } from '../../src/db/layer.ts'
import { personOf, rollInTest } from '../../src/identity/principal/roll-in-test.ts'
import type { RollInTest } from '../../src/identity/principal/roll-in-test.ts'
import { startServer, temporaryFolder } from './server-in-test.ts'
import type { ServerInTest } from './server-in-test.ts'

const DAY_MS = 86_400_000
const TABLE = { type: 'table', id: 'pg://main/shop/public.orders' }
const LATER = '2030-01-01T00:00:00.000Z' as Instant

interface Context {
  readonly reason: string
  readonly grant_id?: string
}

describe('decisions of two servers', { skip: databaseUnavailable(), timeout: 180_000 }, () => {
  test('a hold at one server is a denial at the other within a second, also when no hint arrives', async (t) => {
    const base = await testDatabase()
    t.after(async () => base.close())
    const folder = await temporaryFolder(t)
    const env = environmentOf(base)
    const first = await startServer({ dataDirectory: join(folder, 'first'), env })
    t.after(async () => first.kill())
    // one key of tokens for both, as an operator gives it
    await cp(join(folder, 'first', 'keys'), join(folder, 'second', 'keys'), { recursive: true })
    const second = await startServer({ dataDirectory: join(folder, 'second'), env })
    t.after(async () => second.kill())

    const { principalId, pdpToken, adminToken } = await estate(base, join(folder, 'first', 'keys'))
    const reasonAt = async (server: ServerInTest): Promise<string> => (await decided(server, pdpToken)).reason
    await until(async () => (await reasonAt(first)) === 'granted' && (await reasonAt(second)) === 'granted', 10_000)

    const change = async (what: 'quarantine' | 'restore'): Promise<number> => {
      const response = await fetch(`${first.url}/v1/principals/${principalId}/${what}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json', 'if-match': '*' },
        body: JSON.stringify({ reason: 'a test' }),
      })
      assert.equal(response.status, 200, await response.text())
      return performance.now()
    }
    const quarantined = async (): Promise<boolean> => (await reasonAt(second)) === 'quarantined'
    const hinted = await until(quarantined, 1000, await change('quarantine'))
    assert.equal(await reasonAt(first), 'quarantined')
    await change('restore')
    await until(async () => (await reasonAt(second)) === 'granted', 5000)

    await stopHints(base)
    const looked = await until(quarantined, 2500, await change('quarantine'))
    t.diagnostic(`denied after ${hinted.toFixed(0)} ms by a hint, after ${looked.toFixed(0)} ms without`)
    assert.equal(await first.stop(), 0)
    assert.equal(await reasonAt(second), 'quarantined', 'it goes on by itself')
    assert.equal(await second.stop(), 0)
  })
})

async function decided(server: ServerInTest, token: string): Promise<Context> {
  const response = await fetch(`${server.url}/access/v1/evaluation`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      subject: { type: 'kubernetes', id: 'app' },
      action: { name: 'pg:SELECT' },
      resource: TABLE,
    }),
  })
  if (response.status === 401) return { reason: 'the token is not known here yet' }
  const answer = (await response.json()) as { decision: boolean; context: Context }
  assert.equal(answer.decision, answer.context.reason === 'granted')
  return answer.context
}

/** Milliseconds from `since`. */
async function until(holds: () => Promise<boolean>, limitMs: number, since = performance.now()): Promise<number> {
  while (performance.now() - since < limitMs) {
    if (await holds()) return performance.now() - since
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return assert.fail(`it did not come true within ${limitMs} ms`)
}

/** A grant in the roll's own words, a client that may ask, an administrator who may hold. */
async function estate(
  base: TestDatabase,
  keysFolder: string,
): Promise<{ principalId: string; pdpToken: string; adminToken: string }> {
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
  const principalId = await active(roll, 'kubernetes', 'workload', 'app')
  const clientId = await active(roll, 'reeve', 'api_client', 'gateway')
  await access.db.transaction(async (tx) => {
    await tx.execute(sql`insert into access.role_assignment (id, subject_id, role, assigned_at, assigned_by, reason)
      values (${newId('role')}, ${personOf('ada')}, 'identity-admin', ${roll.now()}, 'bootstrap', 'a test')`)
  })
  await grantInTest(access, roll.act('ada'), { principalId, actions: ['pg:SELECT'], resources: ['pg://main/shop/*'] })
  const act = { ...roll.act('ada'), at: systemClock() }
  const admin = await createToken(access, act, {
    subject: { kind: 'person', personId: personOf('ada') },
    label: 'a test',
    scopes: ['write'],
    expiresAt: LATER,
  })
  const by = { subjectId: personOf('ada'), roles: new Set(['access-admin'] as const), scopes: ['write'] as const }
  const pdp = await issueToken(roll.identity, access, act, {
    subjectId: clientId,
    label: 'the gateway',
    scopes: ['decide'],
    expiresAt: LATER,
    by,
  })
  return { principalId, pdpToken: pdp.value, adminToken: admin.value }
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

function environmentOf(base: TestDatabase): Record<string, string> {
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
async function stopHints(base: TestDatabase): Promise<void> {
  const client = new Client(base.superuser)
  await client.connect()
  const { rowCount } = await client.query(`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'reeve listens'`)
  await client.end()
  assert.ok((rowCount ?? 0) >= 2, 'both servers listened')
}
