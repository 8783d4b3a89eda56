// Two servers on one database: what is held at one is denied at the other.
import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import { environmentOf, estate, stopHints, TABLE, until } from './decision-estate-in-test.ts'
import { startServer, temporaryFolder } from './server-in-test.ts'
import type { ServerInTest } from './server-in-test.ts'

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

    const { pdpToken, adminToken, granted } = await estate(base, join(folder, 'first', 'keys'))
    const { principalId } = await granted('app')
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
