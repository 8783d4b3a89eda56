// The three detectors of SSH keys, on the facts that the openssh connector yields of authorized_keys.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialRef, ref } from '#kernel'
import type { Fact, Json } from '#kernel'
import { findingsOf } from '../estate-in-test.ts'
import { sshKeyReused } from './ssh-key-reused.ts'
import { sshKeyUnrestrictedRoot } from './ssh-key-unrestricted-root.ts'
import { sshKeyWeak } from './ssh-key-weak.ts'

interface Key {
  readonly id?: string
  readonly options?: readonly string[]
  readonly more?: Record<string, Json>
}

function opens(account: string, { id = 'SHA256:a', options = [], more = {} }: Key = {}): Fact[] {
  const provenance = { connector: 'openssh', file: `${account}/authorized_keys`, object: account, startLine: 1 }
  const principal = ref('host', account)
  return [
    {
      type: 'principal',
      ref: principal,
      kind: 'service_account',
      nativeType: 'host-user',
      system: 'host',
      externalId: account,
      name: account.slice(account.lastIndexOf(':') + 1),
      mentioned: true,
      provenance,
    },
    {
      type: 'credential',
      ref: credentialRef.sshKey(id),
      credentialType: 'ssh_public_key',
      exposure: 'public',
      principal,
      attributes: { keyType: 'ed25519', keyBits: 256, [`opens:${account}`]: { options, from: [] }, ...more },
      provenance,
    },
  ]
}

test('one key in two accounts is found; each account its own key is not', () => {
  const found = (...facts: Fact[]): string[] => findingsOf(sshKeyReused, facts).map(({ severity }) => severity)
  assert.deepEqual(found(...opens('web-1:deploy'), ...opens('web-2:deploy')), ['low'])
  assert.deepEqual(found(...opens('web-1:deploy'), ...opens('web-1:backup')), ['medium'])
  assert.deepEqual(found(...opens('web-1:deploy'), ...opens('web-1:root')), ['high'])
  assert.deepEqual(found(...opens('web-1:deploy'), ...opens('web-1:backup', { id: 'SHA256:b' })), [])
  assert.deepEqual(found(...opens('web-1:deploy'), ...opens('web-1:deploy')), [])
  const authority = { more: { certAuthority: true } }
  assert.deepEqual(found(...opens('web-1:deploy', authority), ...opens('web-1:backup', authority)), [])
})

test('a key of root without limits is found; one that is held back, and one of another account, is not', () => {
  const found = (...facts: Fact[]): string[] =>
    findingsOf(sshKeyUnrestrictedRoot, facts).map(({ subject }) => subject.externalId)
  assert.deepEqual(found(...opens('db-1:root')), ['db-1:root'])
  assert.deepEqual(found(...opens('root', { options: ['no-pty', 'restrict'] })), ['root'])
  assert.deepEqual(found(...opens('db-1:root', { options: ['command', 'restrict'] })), [])
  assert.deepEqual(found(...opens('db-1:root', { options: ['from'] })), [])
  assert.deepEqual(found(...opens('db-1:deploy')), [])
})

test('weak keys are found; the same key unlimited elsewhere is still one finding each', () => {
  const found = (keyType: string, keyBits: number): string | undefined =>
    findingsOf(sshKeyWeak, opens('web-1:deploy', { more: { keyType, keyBits } }))[0]?.severity
  assert.equal(found('dsa', 1024), 'medium')
  assert.equal(found('rsa', 1024), 'medium')
  assert.equal(found('rsa', 768), 'high')
  assert.equal(found('rsa', 2048), undefined)
  assert.equal(found('ecdsa', 256), undefined)
  assert.equal(
    findingsOf(sshKeyWeak, opens('h:root', { more: { keyType: 'dsa', keyBits: 1024 } }))[0]?.severity,
    'high',
  )
})
