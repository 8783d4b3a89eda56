import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { credentialRef } from '#kernel'
import type { CredentialFact } from '#kernel'
import { untrustedFile } from '../input/untrusted-file.ts'
import { fingerprintInTest, offer, only } from '../offer-in-test.ts'
import { sourceCode } from './source-code.ts'

const secretsIn = (path: string, text: string): CredentialFact[] => only(offer(sourceCode, path, text), 'credential')
const one = (path: string, text: string): CredentialFact => {
  const [fact, ...more] = secretsIn(path, text)
  assert.ok(fact, `nothing found in ${path}`)
  assert.deepEqual(more, [])
  return fact
}
const nothing = (path: string, text: string): void =>
  assert.deepEqual(
    secretsIn(path, text).map(({ rule, name }) => `${rule} ${name}`),
    [],
    text,
  )

// put together here, so that no part of this file looks like a live token
const GITHUB = ['ghp', 'k3JmQ9vT2xLw8RzN5cHd7YfB4gPs0Aa1W6eU'].join('_')
const KEY_ID = ['AKIA', 'Q7ZB4KD2XW5NRTPL'].join('')
const KEY_SECRET = 'dR8f/2kLmQ0xVt7+ZbY4nWcJ5hGpS1aE6uTqO3iX'

test('a provider’s token is found with its line, type, hint and a fingerprint instead of its value', () => {
  const fact = one('src/ci.py', `import os\n\nclient = Github("${GITHUB}")\n`)
  assert.equal(fact.rule, 'github-pat')
  assert.equal(fact.credentialType, 'api_token')
  assert.equal(fact.exposure, 'embedded')
  assert.equal(fact.fingerprint, fingerprintInTest(GITHUB))
  assert.equal(fact.hint, 'ghp_k3Jm…')
  assert.equal(fact.provenance.startLine, 3)
})

test('a named password is found with the name and the surest rule wins over the name beside it', () => {
  const password = one('app.yml', 'db:\n  user: app\n  password: qW3-zzkT81\n')
  assert.equal(password.rule, 'generic-password')
  assert.equal(password.name, 'password')
  assert.equal(password.provenance.startLine, 3)
  assert.equal(one('app.env', `GITHUB_TOKEN=${GITHUB}\n`).rule, 'github-pat')
})

test('an AWS key id next to its secret is one credential: the id names it, the secret is fingerprinted', () => {
  const fact = one('.aws/credentials', `[x]\naws_access_key_id = ${KEY_ID}\naws_secret_access_key = ${KEY_SECRET}\n`)
  assert.equal(fact.ref, credentialRef.awsAccessKey(KEY_ID))
  assert.equal(fact.fingerprint, fingerprintInTest(KEY_SECRET))
  assert.equal(fact.credentialType, 'aws_access_key')
  assert.deepEqual([fact.provenance.startLine, fact.provenance.endLine], [2, 3])
})

test('each secret goes to the nearest of several key ids', () => {
  const other = ['AKIA', 'M3YHC6T2VRXW7EKD'].join('')
  const facts = secretsIn('a.py', `ID = "${KEY_ID}"\nSECRET = "${KEY_SECRET}"\nFORMER = "${other}"\n`)
  assert.deepEqual(
    facts.map(({ ref, exposure }) => [ref, exposure]),
    [
      [credentialRef.awsAccessKey(KEY_ID), 'embedded'],
      [credentialRef.awsAccessKey(other), 'reference'],
    ],
  )
})

test('an AWS key id alone is a reference, and an example of the documentation is nothing', () => {
  const fact = one('notes.txt', `the key ${KEY_ID} was rotated\n`)
  assert.equal(fact.exposure, 'reference')
  assert.equal(fact.fingerprint, undefined)
  nothing('a.py', 'aws_access_key_id = "AKIAIOSFODNN7EXAMPLE"')
})

test('a private key joins its public half, however it is wrapped', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const spki = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
  const wrapped = [
    one('k.pem', pem),
    one('k.json', JSON.stringify({ private_key: pem })),
    one(
      'k.py',
      pem
        .trim()
        .split('\n')
        .map((line) => `    "${line}\\n"`)
        .join(' \\\n'),
    ),
    one('k.yaml', `client-key-data: ${Buffer.from(pem).toString('base64')}\n`),
  ]
  for (const fact of wrapped) {
    assert.equal(fact.ref, credentialRef.publicKey(spki))
    assert.match(fact.aliases?.[0] ?? '', /^ssh:key\/SHA256:/)
    assert.equal(fact.fingerprint, wrapped[0]?.fingerprint)
    assert.equal(fact.attributes?.['encrypted'], false)
  }
})

test('a key under a passphrase says so, a PuTTY key too', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString()
  assert.equal(one('k.pem', pem).attributes?.['encrypted'], true)
  const lines = 'AAAAB3NzaC1yc2EAAAADAQABAAABAQDk3vJ0uH5h7jZ3N9eYxWq8TQ'
  const ppk = `PuTTY-User-Key-File-2: ssh-rsa\nEncryption: aes256-cbc\nComment: ops\nPublic-Lines: 1\n${lines}\nPrivate-Lines: 1\n${lines}\nPrivate-MAC: 00\n`
  assert.equal(one('k.ppk', ppk).attributes?.['encrypted'], true)
})

