import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secretIn } from './secret-in-text.ts'

// put together here, so that no scanner of sources takes them for real
const split = (...parts: readonly string[]): string => parts.join('')
const word = (length: number): string => 'aB3dE5fG7h'.repeat(10).slice(0, length)
const SECRETS: readonly (readonly [text: string, kind: string])[] = [
  [split('rotated because AKI', 'AIOSFODNN7EXAMPLE was seen'), 'a key of AWS'],
  [split('see -----BEGIN RSA', ' PRIVATE KEY-----'), 'a private key'],
  [split('gh', 'p_', word(36)), 'a token of GitHub'],
  [split('glpat', '-', word(20)), 'a token of GitLab'],
  [split('xox', 'b-', word(20)), 'a token of Slack'],
  [split('sk', '_live_', word(24)), 'a key of Stripe'],
  [`the token eyJ${word(20)}.eyJ${word(20)}.${word(20)} leaked`, 'a JSON Web Token'],
  ['it is postgres://app:hunter22@db.example/main', 'a password in an address'],
  ['asked by henrik, password=hunter2', 'a password'],
  ['API_KEY: "s3cr3t-value"', 'a password'],
]

test('a secret in a reason is seen by its form, and which kind it is', () => {
  for (const [text, kind] of SECRETS) assert.equal(secretIn(text), kind)
})

test('what people write about secrets is none', () => {
  for (const text of [
    'the password was rotated, see ticket OPS-4711',
    'token: revoked by the owner',
    'the secret is in vault://team/payments, password=${DB_PASSWORD}',
    'https://larkfield.example/tickets?id=4711',
    'api key of the vendor; expires 2027-01-31',
    'owner: team payments, tier: high',
    'AKIA is the prefix of AWS keys',
    'x'.repeat(2000),
  ])
    assert.equal(secretIn(text), undefined, text)
})

test('a text made to be slow is not', () => {
  const began = performance.now()
  for (const part of ['eyJ', 'a://a:', 'password=', 'secret: ', 'eyJaaaaaaaaa.eyJ', '-----BEGIN '])
    secretIn(part.repeat(2000))
  assert.ok(performance.now() - began < 2000)
})
