import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Fault, newId } from '#kernel'
import type { FaultCode, Id } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { recordRevocation } from '../credential/record-revocation.ts'
import type { IdentityLayer } from '../operation.ts'
import {
  ACTIVE,
  actInTest,
  all,
  entriesOf,
  insertCredentialRecords,
  insertPrincipals,
  layerInTest,
  principalInTest,
  versionsWithoutEntry,
} from '../people/roll-in-test.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'
import { offboardVendor, previewVendorOffboarding } from './offboard-vendor.ts'
import { previewWorkloadRemoval, removeWorkload } from './remove-workload.ts'
import { changeVendor, registerVendor, vendorsNamed } from './vendor.ts'

const fault = (code: FaultCode) => (error: unknown) => error instanceof Fault && error.code === code

describe('vendors and workloads', { skip: databaseUnavailable() }, () => {
  let of: TestDatabase
  let identity: IdentityLayer
  before(async () => {
    of = await testDatabase()
    identity = layerInTest(of)
  })
  after(async () => {
    assert.deepEqual(await versionsWithoutEntry(of), [])
    await of.close()
  })
  const insert = (...records: PrincipalRecord[]) => identity.db.transaction((tx) => insertPrincipals(tx, records))
  const credentials = (...records: Partial<CredentialRecord>[]) =>
    identity.db.transaction((tx) => insertCredentialRecords(tx, records))
  const stateOf = async (id: string | undefined) =>
    (await all<PrincipalRecord>(identity, PRINCIPAL)).find((one) => one.id === id)?.data.state

  async function vendorWith(name: string) {
    const vendor = await registerVendor(identity, actInTest(), { name })
    const vendorId = vendor.id as Id<'vendor'>
    const ids = await insert(
      principalInTest('a', { vendorId, state: 'discovered' }),
      principalInTest('b', {
        ...ACTIVE,
        vendorId,
        exception: { reason: 'x', until: actInTest().at, by: 'x', cause: 'stated' },
      }),
      principalInTest('c', { vendorId, state: 'retired' }),
      principalInTest('d', { integration: name.toUpperCase() }),
      principalInTest('e'),
    )
    return { vendor, vendorId, ids }
  }

  test('one name is one vendor, in whatever case', async () => {
    const acme = await registerVendor(identity, actInTest(), { name: 'Acme' })
    await assert.rejects(registerVendor(identity, actInTest(), { name: ' ACME ' }), fault('conflict'))
    await assert.rejects(registerVendor(identity, actInTest(), { name: ' ' }), fault('unprocessable'))
    const found = await identity.db.transaction((tx) => vendorsNamed(tx, ['acme', 'nobody']))
    assert.deepEqual([...found], [['acme', acme.id]])
    const other = await registerVendor(identity, actInTest(), { name: 'Brink', contact: 'desk' })
    await assert.rejects(changeVendor(identity, actInTest(), { id: other.id, name: 'acme' }), fault('conflict'))
    const changed = await changeVendor(identity, actInTest(), { id: other.id, contact: null, expectedVersion: 1 })
    assert.deepEqual(changed.data, { name: 'Brink', state: 'active' })
    await assert.rejects(
      changeVendor(identity, actInTest(), { id: other.id, name: 'x', expectedVersion: 1 }),
      fault('version_mismatch'),
    )
  })

  test('an offboarding shows what it touches, and does exactly that', async () => {
    const { vendorId, ids } = await vendorWith('Northgate')
    const [live, , revoked] = await credentials(
      { principalId: ids[0] as Id<'principal'> },
      { principalId: ids[4] as Id<'principal'> },
      { principalId: ids[1] as Id<'principal'> },
    )
    await recordRevocation(identity, actInTest(), { id: revoked ?? '', reason: 'x' })
    const preview = await previewVendorOffboarding(identity, vendorId)
    assert.deepEqual(new Set(preview.principals.map(({ id }) => id)), new Set([ids[0], ids[1]]))
    assert.deepEqual(
      preview.credentials.map(({ id }) => id),
      [live],
    )
    assert.deepEqual(
      preview.named.map(({ id }) => id),
      [ids[3]],
    )
    assert.equal(await stateOf(ids[0]), 'discovered')
    const reason = 'the contract has ended'
    const done = await offboardVendor(identity, actInTest(), { vendorId, hash: preview.hash, reason })
    assert.equal(done.vendor.data.state, 'offboarded')
    assert.deepEqual(new Set(done.quarantined), new Set([ids[0], ids[1]]))
    assert.deepEqual(await Promise.all(ids.map(stateOf)), [
      'quarantined',
      'quarantined',
      'retired',
      'registered',
      'registered',
    ])
    const entries = await entriesOf(of, vendorId)
    assert.equal(entries.at(-1)?.type, 'vendor.offboarded')
    await assert.rejects(previewVendorOffboarding(identity, vendorId), fault('conflict'))
  })

  test('what has changed since the preview is not done', async () => {
    const { vendorId, ids } = await vendorWith('Quill')
    const { hash } = await previewVendorOffboarding(identity, vendorId)
    await insert(principalInTest('late', { vendorId }))
    await assert.rejects(offboardVendor(identity, actInTest(), { vendorId, hash, reason: 'x' }), fault('conflict'))
    assert.equal(await stateOf(ids[0]), 'discovered')
    await assert.rejects(previewVendorOffboarding(identity, newId('vendor')), fault('not_found'))
  })

  test('a workload goes with what only it used; what others use, or may use, stays and is named', async () => {
    const [workload, other, alone, shared, unclear, cared] = await insert(
      principalInTest('job', { kind: 'workload', workloadScope: 'batch' }),
      principalInTest('web', { kind: 'workload' }),
      principalInTest('alone'),
      principalInTest('shared'),
      principalInTest('unclear'),
      principalInTest('cared', { custodians: [{ consumerId: 'prn_x', party: { kind: 'team', id: newId('team') } }] }),
    )
    assert.ok(workload && other && alone && shared && unclear && cared)
    const [ofAlone, ofShared, , nobodyKnows, , loose] = await credentials(
      { principalId: alone, consumers: [workload] },
      { principalId: shared, consumers: [workload, other] },
      { principalId: unclear, consumers: [workload] },
      { principalId: unclear },
      { principalId: cared, consumers: [workload] },
      { consumers: [workload] },
    )
    const preview = await previewWorkloadRemoval(identity, { workloadScope: 'batch' })
    assert.deepEqual(
      preview.workload.map(({ id }) => id),
      [workload],
    )
    assert.deepEqual(
      preview.onlyUsedByIt.map(({ id }) => id),
      [alone],
    )
    assert.deepEqual(
      new Map(preview.usedByOthers.map(({ id, others, unknown }) => [id, [others, unknown]])),
      new Map([
        [shared, [[other], []]],
        [unclear, [[], [nobodyKnows]]],
        [cared, [['prn_x'], []]],
      ]),
    )
    assert.deepEqual(new Set(preview.credentials.map(({ id }) => id)), new Set([ofAlone, loose]))
    assert.ok(!preview.credentials.some(({ id }) => id === ofShared))
    const input = { workload: { workloadScope: 'batch' }, hash: preview.hash, reason: 'the job was removed' }
    await assert.rejects(removeWorkload(identity, actInTest(), { ...input, hash: '0' }), fault('conflict'))
    const done = await removeWorkload(identity, actInTest(), input)
    assert.deepEqual(new Set(done.quarantined), new Set([workload, alone]))
    assert.deepEqual(await Promise.all([workload, other, alone, shared, unclear, cared].map(stateOf)), [
      'quarantined',
      'registered',
      'quarantined',
      'registered',
      'registered',
      'registered',
    ])
  })

  test('a person is no workload, and what is not there is not found', async () => {
    const [human] = await insert(principalInTest('h', { kind: 'human' }))
    await assert.rejects(previewWorkloadRemoval(identity, { principalId: human ?? '' }), fault('unprocessable'))
    await assert.rejects(previewWorkloadRemoval(identity, { principalId: 'nonsense' }), fault('not_found'))
    await assert.rejects(previewWorkloadRemoval(identity, { workloadScope: 'none' }), fault('not_found'))
  })
})
