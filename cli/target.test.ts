import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { folderOf, reeve } from '../test/scan/run-reeve.ts'

describe('target prepare', () => {
  test('prints SQL without the password, which it makes for its owner alone and keeps where it is', async (t) => {
    const folder = await folderOf(t, { 'short.txt': 'hunter2' })
    const file = join(folder, 'main.password')
    const asked = ['target', 'prepare', '--database', 'shop', '--also', 'crm', '--manage', 'app', '--password-file']
    const first = await reeve([...asked, file])
    assert.equal(first.code, 0, first.stderr)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const password = readFileSync(file, 'utf8')
    assert.ok(password.length >= 40)
    assert.match(first.stdout, /\\connect .*shop[^]*SCRAM-SHA-256\$[^]*\\connect .*crm/)
    assert.ok(!(first.stdout + first.stderr).includes(password))
    const second = await reeve([...asked, file])
    assert.equal(second.code, 0, second.stderr)
    assert.equal(readFileSync(file, 'utf8'), password)
    const short = await reeve([...asked, join(folder, 'short.txt')])
    assert.equal(short.code, 2)
    assert.match(short.stderr, /at least 16 characters/)
    assert.ok(!short.stderr.includes('hunter2'))
  })
})

describe('a secret that is given to a command', () => {
  test('is asked for as a file: others who may read it are warned of, and what is wrong is said before a server is asked', async (t) => {
    const folder = await folderOf(t, {
      'open.txt': 'hunter2',
      'empty.txt': '',
      'line.txt': '\r\n',
      'large.txt': 'x'.repeat(40_000),
    })
    const env = { REEVE_URL: 'http://127.0.0.1:9', REEVE_TOKEN: 'reeve_p_none', HOME: folder }
    const given = async (name: string): Promise<string> =>
      (await reeve(['contain', '--dry-run', '--secret-file', join(folder, name)], { env })).stderr
    assert.match(await given('open.txt'), /Warning: others on this machine may read .*open\.txt/)
    for (const name of ['empty.txt', 'line.txt']) assert.match(await given(name), /is empty/)
    assert.match(await given('large.txt'), /is larger than 32768 bytes/)
    assert.match(await given('none.txt'), /cannot be read \(ENOENT\)/)
    const nothing = await reeve(['contain', '--because', 'a test'], { env })
    assert.equal(nothing.code, 2)
    assert.match(nothing.stderr, /say what leaked/)
  })
})
