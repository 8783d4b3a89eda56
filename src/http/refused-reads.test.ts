import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { apiInTest } from '../../test/http/api.ts'
import { databaseUnavailable } from '../db/database-in-test.ts'
import { personOf } from '../identity/principal/roll-in-test.ts'
import { RefusedReads } from './refused-reads.ts'

const actor = (id: string): never => ({ id }) as never
const read = (operation: string, subject?: string) => ({
  operation,
  code: 'forbidden',
  tokenId: 'tok_1',
  subjects: subject === undefined ? [] : [subject],
})

function written(): { reads: RefusedReads; log: unknown[]; later: (ms: number) => void; fail: (on: boolean) => void } {
  const log: unknown[] = []
  let now = 0
  let failing = false
  const reads = new RefusedReads(
    async ({ id }, { operation, count, subjects }) => {
      await Promise.resolve()
      if (failing) throw new Error('no database')
      log.push([id, operation, count ?? 1, subjects.length])
    },
    () => now,
  )
  return { reads, log, later: (ms) => (now += ms), fail: (on) => (failing = on) }
}

test('of one subject, operation and reason there is at most one entry a minute, and none is lost', async () => {
  const { reads, log, later } = written()
  for (let at = 0; at < 1000; at++) await reads.note(actor('bob'), read('listRoles', `rec${at}`))
  await reads.note(actor('bob'), read('getRole'))
  await reads.note(actor('cy'), read('listRoles'))
  await reads.flush()
  assert.deepEqual(log.splice(0), [
    ['bob', 'listRoles', 1, 1],
    ['bob', 'getRole', 1, 0],
    ['cy', 'listRoles', 1, 0],
  ])
  later(60_000)
  await reads.flush()
  assert.deepEqual(log.splice(0), [['bob', 'listRoles', 999, 20]])
  await reads.note(actor('bob'), read('listRoles'))
  later(30_000)
  await reads.flush()
  assert.deepEqual(log.splice(0), [])
  await reads.close()
  assert.deepEqual(log.splice(0), [['bob', 'listRoles', 1, 0]])
})

test('what cannot be written is written the next time', async () => {
  const { reads, log, later, fail } = written()
  fail(true)
  await assert.rejects(reads.note(actor('bob'), read('listRoles')))
  fail(false)
  await reads.note(actor('bob'), read('listRoles'))
  await reads.note(actor('bob'), read('listRoles'))
  later(60_000)
  fail(true)
  await assert.rejects(reads.flush())
  fail(false)
  await reads.close()
  assert.deepEqual(log, [
    ['bob', 'listRoles', 1, 0],
    ['bob', 'listRoles', 1, 0],
  ])
})

test('when too many are pending, each further one is written at once', async () => {
  const { reads, log } = written()
  for (let at = 0; at < 10_000; at++) await reads.note(actor(`p${at}`), read('listRoles'))
  log.splice(0)
  for (let at = 0; at < 3; at++) await reads.note(actor('late'), read('listRoles'))
  assert.equal(log.length, 3)
  await reads.close()
})

describe('refused reads over the API', { skip: databaseUnavailable() }, () => {
  test('a read that is refused again and again makes one entry, and the rest at the stop; each write makes its own', async (t) => {
    const api = await apiInTest()
    t.after(() => api.roll.close())
    const bob = await api.somebody('bob')
    const entries = async (): Promise<unknown[]> =>
      (await api.entries())
        .filter(({ type }) => type === 'act.refused')
        .map(({ actor: by, content }) => [by, content['operation'], content['count']])
    for (let at = 0; at < 5; at++) assert.equal((await api.ask('GET', '/v1/roles', { token: bob })).status, 403)
    const one = [personOf('bob'), 'listRoles', undefined]
    assert.deepEqual(await entries(), [one])
    const body = { subjectId: personOf('bob'), role: 'auditor', reason: 'a test' }
    for (let at = 0; at < 2; at++) assert.equal((await api.ask('POST', '/v1/roles', { token: bob, body })).status, 403)
    const write = [personOf('bob'), 'assignRole', undefined]
    assert.deepEqual(await entries(), [one, write, write])
    await api.server.close()
    assert.deepEqual(await entries(), [one, write, write, [personOf('bob'), 'listRoles', 4]])
  })
})
