import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Observation } from '#kernel'
import { ref } from '#kernel'
import { fixedContext } from './offer-text.ts'
import { redaction } from './redact.ts'

const provenance = { connector: 'test', file: 'Kx81hV0qTe.txt', startLine: 1 }
const principal = (name: string, text = 'nightly run'): Observation => ({
  type: 'principal',
  ref: ref('csv', name),
  kind: 'service_account',
  nativeType: 'row',
  system: 'csv',
  externalId: name,
  name,
  purpose: { text, reason: 'column' },
  labels: { note: `see ${name}` },
  provenance,
})

test('what one connector took for a secret stands in nothing that another says of the file', () => {
  const { context, clean } = redaction(fixedContext())
  context.fingerprint('Kx81hV0qTe')
  const cleaned = clean(principal('svc Kx81hV0qTe', 'password Kx81hV0qTe!'))
  assert.ok(!JSON.stringify({ ...cleaned, provenance: undefined }).includes('Kx81hV0qTe'))
  assert.equal(cleaned.type === 'principal' && cleaned.provenance.file, 'Kx81hV0qTe.txt')
})

test('an observation without a secret is the very same object', () => {
  const { context, clean } = redaction(fixedContext())
  context.fingerprint('Kx81hV0qTe')
  const observation = principal('svc-print')
  assert.equal(clean(observation), observation)
})

test('a weak password that is also a word does not rewrite names', () => {
  const { context, clean } = redaction(fixedContext())
  for (const weak of ['postgres', 'admin', 'root1']) context.fingerprint(weak)
  const observation = principal('postgres')
  assert.equal(clean(observation), observation)
})

test('free text gives no word that looks like a secret, and keeps what people write', () => {
  const { clean } = redaction(fixedContext())
  const text = (given: string): unknown => {
    const cleaned = clean(principal('a', given))
    return cleaned.type === 'principal' ? cleaned.purpose?.text : undefined
  }
  assert.equal(text('temp pwd pQ83hVz0TeWm41xK until friday'), 'temp pwd [secret] until friday')
  assert.equal(text('token=ghp_0aZ91kQwErTy12345678'), 'token=[secret]')
  for (const kept of [
    'Runs claims-import-2026 on db-1.corp.example',
    'see https://wiki.example/pages/12345678901234',
    'account 111122223333, ticket SEC-1234',
    'ops2024@larkfield.example',
    'arn:aws:iam::111122223333:role/a',
    '0c2f6a11-0000-4000-8000-000000000101',
  ]) {
    assert.equal(text(kept), kept)
  }
})

test('many secrets are looked up word by word', () => {
  const { context, clean } = redaction(fixedContext())
  for (let index = 0; index < 5000; index++) context.fingerprint(`s3cret-value-${index}`)
  const cleaned = clean(principal('x', 'pw s3cret-value-4321'))
  assert.ok(!JSON.stringify(cleaned).includes('s3cret-value-4321'))
})

test('no address keeps its password', () => {
  const { clean } = redaction(fixedContext())
  const name = (given: string): unknown => {
    const cleaned = clean(principal(given))
    return cleaned.type === 'principal' ? cleaned.name : undefined
  }
  assert.equal(name('docker://bot:hunter2x@reg.example/image'), 'docker://bot:[secret]@reg.example/image')
  assert.equal(name('https://bot:${TOKEN}@git.example/x'), 'https://bot:${TOKEN}@git.example/x')
  assert.equal(name('https://bot@git.example/x:y'), 'https://bot@git.example/x:y')
})
