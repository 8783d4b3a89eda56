import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ParseProblem } from '../port.ts'
import { LineStarts } from './lines.ts'
import { untrustedFile } from './untrusted-file.ts'

const file = (path: string, content: string | Uint8Array, origin: 'tree' | 'stdin' = 'tree') =>
  untrustedFile({ path, origin }, typeof content === 'string' ? Buffer.from(content) : content)

test('lines of offsets are those that counting line feeds gives', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r\n') }), fc.nat(), (text, offset) => {
      const at = offset % (text.length + 1)
      assert.equal(new LineStarts(text).lineAt(at), text.slice(0, at).split('\n').length)
    }),
  )
})

test('text is UTF-8 or, with its mark, UTF-16; the mark is dropped', () => {
  assert.equal(file('a', Buffer.from('\uFEFFé', 'utf8')).text(), 'é')
  const wide = file('a', Buffer.from('\uFEFFkey=é\n', 'utf16le'))
  assert.equal(wide.text(), 'key=é\n')
  assert.equal(wide.binary, false)
  assert.equal(file('a', Buffer.from('\uFEFFé', 'utf16le').swap16()).text(), 'é')
})

test('decoding is that of the platform, valid or not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const given = file('a', bytes)
      if (bytes[0] === 0xff || bytes[0] === 0xfe) return
      assert.equal(given.text(), new TextDecoder('utf-8').decode(bytes))
      let valid = true
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      } catch {
        valid = false
      }
      assert.equal(given.validText, valid)
      assert.equal(given.invalidTextLine() === undefined, valid)
    }),
  )
})

test('invalid sequences are replaced and their first line is known', () => {
  const given = file('a.env', Buffer.concat([Buffer.from('A=1\nB=\uFFFD\nC='), Buffer.from([0xe9, 0x0a])]))
  assert.equal(given.validText, false)
  assert.equal(given.invalidTextLine(), 3)
})

test('a NUL byte near the start makes it binary', () => {
  assert.equal(file('a', Buffer.from('ab\0c')).binary, true)
  assert.equal(file('a', Buffer.from('abc')).binary, false)
})

test('a name that says text is not binary for a NUL byte, which is read as a space', () => {
  const names = [
    '.env',
    'prod.env',
    '.env.local',
    'k.yaml',
    'sub/Dockerfile',
    'etc/sudoers',
    'etc/sudoers.d/ci',
    'a.tfstate',
  ]
  for (const name of [...names, 'crontab', '.ssh/authorized_keys', 'x.LDIF', 'id_ed25519', '.aws/credentials']) {
    const read = file(name, Buffer.from('a\nb\0c'))
    assert.equal(read.binary, false, name)
    assert.equal(read.text(), 'a\nb c', name)
    assert.equal(read.nulLine(), 2, name)
  }
  for (const name of ['logo.png', 'tool', 'cert.der', 'a.cer', 'b.plist', 'c.pem']) {
    assert.equal(file(name, Buffer.from('a\0')).binary, true, name)
  }
  const wide = file('.env', Buffer.from('\uFEFFkey=1\n', 'utf16le'))
  assert.deepEqual([wide.binary, wide.text(), wide.nulLine()], [false, 'key=1\n', undefined])
})

test('broken JSON is a problem where the name says JSON, else it is not JSON', () => {
  assert.throws(() => file('a.json', '{"a":').json(), ParseProblem)
  assert.throws(() => file('a.json', 'hello').json(), ParseProblem)
  assert.equal(file('a.ini', '[section]\nkey=value\n').json(), undefined)
  assert.equal(file('a.tpl', '{{ .Values }}').json(), undefined)
  assert.equal(file('a.json', '').json(), undefined)
})

test('from standard input, broken JSON is a problem and YAML or INI is not', () => {
  assert.throws(() => file('stdin', '{"kind": "List", "items": [', 'stdin').json(), ParseProblem)
  assert.equal(file('stdin', 'kind: List\n', 'stdin').json(), undefined)
  assert.equal(file('stdin', '[default]\nregion = x\n', 'stdin').json(), undefined)
})

test('of a stream with broken lines the documents are given, and what is broken is said', () => {
  const given = file('audit.json', '{"a":1}\n{"b":\n{"c":3}\n')
  assert.equal(given.json()?.length, 2)
  assert.equal(given.jsonProblem()?.line, 2)
})
