// Somebody who had left before the roll knew them leaves behind what every leaver does.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ref } from '#kernel'
import type { Fact, PersonFact } from '#kernel'
import { EVERYTHING, knownCredentials, listOrphans, personIdOf } from '#identity/roll'
import { sql } from '#db'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { arnOf, role, secret, syncInTest } from './sync-in-test.ts'
import type { SyncInTest } from './sync-in-test.ts'

const person = (personId: string, more: Partial<PersonFact> = {}): PersonFact => ({
  type: 'person',
  personId,
  name: personId,
  emails: [`${personId}@x.example`],
  status: 'active',
  provenance: { connector: 'people', file: 'people.csv' },
  ...more,
})
const PEOPLE: readonly Fact[] = [
  person('boss'),
  person('away', { status: 'on_leave', managerId: 'boss' }),
  person('tomas', { status: 'leaver', managerId: 'away' }),
]
const LOADER: Fact = { ...role('loader'), ownerHints: [{ who: 'tomas@x.example', how: 'declared', reason: 'a tag' }] }

describe('what a source shows of somebody who was a leaver when first seen', { skip: databaseUnavailable() }, () => {
  let opened: TestDatabase
  let roll: SyncInTest
  beforeEach(async () => {
    opened = await testDatabase()
    roll = syncInTest(opened.database)
  })
  afterEach(async () => {
    assert.deepEqual(await roll.withoutTheirEntry(), [])
    await opened.close()
  })
  const offers = async () =>
    await opened.database
      .layer('identity')
      .transaction((tx) =>
        tx.query<{ of: string; to: string; state: string }>(
          sql`select principal_id as of, to_id as to, state from identity.offer order by id`,
        ),
      )

  test('is an orphan that the next active manager is asked for, once; what they knew is listed', async () => {
    const loaderRef = ref('aws', arnOf('loader'))
    await roll.sync('estate', [...PEOPLE, LOADER, secret('key', { principal: loaderRef })])
    const loader = await roll.principal(arnOf('loader'))
    assert.equal(loader?.data.formerOwner?.party.id, personIdOf('tomas'))
    const expected = [{ of: loader?.id, to: personIdOf('boss'), state: 'pending' }]
    assert.deepEqual(await offers(), expected)
    const orphans = await listOrphans(roll.identity, EVERYTHING, {})
    assert.deepEqual(
      orphans.items.map(({ principal }) => principal.id),
      [loader?.id],
    )
    await roll.sync('estate', [...PEOPLE, LOADER])
    assert.deepEqual(await offers(), expected)
    const known = await knownCredentials(roll.identity, personIdOf('tomas'))
    assert.deepEqual(
      known.map(({ principalId, ways }) => [principalId, ways]),
      [[loader?.id, ['owned']]],
    )
  })
})
