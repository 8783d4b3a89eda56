import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import { bindingHash, DenialBinding } from './denial-binding.ts'
import type { Denied } from './denial-binding.ts'

const KEY = { keyId: 'hk_one', key: Buffer.alloc(32, 1) }
const AT = Date.parse('2026-04-30T20:15:00.000Z')
const EXPIRES = AT + 600_000
const SAID = new Date(EXPIRES).toISOString()
const denied: Denied = {
  subject: { type: 'user', id: 'alice@example.com' },
  action: { name: 'can_read' },
  resource: { type: 'document', id: 'q4-plan' },
}
const binding = new DenialBinding(() => [KEY])
const token = binding.sign({ evaluationId: 'dec_1', denied, at: AT, expiresAt: EXPIRES }) ?? ''

test('the hash is that of the canonical form that the profile names, without who acts', () => {
  const text =
    '{"action":{"name":"can_read"},"context":{},"resource":{"id":"q4-plan","type":"document"},"subject":{"id":"alice@example.com","properties":{"a":1.5,"b":[2,1]},"type":"user"}}'
  const subject = { ...denied.subject, properties: { b: [2, 1], act: { sub: 'bot' }, a: 1.5 } }
  assert.equal(bindingHash({ ...denied, subject }), createHash('sha256').update(text).digest('base64url'))
  const { act: _, ...without } = subject.properties
  const same = { ...denied, subject: { ...subject, properties: without } }
  assert.equal(bindingHash(same), bindingHash({ ...denied, subject }))
})

test('the token is a JWS in compact form with the claims that the profile names', () => {
  const [header = '', payload = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  assert.deepEqual(JSON.parse(header), { alg: 'HS256', typ: 'JWT', kid: 'hk_one' })
  assert.deepEqual(JSON.parse(payload), {
    iss: 'reeve',
    aud: 'reeve access requests',
    iat: AT / 1000,
    exp: EXPIRES / 1000,
    jti: 'dec_1',
    evaluation_id: 'dec_1',
    denial_expires_at: SAID,
    binding_context_members: [],
    binding_hash: bindingHash(denied),
  })
})

test('it binds until its end, to exactly what was denied', () => {
  assert.deepEqual(binding.verify(token, denied, SAID, EXPIRES - 1), { evaluationId: 'dec_1', expiresAt: EXPIRES })
  assert.deepEqual(binding.verify(token, denied, SAID, EXPIRES), { refused: 'expired_denial' })
  const others: readonly Denied[] = [
    { ...denied, subject: { type: 'user', id: 'bob@example.com' } },
    { ...denied, subject: { ...denied.subject, properties: {} } },
    { ...denied, action: { name: 'can_write' } },
    { ...denied, resource: { type: 'document', id: 'q4-plan', properties: { owner: null } } },
  ]
  for (const other of others)
    assert.deepEqual(binding.verify(token, other, SAID, AT), { refused: 'invalid_denial_binding' })
  const later = new Date(EXPIRES + 1).toISOString()
  assert.deepEqual(binding.verify(token, denied, later, AT), { refused: 'invalid_denial_binding' })
})

test('each changed character, another algorithm, and whoever has another key, are refused', () => {
  const good = (changed: string, by = binding): boolean => !('refused' in by.verify(changed, denied, SAID, AT))
  assert.ok(good(token))
  for (let at = 0; at < token.length; at++) {
    const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
    assert.equal(good(changed), false, String(at))
  }
  const [, payload = ''] = token.split('.')
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const none = `${encode({ alg: 'none', kid: 'hk_one' })}.${payload}`
  for (const forged of [`${none}.`, `${none}.AAAA`, '', '..', 'x'.repeat(3000)]) assert.equal(good(forged), false)
  // the key of tokens itself, for what is not derived from it
  const sealed = `${encode({ alg: 'HS256', kid: 'hk_one' })}.${payload}`
  assert.equal(good(`${sealed}.${createHmac('sha256', KEY.key).update(sealed).digest('base64url')}`), false)
  assert.equal(good(token, new DenialBinding(() => [{ keyId: 'hk_one', key: Buffer.alloc(32, 2) }])), false)
  assert.equal(good(token, new DenialBinding(() => [{ keyId: 'hk_two', key: KEY.key }])), false)
  assert.ok(good(token, new DenialBinding(() => [{ keyId: 'hk_two', key: Buffer.alloc(32, 2) }, KEY])))
  assert.equal(
    new DenialBinding(() => []).sign({ evaluationId: 'dec_1', denied, at: AT, expiresAt: EXPIRES }),
    undefined,
  )
})
