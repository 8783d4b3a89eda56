// Certificates: chains and bundles survive a damaged member, keys join their certificates, and no key ever leaves.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Observation } from '#kernel'
import { asText, offer, only } from '../offer-in-test.ts'
import { certificates } from './certificates.ts'

const skip = spawnSync('openssl', ['version']).error !== undefined && 'no openssl'
const folder = mkdtempSync(join(tmpdir(), 'reeve-x509-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string): string => join(folder, name)
const openssl = (...options: string[]): Buffer =>
  execFileSync('openssl', options, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })

function issue(name: string, ...options: string[]): { certificate: string; key: string } {
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const out = ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)]
  openssl('req', '-x509', ...kind, '-nodes', '-days', '30', '-subj', `/O=Larkfield/CN=${name}`, ...out, ...options)
  return { certificate: readFileSync(at(`${name}.pem`), 'utf8'), key: readFileSync(at(`${name}.key`), 'utf8') }
}
const leaf = ['-addext', 'basicConstraints=critical,CA:FALSE']
const sha256 = (pem: string): string => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex')
const credentialsOf = (facts: readonly Observation[]) => only(facts, 'credential')

test('a leaf certificate names a machine, an authority names none', { skip }, () => {
  const facts = offer(certificates, 'tls/api.pem', issue('api', ...leaf).certificate)
  const [machine] = only(facts, 'principal')
  assert.equal(machine?.externalId, 'O=Larkfield, CN=api')
  assert.equal(machine?.kind, 'machine')
  assert.equal(credentialsOf(facts)[0]?.principal, machine?.ref)
  const authority = offer(certificates, 'tls/ca.pem', issue('ca').certificate)
  assert.equal(only(authority, 'principal').length, 0)
  assert.equal(credentialsOf(authority)[0]?.attributes?.['ca'], true)
})

test('a SPIFFE id is the workload, a mail certificate is a person', { skip }, () => {
  const workload = issue('w', ...leaf, '-addext', 'subjectAltName=URI:spiffe://larkfield.example/ns/payments/sa/api')
  const [spiffe] = only(offer(certificates, 'svid.pem', workload.certificate), 'principal')
  assert.equal(spiffe?.externalId, 'spiffe://larkfield.example/ns/payments/sa/api')
  assert.equal(spiffe?.kind, 'workload')
  const mail = [
    '-addext',
    'extendedKeyUsage=emailProtection',
    '-addext',
    'subjectAltName=email:maren@larkfield.example',
  ]
  assert.equal(
    only(offer(certificates, 'm.pem', issue('maren', ...leaf, ...mail).certificate), 'principal')[0]?.kind,
    'human',
  )
})

test('a private key joins its certificate and is only fingerprinted', { skip }, () => {
  const { certificate, key } = issue('joined', ...leaf)
  const facts = offer(certificates, 'tls/both.pem', `${certificate}${key}`)
  const [privateKey, open] = credentialsOf(facts)
  assert.equal(open?.ref, `x509:certificate/${sha256(certificate)}`)
  assert.ok(privateKey?.ref !== undefined && open?.aliases?.includes(privateKey.ref))
  assert.equal(privateKey.exposure, 'embedded')
  for (const row of key.split('\n').slice(1, -2)) assert.ok(!asText(facts).includes(row))
})

test('an encrypted key is recorded, not leaked', { skip }, () => {
  issue('locked')
  const locked = openssl('pkcs8', '-topk8', '-in', 'locked.key', '-passout', 'pass:a-long-one').toString()
  const [key] = credentialsOf(offer(certificates, 'locked.key', locked))
  assert.equal(key?.exposure, 'record')
  assert.equal(key?.attributes?.['encrypted'], true)
})

