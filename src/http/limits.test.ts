// A flood of failures shuts out who makes it, and nobody else.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { mintToken } from '#access/records'
import { sql } from '#db'
import { databaseUnavailable } from '../db/database-in-test.ts'
import { apiInTest } from '../../test/http/api.ts'
import type { ApiInTest } from '../../test/http/api.ts'
import type { Doors } from './doors.ts'

const PER_MINUTE = 5

describe('authentication that fails is limited', { skip: databaseUnavailable() }, () => {
  let api: ApiInTest
  let lookUps = 0
  const resident = new Set<string>()
  const resolved: NonNullable<Doors['decisions']> = {
    state: () => assert.fail('no decision is asked for'),
    now: () => 0,
    authenticate: (presented) => (resident.has(presented) ? { token: {} as never } : { denied: 'unknown' }),
  }

  before(async () => {
    api = await apiInTest({ failuresPerAddressPerMinute: PER_MINUTE }, () => ({ decisions: resolved }))
    const { db } = api.doors.access
    const transaction = db.transaction.bind(db)
    Object.assign(db, {
      transaction: async (...args: Parameters<typeof transaction>): Promise<unknown> => {
        lookUps += 1
        return await transaction(...args)
      },
    })
  })
  after(async () => api.close())

  const me = async (token?: string): Promise<number> =>
    (await api.ask('GET', '/v1/me', token === undefined ? {} : { token })).status

  test('good tokens go on from the address of a flood, new ones too; well-formed guesses cost no query', async () => {
    const [ada, fresh, left] = [await api.somebody('ada'), await api.somebody('fresh'), await api.somebody('left')]
    resident.add(fresh)
    assert.equal(await me(ada), 200)
    const statuses: number[] = []
    for (let at = 0; at < PER_MINUTE + 3; at++) statuses.push(await me(mintToken('person')))
    assert.deepEqual(statuses.slice(0, PER_MINUTE - 1), Array(PER_MINUTE - 1).fill(401))
    assert.deepEqual(statuses.slice(-3), [429, 429, 429])

    const asked = lookUps
    assert.equal(await me(mintToken('person')), 429)
    assert.equal(await me('no'), 429)
    assert.equal(await me(), 429)
    assert.equal(await me(left), 429, 'not seen good, and in no memory: as any guess')
    assert.equal(lookUps, asked, 'nothing of it reached the database')

    assert.equal(await me(ada), 200, 'was good a moment ago')
    assert.equal(await me(fresh), 200, 'never seen before, but among the tokens in force')
  })

  test('a token that was good and is no more is not let through for it', async () => {
    const ian = await api.somebody('ian')
    resident.add(ian)
    assert.equal(await me(ian), 200)
    resident.delete(ian)
    await api.doors.access.db.transaction(async (tx) => {
      await tx.query(sql`update access.token set revoked_at = now(), revoked_by = id`)
    })
    assert.equal(await me(ian), 401)
    assert.equal(await me(ian), 429)
  })

  test('a known token that goes on failing is refused wherever it comes from', async () => {
    const gone = mintToken('person')
    resident.add(gone)
    const statuses: number[] = []
    for (let at = 0; at < PER_MINUTE + 1; at++) statuses.push(await me(gone))
    assert.deepEqual(statuses, [...Array(PER_MINUTE).fill(401), 429])
  })
})