test('the key of a Google service account is that account’s', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const email = 'loader@larkfield-data.iam.gserviceaccount.com'
  const text = JSON.stringify(
    {
      type: 'service_account',
      private_key_id: 'a'.repeat(39) + '1',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: email,
    },
    null,
    2,
  )
  const facts = offer(sourceCode, 'sa.json', text)
  assert.equal(only(facts, 'principal')[0]?.externalId, email)
  const [key] = only(facts, 'credential')
  assert.equal(key?.rule, 'gcp-service-account-key')
  assert.equal(key?.principal, `gcp:${email}`)
})

test('a JWT tells its issuer and expiry, and whose it is in a cluster', () => {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: 'https://kubernetes.default.svc', sub: 'system:serviceaccount:data:loader', exp: 1_800_000_000 }
  const jwt = `${part({ alg: 'RS256', kid: 'x' })}.${part(claims)}.${'Zk3-_x9QpLw2'.repeat(5)}q`
  const fact = one('t.sh', `curl -H "Authorization: Bearer ${jwt}"`)
  assert.equal(fact.expiresAt, '2027-01-15T08:00:00.000Z')
  assert.equal(fact.attributes?.['issuer'], claims.iss)
  assert.equal(fact.principal, 'kubernetes:system:serviceaccount:data:loader')
})

test('a password in a URL is the same secret as the password alone, base 64 of it in a cluster’s Secret too', () => {
  const url = one('a.py', 'engine = create_engine("postgresql://app:nT7-kkQz02@pg.internal/app")')
  const plain = one('.env', 'PGPASSWORD=nT7-kkQz02\n')
  const encoded = one('s.yaml', `kind: Secret\ndata:\n  password: ${Buffer.from('nT7-kkQz02').toString('base64')}\n`)
  assert.equal(url.fingerprint, plain.fingerprint)
  assert.equal(encoded.fingerprint, plain.fingerprint)
  assert.equal(url.rule, 'url-credentials')
})

test('a secret in the history says in which commit', () => {
  const file = untrustedFile(
    { path: '.env', origin: 'history', commit: 'c0ffee' },
    Buffer.from('DB_PASSWORD=nT7-kkQz02\n'),
  )
  const facts = [
    ...sourceCode.discover(file, {
      fingerprint: () => 'f',
      hint: () => undefined,
      scopeOf: () => '',
      csvMapping: () => undefined,
    }),
  ]
  assert.equal(only(facts, 'credential')[0]?.provenance.commit, 'c0ffee')
})

test('locks, bundles and translations are read for formats only', () => {
  nothing('locales/de.yml', 'password: Passwort7\n')
  nothing('dist/app.min.js', 'a={password:"hunter2x9"}')
  assert.equal(one('yarn.lock', `resolved "https://x:${GITHUB}@npm.pkg.example"\n`).rule, 'github-pat')
})

test('binary files are not accepted, UTF-16 text and CRLF are read', () => {
  const accepts = (bytes: Buffer): boolean => sourceCode.accepts(untrustedFile({ path: 'x', origin: 'tree' }, bytes))
  assert.equal(accepts(Buffer.from('password=\0hunter2x9')), false)
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a\r\nDB_PASSWORD=nT7-kkQz02\r\n', 'utf16le')])
  const facts = [
    ...sourceCode.discover(untrustedFile({ path: 'x.env', origin: 'tree' }, utf16), {
      fingerprint: fingerprintInTest,
      hint: () => undefined,
      scopeOf: () => '',
      csvMapping: () => undefined,
    }),
  ]
  const [fact] = only(facts, 'credential')
  assert.equal(fact?.provenance.startLine, 2)
  assert.equal(fact?.fingerprint, fingerprintInTest('nT7-kkQz02'))
})

test('a name that repeats the secret is not passed on', () => {
  const [fact] = secretsIn('a.env', 'password_zk3q9w=zk3q9w\n')
  assert.equal(fact === undefined || fact.name === undefined, true)
})

const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  'a.py': [
    'password = os.environ["DB_PASSWORD"]',
    'password = getpass.getpass("Password: ")',
    'token = request.headers.get("X-Token")',
    'password_field = "passwd1"',
    'def login(user, password="", token=None): pass',
    'TOKEN_URL = "https://id.example.org/token"',
    'secret = "<your secret>"',
    'api_key = "xxxxxxxxxxxxxxxx"',
    'password_hash = "$2b$12$C6UzMDM.H6dfI/f/IKcEeO"',
    'cache_key = "user:42:profile"',
    'sha = "da39a3ee5e6b4b0d3255bfef95601890afd80709"',
  ],
  'a.js': [
    'const password = process.env.PASSWORD',
    'const { password } = req.body',
    'label: "Password", placeholder: "Enter your password"',
    'if (!token) throw new Error("token is missing")',
    "const STORAGE_KEY = 'todo-app.v2'",
    'headers: { Authorization: `Bearer ${token}` }',
  ],
  'a.yaml': [
    'password: ${DB_PASSWORD}',
    'secretName: shop-db-1',
    'token: !vault |',
    'password: ENC[AES256_GCM,data:Zk3q9w]',
    'passwordSecretRef: db1',
  ],
  'a.tf': ['password = var.db_password', 'secret_id = aws_secretsmanager_secret.db.id'],
  'a.md': ['Set the `password` option to a password of at least 12 characters.'],
  sudoers: ['deploy ALL=(ALL) NOPASSWD: /usr/bin/systemctl restart app1'],
}

for (const [path, lines] of Object.entries(HARMLESS)) {
  test(`look-alikes in ${path} are left alone`, () => lines.forEach((line) => nothing(path, `${line}\n`)))
}
