// A preview says what the feed would do, at a small part of its cost.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { sql } from '#db'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import type { IdentityLayer } from '../operation.ts'
import { FIRST_ADMINISTRATORS } from './adopt.ts'
import { applyPeopleFeed, previewPeopleFeed } from './apply-feed.ts'
import { feedInTest } from './feed-in-test.ts'
import type { PersonWords } from './feed-in-test.ts'
import { personIdOf } from './human-principal.ts'
import { actInTest, insertPrincipals, layerInTest, principalInTest } from './roll-in-test.ts'

describe('a preview of a people feed', { skip: databaseUnavailable() }, () => {
  let of: TestDatabase
  let identity: IdentityLayer
  beforeEach(async () => {
    of = await testDatabase()
    identity = layerInTest(of)
  })
  afterEach(() => of.close())

  test('says what is then done: of joiners, movers, leavers, who is taken over, who is left out, an emptied team', async () => {
    const admin = { id: 'ida@x', emails: ['ida@x'] }
    await applyPeopleFeed(identity, actInTest(), feedInTest([admin], { source: FIRST_ADMINISTRATORS, complete: false }))
    const crew: PersonWords[] = [
      { id: 'boss' },
      { id: 'a', managerId: 'boss', teamId: 't' },
      { id: 'b', managerId: 'boss', teamId: 'u' },
      { id: 'c', status: 'leaver' },
    ]
    await applyPeopleFeed(identity, actInTest(), feedInTest(crew))
    const owner = { party: { kind: 'person', id: personIdOf('a') }, from: 'stated', reason: 'x' } as const
    await identity.db.transaction((tx) => insertPrincipals(tx, [principalInTest('job', { owner })]))
    const feed = feedInTest([
      { id: 'boss', name: 'Renamed' },
      { id: 'a', managerId: 'boss', teamId: 't', status: 'leaver' },
      { id: 'b', managerId: 'boss', teamId: 'v' },
      { id: 'c' },
      { id: '1001', emails: ['ida@x'] },
      { id: 'new', managerId: 'new' },
      { id: 'new', name: 'twice' },
    ])
    const preview = await previewPeopleFeed(identity, actInTest(), feed)
    assert.deepEqual(
      [preview.joined, preview.changed, preview.moved, preview.returned, preview.left, preview.rowsLeftOut],
      [1, 2, 1, 1, 1, 1],
    )
    assert.equal(preview.emptiedTeams.length, 2)
    assert.deepEqual(preview.leavers[0]?.orphaned[0]?.offeredTo, personIdOf('boss'))
    assert.deepEqual(await applyPeopleFeed(identity, actInTest(), feed), preview)
  })

  test('writes none of the people, not even to take it back: 20,000 who manage each other cost no database', async () => {
    const size = async () =>
      (
        await identity.db.transaction((tx) =>
          tx.query<{ bytes: number }>(sql`select (pg_relation_size('identity.person')
            + pg_relation_size('identity.version') + pg_relation_size('identity.principal'))::integer as bytes`),
        )
      )[0]?.bytes
    const before = await size()
    const rows = Array.from({ length: 20_000 }, (_, at) => ({ id: `p${at}`, managerId: `p${(at + 1) % 20_000}` }))
    const preview = await previewPeopleFeed(identity, actInTest(), feedInTest(rows))
    assert.deepEqual([preview.joined, preview.managerCircles[0]?.length, preview.problemCount], [20_000, 20_000, 1])
    assert.equal(await size(), before)
  })
})
