import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as fc from 'fast-check'
import { Fault, newId } from '#kernel'
import type { FaultCode, Id, Instant, Ref } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import type { IdentityLayer } from '../operation.ts'
import {
  actInTest,
  entriesOf,
  insertPrincipals,
  layerInTest,
  principalInTest,
  versionsWithoutEntry,
} from '../people/roll-in-test.ts'
import { CREDENTIAL_STATES } from '../record/credential-record.ts'
import type { CredentialState } from '../record/credential-record.ts'
import { credentialsByFingerprint, findByFingerprint, fingerprintKeysInUse } from './fingerprint.ts'
import { recordCredential, recordCredentials } from './record-credential.ts'
import { recordLeak } from './record-leak.ts'
import { recordRevocation, recordRevocations } from './record-revocation.ts'
import { recordRotation } from './record-rotation.ts'
import { setRotationExpectation } from './rotation-expectation.ts'
import { CREDENTIAL_TRANSITIONS, credentialTransitionsFrom } from './transitions.ts'

const fault = (code: FaultCode, detail?: RegExp) => (error: unknown) =>
  error instanceof Fault && error.code === code && (detail === undefined || detail.test(error.detail))
const print = (text: string): { keyId: string; value: string } => ({
  keyId: 'fk1',
  value: Buffer.from(text.padEnd(32, '.')).toString('hex'),
})

test('no transition leads back from revoked', () => {
  for (const row of Object.values(CREDENTIAL_TRANSITIONS)) {
    const end = (row as Partial<Record<CredentialState, CredentialState>>).revoked
    assert.ok(end === undefined || end === 'revoked')
  }
  assert.deepEqual(credentialTransitionsFrom('revoked'), ['leak'])
})