test('a damaged certificate costs itself: the rest of the bundle is read', { skip }, () => {
  const [one, two] = [issue('one', ...leaf).certificate, issue('two', ...leaf).certificate]
  const damaged = one.replace(/\n[A-Za-z0-9+/]{64}\n/, '\n')
  const facts = offer(certificates, 'bundle.pem', `${one}${damaged}${two}-----BEGIN CERTIFICATE-----\nMIIB`)
  assert.deepEqual(
    credentialsOf(facts).map(({ name }) => name),
    ['one', 'two'],
  )
  const lines = only(facts, 'problem').map(({ startLine }) => startLine)
  assert.deepEqual(lines, [one.split('\n').length, `${one}${damaged}${two}`.split('\n').length])
})

test('DER, PKCS#7 in both forms, and locked stores', { skip }, () => {
  const { certificate } = issue('forms', ...leaf)
  openssl('x509', '-in', 'forms.pem', '-outform', 'DER', '-out', 'forms.der')
  openssl('crl2pkcs7', '-nocrl', '-certfile', 'forms.pem', '-out', 'forms.p7b')
  openssl('crl2pkcs7', '-nocrl', '-certfile', 'forms.pem', '-outform', 'DER', '-out', 'forms.p7c')
  openssl('pkcs12', '-export', '-in', 'forms.pem', '-inkey', 'forms.key', '-passout', 'pass:x', '-out', 'forms.p12')
  for (const name of ['forms.der', 'forms.p7b', 'forms.p7c']) {
    const [found] = credentialsOf(offer(certificates, name, readFileSync(at(name))))
    assert.equal(found?.ref, `x509:certificate/${sha256(certificate)}`, name)
  }
  const store = offer(certificates, 'forms.p12', readFileSync(at('forms.p12')))
  assert.equal(credentialsOf(store)[0]?.attributes?.['container'], 'PKCS#12 store')
  assert.equal(only(store, 'blind_spot').length, 1)
  assert.equal(only(store, 'problem').length, 0)
  const keystore = offer(certificates, 'a.jks', Buffer.from('feedfeed0000000200000001', 'hex'))
  assert.equal(credentialsOf(keystore)[0]?.attributes?.['container'], 'Java keystore (JKS)')
})

test('a chain says who issued whom', { skip }, () => {
  const root = issue('root')
  openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=child', '-keyout', 'c.key', '-out', 'c.csr')
  openssl('x509', '-req', '-in', 'c.csr', '-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-out', 'c.pem')
  const chain = `${readFileSync(at('c.pem'), 'utf8')}${readFileSync(at('c.csr'), 'utf8')}${root.certificate}`
  const [child, parent] = credentialsOf(offer(certificates, 'chain.pem', chain))
  assert.equal(child?.attributes?.['issuedBy'], parent?.attributes?.['sha256'])
  assert.equal(parent?.attributes?.['selfSigned'], true)
  assert.equal(child?.attributes?.['keyBits'], 2048)
})

test('cut short or scribbled over, a file gives problems and never throws', { skip }, () => {
  const { certificate } = issue('fuzz', ...leaf)
  const der = Buffer.from(new X509Certificate(certificate).raw)
  for (let index = 0; index < der.length; index += 7) {
    const flipped = Buffer.from(der)
    flipped[index] = (flipped[index] ?? 0) ^ 0x55
    for (const bytes of [der.subarray(0, index), flipped])
      for (const name of ['a.der', 'a.p7b'])
        assert.ok(!asText(offer(certificates, name, bytes)).includes('could not read this file'))
  }
})

const FIXTURES = '../shared/fixtures/x509'
test('every real certificate is read or is one problem', { skip: !existsSync(FIXTURES) && 'no fixtures' }, () => {
  for (const name of readdirSync(FIXTURES)) {
    const text = readFileSync(join(FIXTURES, name), 'utf8')
    const facts = offer(certificates, name, text)
    const expected = text.split('-----BEGIN CERTIFICATE-----').length - 1
    assert.equal(credentialsOf(facts).length + only(facts, 'problem').length, expected, name)
  }
})
