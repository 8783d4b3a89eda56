import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Fault, newId } from '#kernel'
import type { Id, Instant } from '#kernel'
import { createWithEntries } from '#evidence/port'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import { CREDENTIAL, MATCH } from '../record/tables.ts'
import { listExposures } from './exposures.ts'
import { getCredential, getMatch, getPerson, listCredentials, listMatches, listPeople, listTeams } from './records.ts'
import type { CredentialFilter } from './records.ts'
import {
  actAt,
  addPerson,
  addPrincipals,
  addTeam,
  instant,
  ownedBy,
  principalRecord,
  rollInTest,
} from './roll-in-test.ts'
import type { RollInTest } from './roll-in-test.ts'
import { asParties, EVERYTHING } from './viewer.ts'
import type { Viewer } from './viewer.ts'

const ACT = actAt('2026-01-01T00:00:00.000Z')
const VALUE = 'ab'.repeat(32)

describe('reading credentials, people, teams, matches and exposures', { skip: databaseUnavailable() }, () => {
  let roll: RollInTest
  let jane: Id<'person'>
  let sam: Id<'person'>
  let mine: Id<'principal'>
  let other: Id<'principal'>
  let janes: Viewer
  const credentials = new Map<string, Id<'credential'>>()

  async function addCredential(name: string, given: Partial<CredentialRecord>): Promise<void> {
    const id = newId('credential')
    credentials.set(name, id)
    const data: CredentialRecord = {
      type: 'api_token',
      refs: [],
      alsoOf: [],
      consumers: [],
      fingerprints: [],
      name,
      locations: [],
      locationCount: 0,
      attributes: {},
      rotateWithinDays: 90,
      state: 'live',
      effect: 'not_applied',
      source: 'test',
      ...given,
    }
    await roll.identity.db.transaction(async (tx) => {
      await createWithEntries(tx, CREDENTIAL, ACT, [{ id, data, words: { type: 'credential.recorded' } }])
      const rows = data.fingerprints.map(({ keyId, value }) => [keyId, Buffer.from(value, 'hex'), id])
      await tx.copyIn('identity.fingerprint', ['key_id', 'value', 'credential_id'], rows)
      await tx.copyIn(
        'identity.exposure',
        ['id', 'person_id', 'credential_id', 'how', 'source', 'at', 'recorded_at', 'entry_id'],
        [[newId('exposure'), name === 'own' ? jane : sam, id, 'saw', 'test', ACT.at, ACT.at, newId('entry')]],
      )
    })
  }

  before(async () => {
    roll = await rollInTest()
    await addTeam(roll, 'platform')
    await addTeam(roll, 'other')
    jane = await addPerson(roll, 'jane', 'platform')
    await addPerson(roll, 'kim', 'platform')
    sam = await addPerson(roll, 'sam', 'other')
    const [a, b] = await addPrincipals(roll, [principalRecord('a', ownedBy(jane)), principalRecord('b', ownedBy(sam))])
    mine = a?.id as Id<'principal'>
    other = b?.id as Id<'principal'>
    await addCredential('own', { principalId: mine, expiresAt: instant('2026-07-01T00:00:00.000Z') })
    await addCredential('shared', {
      principalId: other,
      alsoOf: [mine],
      fingerprints: [{ keyId: 'hk_1', value: VALUE }],
    })
    await addCredential('foreign', {
      principalId: other,
      state: 'leaked',
      type: 'console_password',
      expiresAt: instant('2026-06-01T00:00:00.000Z'),
    })
    await addCredential('loose', { goneAt: instant('2026-05-01T00:00:00.000Z') })
    janes = { scope: 'own', personId: jane, parties: await asParties(roll.identity, jane) }
  })
  after(() => roll.database.close())

  const names = async (filter: CredentialFilter, viewer = EVERYTHING): Promise<(string | undefined)[]> =>
    (await listCredentials(roll.identity, viewer, filter)).items.map(({ data }) => data.name)

  test('credentials are found by principal, type, state, fingerprint and expiry', async () => {
    assert.deepEqual(new Set(await names({ principal: mine })), new Set(['own', 'shared']))
    assert.deepEqual(new Set(await names({ principal: other })), new Set(['foreign', 'shared']))
    assert.deepEqual(await names({ type: 'console_password' }), ['foreign'])
    assert.deepEqual(await names({ state: 'leaked' }), ['foreign'])
    assert.deepEqual(await names({ gone: true }), ['loose'])
    assert.deepEqual(await names({ fingerprint: { keyId: 'hk_1', value: VALUE } }), ['shared'])
    assert.deepEqual(await names({ fingerprint: { keyId: 'hk_2', value: VALUE } }), [])
    assert.deepEqual(await names({ expiringBefore: '2026-12-01T00:00:00.000Z' as Instant }), ['foreign', 'own'])
  })

  test('an own-viewer sees credentials of their principals, also shared ones, and who knew those', async () => {
    assert.deepEqual(new Set(await names({}, janes)), new Set(['own', 'shared']))
    const foreign = credentials.get('foreign') ?? ''
    await assert.rejects(
      getCredential(roll.identity, janes, foreign),
      (error) => error instanceof Fault && error.code === 'not_found',
    )
    const exposures = await listExposures(roll.identity, janes)
    assert.deepEqual(
      new Set(exposures.items.map(({ credentialId }) => credentialId)),
      new Set([credentials.get('own'), credentials.get('shared')]),
    )
    assert.equal((await listExposures(roll.identity, EVERYTHING, { person: sam })).items.length, 3)
  })

  test('people see their own team', async () => {
    const seen = async (viewer: Viewer): Promise<string[]> =>
      (await listPeople(roll.identity, viewer)).items.map(({ data }) => data.feedId)
    assert.deepEqual(await seen(EVERYTHING), ['jane', 'kim', 'sam'])
    assert.deepEqual(await seen(janes), ['jane', 'kim'])
    await assert.rejects(getPerson(roll.identity, janes, sam), /not|no/)
    assert.deepEqual(
      (await listTeams(roll.identity, janes)).items.map(({ data }) => data.feedId),
      ['platform'],
    )
  })

  test('a match is shown to who may see both', async () => {
    const id = newId('match')
    const [aId, bId] = [mine, other].toSorted() as [Id<'principal'>, Id<'principal'>]
    const data = { kind: 'principals', aId, bId, reason: 'r', strength: 'likely', state: 'proposed' } as const
    await roll.identity.db.transaction(
      async (tx) => await createWithEntries(tx, MATCH, ACT, [{ id, data, words: { type: 'match.proposed' } }]),
    )
    assert.equal((await listMatches(roll.identity, EVERYTHING, { principal: mine })).items.length, 1)
    assert.equal((await listMatches(roll.identity, janes)).items.length, 0)
    await assert.rejects(getMatch(roll.identity, janes, id), /no record/)
  })

  test('a record is read as it was, and is not found before it was', async () => {
    const id = credentials.get('own') ?? ''
    assert.equal((await getCredential(roll.identity, EVERYTHING, id, { asOf: '2026-01-01' })).data.name, 'own')
    await assert.rejects(getCredential(roll.identity, EVERYTHING, id, { asOf: '2025-12-31' }), /not in the roll then/)
  })
})
