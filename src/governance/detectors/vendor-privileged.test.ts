import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingsOf, principalFact } from '../estate-in-test.ts'
import { vendorPrivileged } from './vendor-privileged.ts'

test('a third party with high privilege is found, one with little or none of a vendor is not', () => {
  const vendor = principalFact('x', { vendor: 'Brightmeter' })
  assert.equal(findingsOf(vendorPrivileged, [vendor], { x: 'high' })[0]?.severity, 'medium')
  assert.equal(findingsOf(vendorPrivileged, [vendor], { x: 'admin' })[0]?.severity, 'high')
  assert.deepEqual(findingsOf(vendorPrivileged, [vendor], { x: 'medium' }), [])
  assert.deepEqual(findingsOf(vendorPrivileged, [vendor]), [])
  assert.deepEqual(findingsOf(vendorPrivileged, [principalFact('x')], { x: 'admin' }), [])
  assert.deepEqual(
    findingsOf(vendorPrivileged, [principalFact('x', { vendor: 'B', system: 'entra' })], { x: 'admin' }),
    [],
  )
})
