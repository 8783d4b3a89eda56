import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newId } from '#kernel'
import type { Id } from '#kernel'
import { sql } from '#db'
import { readCurrent } from '#db/history'
import { createWithEntries } from '#evidence/port'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { CREDENTIAL, PERSON, PRINCIPAL } from '../record/tables.ts'
import { activatePrincipal } from './activate.ts'
import { confirmMatch } from './confirm-match.ts'
import type { CurrentPrincipal } from './patch-principal.ts'
import { proposeMatches, rejectMatch } from './propose-matches.ts'
import { registerPrincipal } from './register.ts'
import type { NewPrincipal } from './register.ts'
import { person, personOf, rollInTest } from './roll-in-test.ts'
import type { RollInTest } from './roll-in-test.ts'
import { undoMatch } from './undo-match.ts'

describe('two records that may be one', { skip: databaseUnavailable() }, () => {
  let roll: RollInTest
  let count = 0
  const registered = async (more: Partial<NewPrincipal> = {}): Promise<CurrentPrincipal> =>
    await registerPrincipal(roll.identity, roll.act('admin'), {
      kind: 'service_account',
      system: 'aws',
      name: 'deploy',
      externalId: `deploy-${count++}`,
      ...more,
    })
  const withCredential = async (principalId: string): Promise<Id<'credential'>> => {
    const id = newId('credential')
    const data: CredentialRecord = {
      type: 'api_token',
      refs: [],
      principalId: principalId as Id<'principal'>,
      alsoOf: [],
      consumers: [],
      fingerprints: [],
      locations: [],
      locationCount: 0,
      attributes: {},
      rotateWithinDays: 90,
      state: 'live',
      effect: 'not_applied',
      source: 'test',
    }
    await roll.identity.db.transaction(async (tx) => {
      await createWithEntries(tx, CREDENTIAL, roll.act('admin'), [{ id, data, words: { type: 'credential.recorded' } }])
    })
    return id
  }
  const proposed = async (a: string, b: string, kind: 'principals' | 'person' = 'principals'): Promise<string> => {
    const pair = [a as Id<'principal'>, b as Id<'principal'>] as const
    const [match] = await roll.identity.db.transaction((tx) =>
      proposeMatches(tx, roll.act('sync'), [{ kind, pair, reason: 'same name', strength: 'likely' }]),
    )
    return match?.id ?? assert.fail('it was offered before')
  }
  const recordOf = async (id: string): Promise<PrincipalRecord> =>
    await roll.identity.db.transaction(
      async (tx) => (await readCurrent<PrincipalRecord>(tx, PRINCIPAL, [id])).get(id)?.data ?? assert.fail(),
    )
  const holdersOf = async (table: 'ref' | 'credential', id: string): Promise<number> =>
    await roll.identity.db.transaction(async (tx) => {
      const statement =
        table === 'ref'
          ? sql`select from identity.ref where record_id = ${id}`
          : sql`select from identity.credential where principal_id = ${id}`
      return (await tx.query(statement)).length
    })

  before(async () => {
    roll = await rollInTest(testDatabase)
    for (const feedId of ['admin', 'ada', 'ben']) await roll.addPerson(feedId)
  })
  after(async () => {
    assert.deepEqual(await roll.versionsWithoutTheirEntry(), [])
    await roll.close()
  })

  test('a pair is offered once, in either order, and never again after it was rejected', async () => {
    const [a, b] = [await registered(), await registered()]
    const matchId = await proposed(a.id, b.id)
    const again = () =>
      roll.identity.db.transaction((tx) =>
        proposeMatches(tx, roll.act('sync'), [
          {
            kind: 'principals',
            pair: [b.id as Id<'principal'>, a.id as Id<'principal'>],
            reason: '',
            strength: 'explicit',
          },
          {
            kind: 'principals',
            pair: [a.id as Id<'principal'>, a.id as Id<'principal'>],
            reason: '',
            strength: 'explicit',
          },
        ]),
      )
    assert.deepEqual(await again(), [])
    await rejectMatch(roll.identity, roll.act('admin'), { matchId })
    assert.deepEqual(await again(), [])
    await assert.rejects(confirmMatch(roll.identity, roll.act('admin'), { matchId }), { code: 'conflict' })
  })

  test('a confirmed match moves identifiers and credentials, and leaves a tombstone that says where', async () => {
    const [into, from] = [await registered(), await registered()]
    const credential = await withCredential(from.id)
    const matchId = await proposed(into.id, from.id)
    const { principal, match } = await confirmMatch(roll.identity, roll.act('admin'), { matchId, into: into.id })
    assert.deepEqual(principal.data.refs, [...into.data.refs, ...from.data.refs].sort())
    assert.deepEqual(match.data.merge?.movedCredentials, [credential])
    const tombstone = await recordOf(from.id)
    assert.deepEqual([tombstone.state, tombstone.mergedInto, tombstone.refs], ['retired', into.id, []])
    assert.deepEqual([await holdersOf('ref', into.id), await holdersOf('credential', into.id)], [2, 1])
    await assert.rejects(confirmMatch(roll.identity, roll.act('admin'), { matchId }), { code: 'conflict' })
  })

  test('an undone merge moves back exactly what moved, and both keep their history', async () => {
    const complete = {
      owner: person('ada'),
      purpose: 'deploys',
      expiresAt: '2027-01-01T00:00:00.000Z',
    } as Partial<NewPrincipal>
    const [into, from] = [await registered(), await registered(complete)]
    await activatePrincipal(roll.identity, roll.act('ada'), { id: from.id })
    const [own, moved] = [await withCredential(into.id), await withCredential(from.id)]
    const matchId = await proposed(into.id, from.id)
    await confirmMatch(roll.identity, roll.act('admin'), { matchId, into: into.id })
    await undoMatch(roll.identity, roll.act('admin'), { matchId })
    const [intoNow, fromNow] = [await recordOf(into.id), await recordOf(from.id)]
    assert.deepEqual([intoNow.refs, fromNow.refs], [into.data.refs, from.data.refs])
    assert.deepEqual([fromNow.state, fromNow.mergedInto, fromNow.retirement], ['active', undefined, undefined])
    for (const [id, owner] of [
      [own, into.id],
      [moved, from.id],
    ] as const) {
      const data = await roll.identity.db.transaction(
        async (tx) => (await readCurrent<CredentialRecord>(tx, CREDENTIAL, [id])).get(id)?.data,
      )
      assert.equal(data?.principalId, owner)
    }
    assert.deepEqual(await roll.entriesOf(from.id), [
      'principal.registered',
      'principal.activated',
      'principal.joined',
      'principal.split_off',
    ])
    await assert.rejects(undoMatch(roll.identity, roll.act('admin'), { matchId }), { code: 'conflict' })
  })

  test('of a chain of merges the last is undone first', async () => {
    const [a, b, c] = [await registered(), await registered(), await registered()]
    const first = await proposed(a.id, b.id)
    await confirmMatch(roll.identity, roll.act('admin'), { matchId: first, into: a.id })
    const second = await proposed(a.id, c.id)
    await confirmMatch(roll.identity, roll.act('admin'), { matchId: second, into: c.id })
    await assert.rejects(undoMatch(roll.identity, roll.act('admin'), { matchId: first }), { code: 'conflict' })
    await undoMatch(roll.identity, roll.act('admin'), { matchId: second })
    await undoMatch(roll.identity, roll.act('admin'), { matchId: first })
    for (const { id, data } of [a, b, c]) assert.deepEqual((await recordOf(id)).refs, data.refs)
  })

  test('an owner who left while the record was joined does not come back with it', async () => {
    const zoe = await roll.addPerson('zoe')
    const [into, from] = [await registered(), await registered({ owner: zoe })]
    const matchId = await proposed(into.id, from.id)
    await confirmMatch(roll.identity, roll.act('admin'), { matchId, into: into.id })
    await roll.setStatus('zoe', 'leaver')
    await undoMatch(roll.identity, roll.act('admin'), { matchId })
    const now = await recordOf(from.id)
    assert.deepEqual([now.owner, now.formerOwner?.party, now.orphanedAt !== undefined], [undefined, zoe, true])
  })

  test('a principal that is confirmed to be a person becomes human, and can be taken back', async () => {
    const [login] = [await registered({ name: 'ada' })]
    const own = await registered({ kind: 'human', system: 'people', name: 'Ada North' })
    await roll.identity.db.transaction(async (tx) => {
      await createWithEntries(tx, PERSON, roll.act('feed'), [
        {
          id: personOf('ada.north'),
          words: { type: 'person.joined' },
          data: {
            feedId: 'ada.north',
            name: 'x',
            emails: [],
            handles: [],
            status: 'active',
            principalId: own.id,
            source: 't',
          },
        },
      ])
    })
    const matchId = await proposed(login.id, own.id, 'person')
    const { principal } = await confirmMatch(roll.identity, roll.act('admin'), { matchId })
    assert.deepEqual(
      [principal.id, principal.data.kind, principal.data.personId],
      [login.id, 'human', personOf('ada.north')],
    )
    await undoMatch(roll.identity, roll.act('admin'), { matchId })
    const now = await recordOf(login.id)
    assert.deepEqual([now.kind, now.personId, now.stated], ['service_account', undefined, ['kind']])
    const joined = await proposed((await registered()).id, own.id)
    const { principal: stands } = await confirmMatch(roll.identity, roll.act('admin'), { matchId: joined })
    assert.equal(stands.id, own.id, 'the record that the feed keeps stands')
  })
})
