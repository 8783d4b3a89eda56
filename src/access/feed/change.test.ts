import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decide } from '../decide/index.ts'
import { facts, grant, HOUR, NOON, principalId, question, stateWith } from '../decide/state-in-test.ts'
import { applyChange } from './change.ts'
import type { Change } from './change.ts'

const read = (version: number, ended: boolean, until = NOON + HOUR): Change => ({
  kind: 'grant',
  version,
  grant: grant('grt_1', 'app', { ended, until }),
})
const ended = (version: number, at = NOON): Change => ({ kind: 'grant_ended', grantId: 'grt_1', version, at })

async function reasonAfter(...changes: readonly Change[]): Promise<string> {
  const state = await stateWith([facts('app')], [])
  for (const change of changes) applyChange(state, change)
  return decide(state, question('app'), NOON).reason
}

test('a grant that a hint ended is not let again by an older reading of it, in whatever order they come', async () => {
  assert.equal(await reasonAfter(read(1, false)), 'granted')
  assert.equal(await reasonAfter(read(1, false), ended(2)), 'grant_ended')
  assert.equal(await reasonAfter(read(1, false), ended(2), read(1, false)), 'grant_ended')
  assert.equal(await reasonAfter(ended(2), read(1, false), read(2, true)), 'grant_ended')
  assert.equal(await reasonAfter(read(1, false), ended(2), read(3, false)), 'granted')
})

test('a grant that was read as ended, or as narrowed, is not given back by an older reading of it that comes late', async () => {
  assert.equal(await reasonAfter(read(3, true), read(2, false)), 'grant_ended')
  const narrowed: Change = {
    kind: 'grant',
    version: 3,
    grant: grant('grt_1', 'app', { resources: ['pg://main/other/*'] }),
  }
  assert.equal(await reasonAfter(narrowed, read(2, false)), 'nothing_permits')
  assert.equal(await reasonAfter(narrowed, read(2, false), read(4, false)), 'granted')
})

test('one that had run out when its record said so has expired, and was not ended', async () => {
  assert.equal(await reasonAfter(read(1, false, NOON - 1), ended(2)), 'grant_expired')
})

test('a credential is over by a hint, and an older reading of it changes nothing', async () => {
  const state = await stateWith([facts('app')], [grant('grt_1', 'app')])
  const asked = question('app', { credentialId: 'crd_1' })
  const live = { id: 'crd_1', version: 1, principalId: principalId('app'), state: 'live' } as const
  const tell = (change: Change): string => {
    applyChange(state, change)
    return decide(state, asked, NOON).reason
  }
  assert.equal(tell({ kind: 'credential', facts: live }), 'granted')
  assert.equal(
    tell({ kind: 'credential_over', credentialId: 'crd_1', version: 2, state: 'leaked' }),
    'credential_revoked',
  )
  assert.equal(tell({ kind: 'credential', facts: live }), 'credential_revoked')
  assert.equal(tell({ kind: 'credential', facts: { ...live, version: 2, state: 'revoked' } }), 'credential_revoked')
})

test('policies that were superseded and not replaced allow nothing; of others nothing is said', async () => {
  const state = await stateWith([facts('app')], [grant('grt_1', 'app')])
  applyChange(state, { kind: 'policies_superseded', versionId: 'pol_other' })
  assert.equal(decide(state, question('app'), NOON).reason, 'granted')
  applyChange(state, { kind: 'policies_superseded', versionId: 'pol_1' })
  assert.equal(decide(state, question('app'), NOON).reason, 'policy_unavailable')
})
