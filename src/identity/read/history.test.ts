import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Fault, newId } from '#kernel'
import type { Instant } from '#kernel'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import { history } from './history.ts'
import type { HistoryItem } from './history.ts'
import {
  actAt,
  addPerson,
  addPrincipals,
  changePrincipalAt,
  instant,
  ownedBy,
  principalRecord,
  rollInTest,
} from './roll-in-test.ts'
import type { RollInTest } from './roll-in-test.ts'
import { asParties, EVERYTHING } from './viewer.ts'
import type { Viewer } from './viewer.ts'

describe('the history of a record', { skip: databaseUnavailable() }, () => {
  let roll: RollInTest
  before(async () => {
    roll = await rollInTest()
  })
  after(() => roll.database.close())
  const all = async (id: string, viewer: Viewer = EVERYTHING, limit = 200): Promise<HistoryItem[]> => {
    const items: HistoryItem[] = []
    let cursor: string | undefined
    do {
      const page = await history(roll.identity, viewer, id, { limit, ...(cursor && { cursor }) })
      assert.ok(page.items.length <= limit)
      items.push(...page.items)
      cursor = page.next
    } while (cursor !== undefined)
    return items
  }
  const stated = (value: string) => ({ value, from: 'stated', reason: 'in a test' }) as const

  test('each version says who, when, why, which entry, and what it changed', async () => {
    const jane = await addPerson(roll, 'jane')
    const [made] = await addPrincipals(roll, [principalRecord('one')], actAt('2026-01-01T00:00:00.000Z'))
    assert.ok(made)
    const owned = await changePrincipalAt(roll, made, ownedBy(jane), actAt('2026-02-01T00:00:00.000Z', 'it is Jane’s'))
    const second = await changePrincipalAt(roll, owned, { purpose: stated('pays') }, actAt('2026-03-01T00:00:00.000Z'))
    const [latest, middle, first] = await all(made.id)
    assert.deepEqual(first?.changes, [])
    assert.equal(middle?.reason, 'it is Jane’s')
    assert.equal(middle.recordedAt, '2026-02-01T00:00:00.000Z')
    assert.deepEqual(
      middle.changes.map(({ path, after: value }) => [path, path === '/owner' ? '' : value]),
      [['/owner', '']],
    )
    assert.deepEqual(latest?.changes, [{ path: '/purpose', after: stated('pays') }])
    assert.equal(latest.hash, second.hash)
    const entries = await roll.identity.db.transaction(async () => [latest.entryId, middle.entryId, first?.entryId])
    assert.equal(new Set(entries).size, 3)
  })

  test('a correction is compared with what was said of that time, not with the version before it', async () => {
    const at = (day: string): Instant => instant(`2026-0${day}T00:00:00.000Z`)
    const [made] = await addPrincipals(roll, [principalRecord('two', { purpose: stated('a') })], actAt(at('1-01')))
    assert.ok(made)
    const b = await changePrincipalAt(roll, made, { purpose: stated('b') }, actAt(at('2-01')))
    const corrected = await changePrincipalAt(roll, b, { workloadScope: 'w' }, actAt(at('3-01')), {
      validFrom: at('1-10'),
      validTo: at('1-20'),
    })
    assert.deepEqual(corrected.data, b.data, 'the present is as it was')
    const now = await changePrincipalAt(roll, corrected, { purpose: stated('c') }, actAt(at('4-01')))
    const everywhere = await changePrincipalAt(roll, now, { integration: 'i' }, actAt(at('5-01')), {
      validFrom: at('1-01'),
    })
    const [v5, v4, v3] = await all(everywhere.id, EVERYTHING, 2)
    assert.deepEqual(v3?.stretches, [{ validFrom: at('1-10'), validTo: at('1-20') }])
    assert.deepEqual(v3.changes, [{ path: '/workloadScope', after: 'w' }])
    assert.deepEqual(v4?.changes, [{ path: '/purpose/value', before: 'b', after: 'c' }])
    assert.deepEqual(
      v5?.stretches.map(({ validFrom }) => validFrom),
      [at('1-01'), at('1-10'), at('1-20'), at('2-01'), at('4-01')],
    )
    assert.deepEqual(v5.changes, [{ path: '/integration', after: 'i' }])
  })

  test('who may not see the record learns nothing of its history, nor whether it exists', async () => {
    const [kim, lee] = [await addPerson(roll, 'kim'), await addPerson(roll, 'lee')]
    const [made] = await addPrincipals(roll, [principalRecord('three', ownedBy(kim))])
    assert.ok(made)
    const viewer = async (personId: typeof kim): Promise<Viewer> => ({
      scope: 'own',
      personId,
      parties: await asParties(roll.identity, personId),
    })
    assert.equal((await all(made.id, await viewer(kim))).length, 1)
    const lees = await viewer(lee)
    const told = async (id: string): Promise<string> =>
      await history(roll.identity, lees, id).then(
        () => 'a history',
        (error: unknown) => (error instanceof Fault ? `${error.code} ${error.detail}` : 'another error'),
      )
    assert.equal(await told(made.id), await told(newId('principal')))
    assert.match(await told(made.id), /^not_found/)
    assert.equal((await all(kim, await viewer(kim))).length, 1)
    assert.equal(await told(kim), await told(newId('person')))
    assert.match(await told('no id'), /^not_found/)
    assert.match(await told(newId('entry')), /^not_found/)
  })
})
