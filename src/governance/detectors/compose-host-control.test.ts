import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ref } from '#kernel'
import type { EntitlementFact } from '#kernel'
import { findingsOf, principalFact, seenIn } from '../estate-in-test.ts'
import { composeHostControl } from './compose-host-control.ts'

const right = (permission: string, level: EntitlementFact['level']): EntitlementFact => ({
  type: 'entitlement',
  principal: ref('csv', 'compose.yaml#agent'),
  system: 'docker-compose',
  permission,
  actions: ['host:*'],
  resources: ['host://*/*'],
  level,
  provenance: seenIn('compose.yaml', 'automation'),
})
const found = (nativeType: string, ...rights: EntitlementFact[]): (string | undefined)[] =>
  findingsOf(composeHostControl, [principalFact('compose.yaml#agent', { nativeType }), ...rights]).map(
    ({ discriminator }) => discriminator,
  )

test('each way to the host is one finding', () => {
  const ways = [right('privileged container', 'admin'), right('container runtime socket', 'admin')]
  assert.deepEqual(found('compose-service', ...ways), ['container runtime socket', 'privileged container'])
})

test('a service without such a way, and rights of another kind, are let be', () => {
  assert.deepEqual(found('compose-service'), [])
  assert.deepEqual(found('compose-service', right('a published port', 'write')), [])
  assert.deepEqual(found('systemd-service', right('privileged container', 'admin')), [])
})
