import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import { listPrincipals } from './principal.ts'
import type { PrincipalQuery } from './principal.ts'
import { addPrincipals, principalRecord, rollInTest } from './roll-in-test.ts'
import type { RollInTest } from './roll-in-test.ts'
import { EVERYTHING } from './viewer.ts'

/** More than are looked at one by one, so that the index of words is asked too. */
const PRINCIPALS = 4000

describe('searching a roll', { skip: databaseUnavailable() }, () => {
  let roll: RollInTest
  before(async () => {
    roll = await rollInTest()
    const records = Array.from({ length: PRINCIPALS }, (_, n) => {
      const words = [
        'every',
        n % 7 === 0 ? 'seventh' : '',
        n % 60 === 0 ? 'sixtieth' : '',
        n % 900 === 0 ? 'seldom' : '',
      ]
      return principalRecord(`${words.join(' ')} n${n}`, {
        externalId: `x${n}`,
        kind: n % 2 === 0 ? 'machine' : 'workload',
      })
    })
    await addPrincipals(roll, records)
  })
  after(() => roll.database.close())

  async function all(query: PrincipalQuery, limit: number): Promise<string[]> {
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = await listPrincipals(roll.identity, EVERYTHING, query, { limit, ...(cursor && { cursor }) })
      assert.ok(page.items.length === limit || page.next === undefined, 'only the last page is short')
      ids.push(...page.items.map(({ id }) => id))
      cursor = page.next
    } while (cursor !== undefined)
    return ids
  }

  test('pages in the order of ids hold every match once, however frequent its words', async () => {
    const counts: readonly (readonly [q: string, count: number])[] = [
      ['every', PRINCIPALS],
      ['seventh', 572],
      ['sixtieth', 67],
      ['sixt seventh', 10],
      ['seldom', 5],
      ['n1234', 1],
      ['nowhere', 0],
      // what the index holds beside the words is no word
      ['~ 0', 0],
    ]
    for (const [q, count] of counts) {
      const sorted = await all({ q, sort: 'name' }, 200)
      for (const limit of [7, 50, 200]) {
        if (count / limit > 25) continue
        const found = await all({ q }, limit)
        assert.deepEqual(found, found.toSorted(), `${q} is in the order of ids`)
        assert.deepEqual(new Set(found), new Set(sorted), q)
        assert.equal(found.length, count, q)
      }
    }
  })

  test('filters hold in a search, and so does the total', async () => {
    const machines = await all({ q: 'sixtieth', kind: 'machine' }, 10)
    assert.equal(machines.length, 67)
    assert.deepEqual(await all({ q: 'sixtieth', kind: 'workload' }, 10), [])
    const { total } = await listPrincipals(
      roll.identity,
      EVERYTHING,
      { q: 'seventh', kind: 'machine' },
      { total: true },
    )
    assert.deepEqual(total, { count: 286, capped: false })
  })
})
