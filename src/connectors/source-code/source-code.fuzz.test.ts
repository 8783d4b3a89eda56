// Negative space: no input makes the connector throw, go slow, or give a secret away.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { untrustedFile } from '../input/untrusted-file.ts'
import { asText, offer, only } from '../offer-in-test.ts'
import { placeholderKind } from './assigned/placeholder.ts'
import { scanText } from './scan-text.ts'
import { sourceCode } from './source-code.ts'
import { sourceText } from './source-text.ts'

const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
/** As a generator of passwords gives it: evenly drawn, where fast-check prefers corners. */
const secret = fc
  .tuple(fc.nat(), fc.integer({ min: 24, max: 40 }))
  .map(([seed, length]) => {
    const bytes = createHash('sha512').update(String(seed)).digest()
    return Array.from({ length }, (_, at) => ALPHABET.charAt((bytes[at] ?? 0) % ALPHABET.length)).join('')
  })
  .filter((text) => /\d/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text))
  // one in some thousand has `todo` or `mock` in it by chance, and is taken for advice to the reader
  .filter((text) => placeholderKind(text) === undefined)

/** Where a secret may stand; `S` is the secret. */
const TEMPLATES: readonly (readonly [path: string, template: string])[] = [
  ['a.py', 'API_KEY = "S"\n'],
  ['a.py', 'client.login("svc", "S")\n'],
  ['a.js', "const c = { user: 'x', password: 'S' }\n"],
  ['a.ts', 'fetch(`https://api.example.org/v1?access_token=S`)\n'],
  ['a.go', 'req.Header.Set("Authorization", "Bearer S")\n'],
  ['a.java', 'props.setProperty("password", "S");\n'],
  ['a.env', 'DB_PASSWORD=S\n'],
  ['a.yaml', 'spring:\n  datasource:\n    password: S # rotate\n'],
  ['a.xml', '<server><password>S</password></server>\n'],
  ['a.config', '<add key="ApiKey" value="S"/>\n'],
  ['a.properties', 'mail.smtp.password=S\n'],
  ['a.sql', "CREATE USER x IDENTIFIED BY 'S';\n"],
  ['a.sh', 'curl -u "svc:S" https://files.example.org\n'],
  ['a.sh', 'sshpass -p S ssh host\n'],
  ['a.tf', 'variable "db_password" {\n  default = "S"\n}\n'],
  ['a.md', 'Log in with password: S\n'],
  ['a.json', '{"db": {"url": "postgres://app:S@pg.internal/app"}}\n'],
  ['a.cs', 'var c = "Server=db;User Id=sa;Password=S;";\n'],
  ['.pgpass', 'pg.internal:5432:app:app:S\n'],
  ['.netrc', 'machine git.internal login x password S\n'],
]

test('a planted secret is found in every template, and no part of it is in what is said', () => {
  fc.assert(
    fc.property(secret, fc.constantFrom(...TEMPLATES), fc.boolean(), (value, [path, template], twice) => {
      const text = template.replaceAll('S', (letter, at: number) => (isSlot(template, at) ? value : letter))
      const facts = offer(sourceCode, path, twice ? `${text}${text}` : text)
      assert.ok(
        only(facts, 'credential').some(({ exposure }) => exposure === 'embedded'),
        `${path}: ${text}`,
      )
      const said = asText(facts)
      for (let at = 0; at + 8 <= value.length; at++)
        assert.ok(!said.includes(value.slice(at, at + 8)), `${path} ${said}`)
    }),
    { numRuns: 300 },
  )
})

/** The `S` that stands alone, not the one of `CREATE USER`. */
const isSlot = (template: string, at: number): boolean =>
  !/[A-Za-z_]/.test(template.charAt(at - 1)) && !/[A-Za-z_]/.test(template.charAt(at + 1))

