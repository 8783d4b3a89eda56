import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import type { IdentityLayer } from '../operation.ts'
import { confirmMatch } from '../principal/confirm-match.ts'
import { proposeMatches } from '../principal/propose-matches.ts'
import { quarantinePrincipal, restorePrincipal } from '../principal/quarantine.ts'
import { undoMatch } from '../principal/undo-match.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'
import { activatePeopleOfFeeds } from './activate-people.ts'
import { applyPeopleFeed } from './apply-feed.ts'
import { asBeforeRelease } from './earlier-release-in-test.ts'
import { feedInTest } from './feed-in-test.ts'
import type { PersonWords } from './feed-in-test.ts'
import { humanIdOf, personIdOf } from './human-principal.ts'
import {
  actInTest,
  all,
  entriesOf,
  insertPrincipals,
  layerInTest,
  principalInTest,
  versionsWithoutEntry,
} from './roll-in-test.ts'

const LATER = '2026-07-02T08:00:00.000Z'
const AFTER = '2026-07-03T08:00:00.000Z'

describe('people of a feed whom an earlier release left registered', { skip: databaseUnavailable() }, () => {
  let of: TestDatabase
  let identity: IdentityLayer
  beforeEach(async () => {
    of = await testDatabase()
    identity = layerInTest(of)
  })
  afterEach(async () => {
    assert.deepEqual(await versionsWithoutEntry(of), [])
    await of.close()
  })
  const feed = (rows: readonly PersonWords[], at = LATER) =>
    applyPeopleFeed(identity, actInTest(at), feedInTest(rows, { complete: false }))
  const states = async () =>
    new Map((await all<PrincipalRecord>(identity, PRINCIPAL)).map(({ data }) => [data.externalId, data.state]))
  const start = () => activatePeopleOfFeeds(identity, actInTest(AFTER))

  test('are active from the start of the server on, each with its entry, and nobody else is', async () => {
    await feed([{ id: 'here' }, { id: 'away', status: 'on_leave' }, { id: 'held' }, { id: 'gone', status: 'leaver' }])
    await quarantinePrincipal(identity, actInTest(LATER), { id: humanIdOf('held'), reason: 'an inquiry' })
    await asBeforeRelease(identity, actInTest(LATER), ['here', 'away', 'held', 'gone'].map(humanIdOf))
    await identity.db.transaction((tx) =>
      insertPrincipals(tx, [
        principalInTest('by-hand', { kind: 'human' }),
        principalInTest('account', { kind: 'human', personId: personIdOf('here') }),
      ]),
    )
    assert.equal((await states()).get('here'), 'registered')
    const heard: string[] = []
    const listening = { ...identity, onPrincipalChanged: (ids: readonly string[]) => heard.push(...ids) }
    assert.equal(await activatePeopleOfFeeds(listening, actInTest(AFTER)), 2)
    assert.deepEqual(new Set(heard), new Set([humanIdOf('here'), humanIdOf('away')]))
    assert.deepEqual(
      await states(),
      new Map([
        ['here', 'active'],
        ['away', 'active'],
        ['held', 'quarantined'],
        ['gone', 'quarantined'],
        ['by-hand', 'registered'],
        ['account', 'registered'],
      ]),
    )
    const last = (await entriesOf(of, humanIdOf('here'))).at(-1)
    assert.equal(last?.type, 'principal.activated')
    assert.ok(last?.subjects.includes(personIdOf('here')))
    assert.equal(await start(), 0)
  })

  test('one who is a leaver stays as they are, whatever their record says', async () => {
    await feed([{ id: 'gone', status: 'leaver' }])
    await identity.db.transaction((tx) =>
      insertPrincipals(tx, [
        principalInTest('second', {
          kind: 'human',
          personId: personIdOf('gone'),
          provenance: { how: 'feed', source: 'hr', firstSeenAt: actInTest().at },
        }),
      ]),
    )
    assert.equal(await start(), 0)
    assert.equal((await states()).get('second'), 'registered')
  })

  test('are brought along however many they are', async () => {
    const many = Array.from({ length: 1001 }, (_, at) => `p${at}`)
    await feed(many.map((id) => ({ id })))
    await asBeforeRelease(identity, actInTest(LATER), many.map(humanIdOf))
    assert.equal(await start(), 1001)
    assert.deepEqual(new Set((await states()).values()), new Set(['active']))
  })

  test('are the only ones that PostgreSQL lets be active without an owner', async () => {
    await feed([{ id: 'here' }])
    const ofFeed = { how: 'feed', source: 'hr', firstSeenAt: actInTest().at } as const
    const personId = personIdOf('here')
    for (const [name, more] of Object.entries<Partial<PrincipalRecord>>({
      'by hand': { kind: 'human', personId },
      'no person': { kind: 'human', provenance: ofFeed },
      'no human': { kind: 'service_account', personId, provenance: ofFeed },
    })) {
      const insert = identity.db.transaction((tx) =>
        insertPrincipals(tx, [principalInTest(name, { state: 'active', ...more })]),
      )
      await assert.rejects(insert, /principal_active_complete/, name)
    }
    assert.deepEqual(await states(), new Map([['here', 'active']]))
  })

  test('and were held are active when the hold ends, by a person or by their return', async () => {
    await feed([{ id: 'held' }, { id: 'back' }])
    await quarantinePrincipal(identity, actInTest(LATER), { id: humanIdOf('held'), reason: 'an inquiry' })
    await feed([{ id: 'back', status: 'leaver' }])
    await asBeforeRelease(identity, actInTest(LATER), ['held', 'back'].map(humanIdOf))
    await restorePrincipal(identity, actInTest(AFTER), { id: humanIdOf('held'), reason: 'it is over' })
    const restored = (await entriesOf(of, humanIdOf('held'))).at(-1)
    assert.deepEqual(restored?.content, { to: 'active', gaps: [] })
    await feed([{ id: 'back' }], AFTER)
    assert.deepEqual(new Set((await states()).values()), new Set(['active']))
  })

  test('and were shut by a join are active when it is taken back', async () => {
    await feed([{ id: 'tomas' }])
    const into = humanIdOf('tomas')
    await asBeforeRelease(identity, actInTest(LATER), [into])
    const [from = assert.fail()] = await identity.db.transaction((tx) =>
      insertPrincipals(tx, [principalInTest('tomas-too', { kind: 'human' })]),
    )
    await quarantinePrincipal(identity, actInTest(LATER), { id: from, reason: 'an inquiry' })
    const [offered] = await identity.db.transaction((tx) =>
      proposeMatches(tx, actInTest(LATER), [
        { kind: 'principals', pair: [into, from], reason: 'same name', strength: 'likely' },
      ]),
    )
    const matchId = offered?.id ?? assert.fail('it is offered')
    await confirmMatch(identity, actInTest(LATER), { matchId })
    assert.equal((await states()).get('tomas'), 'quarantined')
    await undoMatch(identity, actInTest(AFTER), { matchId })
    assert.equal((await states()).get('tomas'), 'active')
    assert.equal((await states()).get('tomas-too'), 'quarantined')
  })
})
