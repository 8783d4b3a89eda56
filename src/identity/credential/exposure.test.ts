import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { Fault, newId } from '#kernel'
import type { Id, Instant } from '#kernel'
import { sql } from '#db'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import type { IdentityLayer } from '../operation.ts'
import { applyPeopleFeed } from '../people/apply-feed.ts'
import { feedInTest } from '../people/feed-in-test.ts'
import { personIdOf } from '../people/human-principal.ts'
import { actInTest, entriesOf, insertCredentialRecords, layerInTest } from '../people/roll-in-test.ts'
import { joinWatch, recordExposureWatch, unwatched } from './exposure-watch.ts'
import type { ExposureWatch } from './exposure-watch.ts'
import { exposedTo, exposuresOf } from './exposures.ts'
import { recordExposure, recordExposures } from './record-exposure.ts'
import type { NewExposure } from './record-exposure.ts'

const at = (day: string): Instant => `2026-${day}T00:00:00.000Z` as Instant
const watch = (since: string, until: string): ExposureWatch => ({
  source: 's',
  how: 'saw',
  since: at(since),
  until: at(until),
})

test('a watch goes on where it touches, and begins anew after a gap', () => {
  assert.deepEqual(joinWatch(undefined, watch('01-01', '01-05')), watch('01-01', '01-05'))
  assert.deepEqual(joinWatch(watch('01-01', '01-05'), watch('01-05', '01-09')), watch('01-01', '01-09'))
  assert.deepEqual(joinWatch(watch('01-01', '01-05'), watch('01-06', '01-09')), watch('01-06', '01-09'))
  assert.deepEqual(joinWatch(watch('01-06', '01-09'), watch('01-01', '01-05')), watch('01-06', '01-09'))
  assert.deepEqual(joinWatch(watch('01-03', '01-09'), watch('01-01', '01-05')), watch('01-01', '01-09'))
})

test('what was watched for less than the whole life of a credential was not watched', () => {
  const seen = [watch('01-02', '02-01')]
  assert.deepEqual(unwatched(seen, at('01-02'), at('02-01')), ['created', 'held'])
  assert.deepEqual(unwatched(seen, at('01-01'), at('02-01')), ['created', 'held', 'saw'])
  assert.deepEqual(unwatched(seen, at('01-02'), at('02-02')), ['created', 'held', 'saw'])
  assert.deepEqual(unwatched(seen, undefined, at('02-01')), ['created', 'held', 'saw'])
})

describe('exposures', { skip: databaseUnavailable() }, () => {
  let of: TestDatabase
  let identity: IdentityLayer
  const a = personIdOf('a')
  before(async () => {
    of = await testDatabase()
    identity = layerInTest(of)
    await applyPeopleFeed(identity, actInTest(), feedInTest([{ id: 'a' }, { id: 'b' }]))
  })
  after(() => of.close())
  const credential = async (): Promise<Id<'credential'>> => {
    const [id] = await identity.db.transaction((tx) => insertCredentialRecords(tx, [{ createdAtSource: at('05-01') }]))
    assert.ok(id)
    return id
  }

  test('are written once with one entry, however often they are said', async () => {
    const credentialId = await credential()
    const exposure: NewExposure = { personId: a, credentialId, how: 'created', source: 'git', at: at('05-01') }
    assert.deepEqual(await recordExposure(identity, actInTest(), exposure), { recorded: true })
    assert.deepEqual(await recordExposure(identity, actInTest('2026-07-02T00:00:00.000Z'), exposure), {
      recorded: false,
    })
    const [written, ...more] = (await exposuresOf(identity, a)).filter((one) => one.credentialId === credentialId)
    assert.deepEqual(more, [])
    const entries = (await entriesOf(of)).filter(({ subjects }) => subjects.includes(credentialId))
    assert.deepEqual(
      entries.map(({ type }) => type),
      ['credential.recorded', 'exposure.recorded'],
    )
    assert.equal(written?.how, 'created')
  })

  test('in bulk: an unfit one is named by its place and the rest is written', async () => {
    const credentialId = await credential()
    const fit: NewExposure = { personId: a, credentialId, how: 'saw', source: 'git', at: at('06-01') }
    const outcome = await recordExposures(identity, actInTest(), [
      fit,
      { ...fit, personId: newId('person') },
      { ...fit, credentialId: newId('credential') },
      { ...fit, at: at('12-31') },
      { ...fit, source: '' },
      fit,
      { ...fit, personId: personIdOf('b') },
    ])
    assert.deepEqual([outcome.recorded, outcome.known], [2, 1])
    assert.deepEqual(
      outcome.refused.map(({ at: place }) => place),
      [1, 2, 3, 4],
    )
    await assert.rejects(
      recordExposure(identity, actInTest(), { ...fit, personId: newId('person') }),
      (error) => error instanceof Fault && error.code === 'not_found',
    )
  })

  test('nobody can change or take back one', async () => {
    const credentialId = await credential()
    await recordExposure(identity, actInTest(), {
      personId: a,
      credentialId,
      how: 'held',
      source: 'x',
      at: at('06-01'),
    })
    const client = new Client(of.connectionFor('identity'))
    await client.connect()
    try {
      for (const text of [
        'update identity.exposure set how = how',
        'delete from identity.exposure',
        'truncate identity.exposure',
      ]) {
        await assert.rejects(client.query(text), { code: '42501' })
      }
    } finally {
      await client.end()
    }
  })

  test('a list is complete only where every way was watched over the whole life of the credential', async () => {
    const credentialId = await credential()
    const nothing = await exposedTo(identity, credentialId)
    assert.deepEqual(
      [nothing.complete, nothing.unwatched, nothing.sourcesWatching],
      [false, ['created', 'held', 'saw'], []],
    )
    const until = actInTest().at
    for (const how of ['created', 'held', 'saw'] as const) {
      await recordExposureWatch(identity, actInTest(), { source: 'git', how, since: at('01-01'), until })
    }
    // it does not speak of what it does not see
    assert.equal((await exposedTo(identity, credentialId)).complete, false)
    await identity.db.transaction((tx) =>
      tx.execute(sql`insert into identity.presence (source_id, record_id, defines, rank, first_seen_at)
        values ('git', ${credentialId}, true, 0, ${until})`),
    )
    const all = await exposedTo(identity, credentialId)
    assert.deepEqual([all.complete, all.unwatched, all.sourcesWatching.length], [true, [], 3])
    assert.equal((await exposedTo(identity, credentialId, '2026-07-02T00:00:00.000Z' as Instant)).complete, false)
  })

  test('an entry says when a watch begins, not each time that it goes on', async () => {
    const count = async (): Promise<number> =>
      (await entriesOf(of)).filter(({ type, content }) => type === 'exposure.watched' && content['source'] === 'audit')
        .length
    const say = (since: string, until: string) =>
      recordExposureWatch(identity, actInTest(), { source: 'audit', how: 'saw', since: at(since), until: at(until) })
    await say('01-01', '01-05')
    await say('01-05', '01-09')
    await say('01-05', '01-09')
    assert.equal(await count(), 1)
    await say('02-01', '02-02')
    assert.equal(await count(), 2)
    await assert.rejects(say('08-01', '08-02'), (error) => error instanceof Fault && error.code === 'unprocessable')
  })
})