describe('credentials of record', { skip: databaseUnavailable() }, () => {
  let of: TestDatabase
  let identity: IdentityLayer
  let principalId: Id<'principal'>
  before(async () => {
    of = await testDatabase()
    identity = layerInTest(of)
    const [one] = await identity.db.transaction((tx) => insertPrincipals(tx, [principalInTest('payments')]))
    assert.ok(one)
    principalId = one
  })
  after(async () => {
    assert.deepEqual(await versionsWithoutEntry(of), [])
    await of.close()
  })
  const record = (more: object = {}) =>
    recordCredential(identity, actInTest(), { type: 'api_token', principalId, source: 'test', ...more })

  test('a stated credential is live, expects rotation as its type does, and is found by its fingerprint', async () => {
    const made = await record({ fingerprints: [print('one')], refs: ['aws:access-key/AKIA1' as Ref] })
    assert.equal(made.data.state, 'live')
    assert.equal(made.data.rotateWithinDays, 90)
    assert.deepEqual(
      (await findByFingerprint(identity, 'fk1', print('one').value)).map(({ id }) => id),
      [made.id],
    )
    assert.deepEqual(await findByFingerprint(identity, 'fk2', print('one').value), [])
    const [entry] = await entriesOf(of, made.id)
    assert.equal(entry?.type, 'credential.recorded')
    assert.deepEqual(entry?.subjects, [made.id, principalId])
  })

  test('an equal secret does not make one record, and both are found', async () => {
    const [a, b] = await recordCredentials(identity, actInTest(), [
      { type: 'password', principalId, source: 'test', fingerprints: [print('same')] },
      { type: 'password', principalId, source: 'test', fingerprints: [print('same')] },
    ])
    assert.ok(a && b && a.id !== b.id)
    const found = await identity.db.transaction((tx) => credentialsByFingerprint(tx, [print('same'), print('none')]))
    assert.deepEqual([...found], [[`fk1 ${print('same').value}`, [a.id, b.id].sort()]])
    assert.ok(
      (await fingerprintKeysInUse(identity)).some(({ keyId, credentials }) => keyId === 'fk1' && credentials >= 2),
    )
  })

  test('an identifier names one record: a second claim is refused with the id, and nothing of it stays', async () => {
    const first = await record({ refs: ['aws:access-key/AKIA2' as Ref] })
    await assert.rejects(
      record({ refs: ['aws:access-key/AKIA2' as Ref], fingerprints: [print('never')] }),
      fault('conflict', new RegExp(first.id)),
    )
    assert.deepEqual(await findByFingerprint(identity, 'fk1', print('never').value), [])
  })

  test('what is no fingerprint is refused and not repeated', async () => {
    await assert.rejects(
      record({ fingerprints: [{ keyId: 'fk1', value: 'hunter2-the-password' }] }),
      (error) => error instanceof Fault && error.code === 'unprocessable' && !error.message.includes('hunter2'),
    )
  })

  test('a retired or unknown principal gets no credential', async () => {
    const [retired] = await identity.db.transaction((tx) =>
      insertPrincipals(tx, [principalInTest('gone', { state: 'retired' })]),
    )
    await assert.rejects(record({ principalId: retired }), fault('conflict'))
    await assert.rejects(record({ principalId: newId('principal') }), fault('not_found'))
  })

  test('a rotation in place keeps the record and drops the fingerprint of the old value', async () => {
    const made = await record({ fingerprints: [print('old')] })
    const { credential } = await recordRotation(identity, actInTest(), { id: made.id, fingerprints: [print('new')] })
    assert.equal(credential.version, 2)
    assert.equal(credential.data.state, 'live')
    assert.equal(credential.data.lastRotatedAt, actInTest().at)
    assert.deepEqual(await findByFingerprint(identity, 'fk1', print('old').value), [])
    assert.equal((await findByFingerprint(identity, 'fk1', print('new').value)).length, 1)
  })

  test('a replacement is live, the old one is rotated and names it', async () => {
    const made = await record({ name: 'DEPLOY_TOKEN' })
    const { credential, replacement } = await recordRotation(identity, actInTest(), {
      id: made.id,
      replacement: { source: 'test', fingerprints: [print('next')] },
    })
    assert.equal(credential.data.state, 'rotated')
    assert.equal(credential.data.replacedBy, replacement?.id)
    assert.equal(replacement?.data.state, 'live')
    assert.equal(replacement?.data.name, 'DEPLOY_TOKEN')
    await assert.rejects(
      recordRotation(identity, actInTest(), { id: made.id, replacement: { source: 'test' } }),
      fault('conflict'),
    )
  })

  test('what leaked stays leaked when it is replaced, until it is revoked', async () => {
    const made = await record()
    await recordLeak(identity, actInTest(), { id: made.id, where: 'a public repository' })
    const { credential } = await recordRotation(identity, actInTest(), {
      id: made.id,
      replacement: { source: 'test' },
    })
    assert.equal(credential.data.state, 'leaked')
    const revoked = await recordRevocation(identity, actInTest(), { id: made.id, reason: 'leaked' })
    assert.equal(revoked.data.state, 'revoked')
  })

  test('revoked in the roll says nothing of the target, and is final', async () => {
    const made = await record()
    const revoked = await recordRevocation(identity, actInTest(), { id: made.id, reason: 'no longer needed' })
    assert.equal(revoked.data.effect, 'not_applied')
    await assert.rejects(recordRotation(identity, actInTest(), { id: made.id }), fault('conflict'))
    await assert.rejects(recordRevocation(identity, actInTest(), { id: made.id, reason: 'again' }), fault('conflict'))
    const leaked = await recordLeak(identity, actInTest(), { id: made.id, where: 'a ticket' })
    assert.equal(leaked.data.state, 'revoked')
    assert.equal(leaked.data.leak?.where, 'a ticket')
  })

  test('several revocations are all or none', async () => {
    const made = await record()
    const ids = [{ id: made.id }, { id: newId('credential') }]
    await assert.rejects(
      recordRevocations(identity, actInTest(), { credentials: ids, reason: 'x' }),
      fault('not_found'),
    )
    const [still] = await recordRevocations(identity, actInTest(), {
      credentials: [{ id: made.id }, { id: made.id }],
      reason: 'x',
    })
    assert.equal(still?.version, 2)
  })

  test('another version than the one seen is refused, a repeat under one key happens once', async () => {
    const made = await record()
    const idempotency = { client: 'c', key: 'k1', request: { id: made.id } }
    const act = actInTest(undefined, { idempotency })
    const first = await setRotationExpectation(identity, act, { id: made.id, rotateWithinDays: 30, expectedVersion: 1 })
    const second = await setRotationExpectation(identity, act, {
      id: made.id,
      rotateWithinDays: 30,
      expectedVersion: 1,
    })
    assert.deepEqual(second, first)
    await assert.rejects(
      setRotationExpectation(identity, actInTest(), { id: made.id, rotateWithinDays: 3, expectedVersion: 1 }),
      fault('version_mismatch'),
    )
    await assert.rejects(
      setRotationExpectation(identity, actInTest(), { id: made.id, rotateWithinDays: 0 }),
      fault('unprocessable'),
    )
  })

  test('a rotation in the future is refused', async () => {
    const made = await record()
    const rotatedAt = '2027-01-01T00:00:00.000Z' as Instant
    await assert.rejects(recordRotation(identity, actInTest(), { id: made.id, rotatedAt }), fault('unprocessable'))
  })

  test('random lives keep to the table, and every acknowledged change has one entry', async () => {
    const steps = fc.array(fc.constantFrom('rotate', 'replace', 'leak', 'revoke'), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(steps, async (names) => {
        const { id } = await record()
        let state: CredentialState = 'live'
        let replaced = false
        let version = 1
        for (const name of names) {
          const row = CREDENTIAL_TRANSITIONS[name] as Partial<Record<CredentialState, CredentialState>>
          const end: CredentialState | undefined =
            replaced && (name === 'replace' || name === 'rotate') ? undefined : row[state]
          const step: () => Promise<{ data: { state: string } } | { credential: { data: { state: string } } }> = {
            rotate: () => recordRotation(identity, actInTest(), { id }),
            replace: () => recordRotation(identity, actInTest(), { id, replacement: { source: 'test' } }),
            leak: () => recordLeak(identity, actInTest(), { id, where: 'x' }),
            revoke: () => recordRevocation(identity, actInTest(), { id, reason: 'x' }),
          }[name]
          const done = await step()
            .then((made) => ('credential' in made ? made.credential : made))
            .catch((error: unknown) => (fault('conflict')(error) ? undefined : Promise.reject(error as Error)))
          assert.equal(done?.data.state, end)
          if (end === undefined) continue
          state = end
          version++
          if (name === 'replace') replaced = true
          assert.ok(CREDENTIAL_STATES.includes(state))
        }
        assert.equal((await entriesOf(of, id)).length, version)
      }),
      { numRuns: 25 },
    )
  })
})