const NASTY = fc.constantFrom(
  'password', 'token', 'api_key', 'secret', '=', ':', '"', "'", '`', '\\', '\n', '\r\n', ' ', '(', ')', '{', '}', '[', ']', '<', '>', ',', ';',
  '://', '@', '-----BEGIN RSA PRIVATE KEY-----', '-----END RSA PRIVATE KEY-----', 'eyJhbGciOiJIUzI1NiJ9', '.', 'AKIA', 'ghp_', 'Bearer ', 'Basic ',
  'curl -u ', 'login(', '"kty"', 'LS0tLS1CRUdJTi', 'PuTTY-User-Key-File-2: ', 'a1B2c3D4e5F6g7H8', 'é', '𝕏', '\0', '__proto__', '${', '}}', '%s',
) // prettier-ignore

test('no text makes it throw, whatever the file is called', () => {
  const path = fc.constantFrom(
    'a.py',
    'a.yaml',
    'a.md',
    'a.xml',
    'Dockerfile',
    '.pgpass',
    '.netrc',
    'a',
    'a.min.js',
    'locales/en.yml',
  )
  fc.assert(
    fc.property(
      fc.array(fc.oneof(NASTY, fc.string({ unit: 'binary', maxLength: 20 })), { maxLength: 60 }),
      path,
      (parts, name) => {
        for (const fact of offer(sourceCode, name, parts.join('')))
          assert.ok(fact.type !== 'problem' || fact.connector === undefined)
      },
    ),
    { numRuns: 1000 },
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void offer(sourceCode, 'x.bin', bytes)))
})

const UNITS = [
  'password=', 'password = "', '"password": "a', 'password ', 'key ', "api_key'", 'password(', 'login("a","', '-----BEGIN RSA PRIVATE KEY-----',
  '-----BEGIN RSA PRIVATE KEY-----\\nMIIE', '://a:', 'https://a:b', 'eyJhbGciOiJIUzI1NiJ9.', 'bearer a1b2', 'docker login -p ', '<password>', '<password ',
  'name="password" ', '"kty":"', 'LS0tLS1CRUdJTi', 'secret                    ', 'password: str | ', 'AccountKey=', 'variable "password" {\n',
  '"password" + "', 'password = "a" + "', 'token eyJ', 'AAAAAAAAAAAAAAAAAAAA', '$argon2', '{password, "', 'é', 'chpasswd a:b ',
  'jwt.decode(', 'login(a,', '.connect("a",', 'key = a.b::from.', 'insert into a (password) values (', 'insert into a (b', 'set password for ', 'net use ',
  'passphrase = "a b ', 'omniauth :', 'openssl passwd -1 ', 'client([{(',
] // prettier-ignore

test('twice the text costs about twice the time, on one line of nothing but anchors', () => {
  const cost = (path: string, unit: string, length: number): number => {
    const bytes = Buffer.from(unit.repeat(Math.ceil(length / unit.length)))
    let best = Number.POSITIVE_INFINITY
    for (let round = 0; round < 2; round++) {
      const source = sourceText(untrustedFile({ path, origin: 'tree' }, bytes))
      const from = process.cpuUsage()
      scanText(source, '')
      best = Math.min(best, process.cpuUsage(from).user / 1000)
    }
    return best
  }
  for (const path of ['a.py', 'a.yaml']) {
    for (const unit of UNITS) {
      const half = cost(path, unit, 40_000)
      const whole = cost(path, unit, 160_000)
      // four times the text: quadratic work would cost sixteen times; what takes milliseconds is noise
      assert.ok(whole < 10 * half + 60, `${path} ${unit}: ${half.toFixed(0)} ms, then ${whole.toFixed(0)} ms`)
    }
  }
})

test('what stops at the limit says so', () => {
  const text = Array.from(
    { length: 6000 },
    (_, index) => `password_${index} = "qZ7${(index * 7919).toString(36)}xK4w"`,
  ).join('\n')
  const problems = only(offer(sourceCode, 'a.py', text), 'problem')
  assert.equal(problems.length, 1)
  assert.match(problems[0]?.message ?? '', /^more than 5000 secrets in one file/)
})
