import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostAction, hostResource, ref } from '#kernel'
import type { EntitlementFact, Json, PrincipalFact } from '#kernel'
import { findingsOf, principalFact, seenIn } from '../estate-in-test.ts'
import { sudoUnrestricted } from './sudo-unrestricted.ts'

function found(conditions: Record<string, Json>, who: Partial<PrincipalFact> = {}): string[] {
  const account = principalFact('web-1:deploy', { system: 'host', nativeType: 'host-user', mentioned: true, ...who })
  const right: EntitlementFact = {
    type: 'entitlement',
    principal: ref('csv', 'web-1:deploy'),
    system: 'host',
    permission: 'a rule',
    actions: [hostAction('sudo')],
    resources: [hostResource('web-1', '*')],
    level: 'admin',
    conditions: { tool: 'sudo', password: false, runas: ['ALL'], command: 'ALL', ...conditions },
    provenance: seenIn('etc/sudoers', 'automation'),
  }
  return findingsOf(sudoUnrestricted, [account, right]).map(({ subject }) => subject.externalId)
}

test('everything as root without a password is found, exclusions or not', () => {
  assert.deepEqual(found({}), ['web-1:deploy'])
  assert.deepEqual(found({ runas: ['root'], except: ['/bin/su'] }), ['web-1:deploy'])
})

test('one command, a password, another account, groups and root are let be', () => {
  assert.deepEqual(found({ command: '/usr/bin/systemctl restart payments' }), [])
  assert.deepEqual(found({ password: true }), [])
  assert.deepEqual(found({ runas: ['postgres'] }), [])
  assert.deepEqual(found({}, { kind: 'group', name: '%wheel' }), [])
  assert.deepEqual(found({}, { name: 'root' }), [])
  assert.deepEqual(found({ tool: 'doas' }), [])
})
