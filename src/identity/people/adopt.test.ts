// Who was entered by hand is the feed's from the first row that knows them.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import type { IdentityLayer } from '../operation.ts'
import type { PersonRecord } from '../record/people-records.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PERSON, PRINCIPAL } from '../record/tables.ts'
import { FIRST_ADMINISTRATORS } from './adopt.ts'
import { applyPeopleFeed } from './apply-feed.ts'
import { feedInTest } from './feed-in-test.ts'
import type { PersonWords } from './feed-in-test.ts'
import { findPerson } from './find-person.ts'
import { humanIdOf, humanRef, personIdOf } from './human-principal.ts'
import { actInTest, all, layerInTest, versionsWithoutEntry } from './roll-in-test.ts'

const IDA = { id: 'ida@x.example', name: 'Ida', emails: ['ida@x.example'] }
const IAN = { id: 'ian@x.example', name: 'Ian', emails: ['ian@x.example'] }

describe('a person who was entered by hand', { skip: databaseUnavailable() }, () => {
  let of: TestDatabase
  let identity: IdentityLayer
  beforeEach(async () => {
    of = await testDatabase()
    identity = layerInTest(of)
    await apply([IDA, IAN], { source: FIRST_ADMINISTRATORS })
  })
  afterEach(async () => {
    assert.deepEqual(await versionsWithoutEntry(of), [])
    await of.close()
  })
  const apply = (rows: readonly PersonWords[], more = {}) =>
    applyPeopleFeed(identity, actInTest(), feedInTest(rows, { complete: false, ...more }))
  const person = async (feedId: string) =>
    (await all<PersonRecord>(identity, PERSON)).find(({ data }) => data.feedId === feedId)
  const human = async (feedId: string) =>
    (await all<PrincipalRecord>(identity, PRINCIPAL)).find(({ id }) => id === humanIdOf(feedId))?.data

  test('is taken over by the row with their address: one record, under the id of the feed', async () => {
    const outcome = await apply([{ id: '1001', name: 'Ida', emails: ['Ida@X.example'] }])
    assert.deepEqual([outcome.joined, outcome.changed, outcome.problemCount], [0, 1, 0])
    const ida = await person('1001')
    assert.deepEqual([ida?.id, ida?.data.source, await person(IDA.id)], [personIdOf(IDA.id), 'hr', undefined])
    const { externalId, refs } = (await human(IDA.id)) ?? {}
    assert.equal(externalId, '1001')
    assert.deepEqual(refs, [humanRef('1001'), humanRef(IDA.id)])
    assert.equal((await apply([{ id: '1001', name: 'Ida', emails: ['ida@x.example'] }])).unchanged, 1)
    // and who is entered by hand again is the same, not a second
    assert.equal(await findPerson(identity, { email: 'IDA@x.example' }), personIdOf(IDA.id))
    const again = await apply([IDA], { source: FIRST_ADMINISTRATORS })
    assert.deepEqual([again.joined, again.rowsLeftOut], [0, 1])
  })

  test('leaves by the first row that names them, whatever its id', async () => {
    const outcome = await apply([{ id: '1001', name: 'Ida', emails: IDA.emails, status: 'leaver' }])
    assert.deepEqual([outcome.left, outcome.leavers[0]?.personId], [1, personIdOf(IDA.id)])
    assert.deepEqual([(await person('1001'))?.data.status, (await human(IDA.id))?.state], ['leaver', 'quarantined'])
  })

  test('is not guessed: a row with the addresses of two, and two rows with one, are left out and named', async () => {
    const both = await apply([{ id: '7', emails: [...IDA.emails, ...IAN.emails] }, { id: '8' }])
    assert.deepEqual([both.joined, both.rowsLeftOut], [1, 1])
    const [problem] = both.problems
    for (const id of [IDA.id, IAN.id]) assert.match(problem?.message ?? '', new RegExp(personIdOf(id)))
    const twice = await apply([
      { id: '1', emails: IDA.emails },
      { id: '2', emails: IDA.emails },
    ])
    assert.deepEqual([twice.joined, twice.changed, twice.rowsLeftOut], [0, 0, 2])
    assert.match(twice.problems[0]?.message ?? '', /`1` and `2`.*psn_/)
    assert.equal((await person(IDA.id))?.data.source, FIRST_ADMINISTRATORS)
  })

  test('is no longer one once a feed has them: the row of another feed takes nobody over', async () => {
    await apply([{ id: '1001', emails: IDA.emails }])
    const outcome = await apply([{ id: '9', emails: IDA.emails, status: 'leaver' }], { source: 'other' })
    assert.deepEqual([outcome.left, outcome.joined], [0, 1])
    assert.equal((await person('1001'))?.data.status, 'active')
  })

  test('is found by address only where one person has it, and is never another than the id says', async () => {
    await apply([{ id: '5', emails: ['eve@x.example'] }])
    assert.equal(await findPerson(identity, { email: 'eve@x.example' }), personIdOf('5'))
    assert.equal(await findPerson(identity, { email: 'new@x.example' }), undefined)
    await assert.rejects(findPerson(identity, { feedId: '6', email: 'eve@x.example' }), /`5`/)
  })
})
