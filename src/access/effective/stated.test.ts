import assert from 'node:assert/strict'
import { test } from 'node:test'
import { correlate } from '#identity'
import { ref } from '#kernel'
import type { Fact, PrincipalKind } from '#kernel'
import { effectiveAccess } from './effective.ts'

const provenance = { connector: 'test', file: 'a.ldif' }
const principal = (name: string, kind: PrincipalKind): Fact => ({
  type: 'principal',
  ref: ref('directory', name),
  kind,
  nativeType: kind,
  system: 'directory',
  externalId: name,
  name,
  provenance,
})
const member = (of: string, group: string): Fact => ({
  type: 'membership',
  member: ref('directory', of),
  group: ref('directory', group),
  provenance,
})
const admin = (holder: string): Fact => ({
  type: 'entitlement',
  principal: ref('directory', holder),
  system: 'directory',
  permission: 'Domain Admins',
  actions: ['ldap:admin'],
  resources: ['*'],
  level: 'admin',
  reason: '`Domain Admins` controls the domain',
  provenance,
})

function tiers(facts: readonly Fact[]): Record<string, string> {
  const graph = correlate(facts)
  const access = effectiveAccess(facts, graph)
  return Object.fromEntries(
    [...graph.principals.values()].map(({ id, name }) => [name, access.get(id)?.tier ?? 'none']),
  )
}

test('a right of a group reaches its members through groups in groups, with the way in the reason', () => {
  const facts = [
    principal('da', 'group'),
    principal('ops', 'group'),
    principal('svc', 'service_account'),
    principal('else', 'service_account'),
    admin('da'),
    member('ops', 'da'),
    member('svc', 'ops'),
  ]
  assert.deepEqual(tiers(facts), { da: 'admin', ops: 'admin', svc: 'admin', else: 'unknown' })
  const graph = correlate(facts)
  const id = graph.principalOf(ref('directory', 'svc'))
  assert.ok(id !== undefined)
  const access = effectiveAccess(facts, graph).get(id)
  assert.deepEqual(access?.entitlements[0]?.path, ['da', 'ops'])
  assert.deepEqual(access?.reasons, ['`Domain Admins` controls the domain, through ops, da'])
})

test('a cycle of groups ends, and gives each member the right once', () => {
  const facts = [principal('a', 'group'), principal('b', 'group'), admin('a'), member('b', 'a'), member('a', 'b')]
  assert.deepEqual(tiers(facts), { a: 'admin', b: 'admin' })
  const graph = correlate(facts)
  const counts = [...effectiveAccess(facts, graph).values()].map(({ entitlements }) => entitlements.length)
  assert.deepEqual(counts, [1, 1])
})

test('a right given to a member does not flow up to its group', () => {
  assert.deepEqual(tiers([principal('g', 'group'), principal('u', 'human'), admin('u'), member('u', 'g')]), {
    g: 'unknown',
    u: 'admin',
  })
})
