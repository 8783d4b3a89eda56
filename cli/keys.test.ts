import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openKeys } from '#keys'
import { systemClock } from '#kernel'
import { folderOf, reeve } from '../test/scan/run-reeve.ts'

interface Key {
  readonly kind: string
  readonly keyId: string
  readonly state: string
}

test('keys are listed, rotated, retired and replaced by id, and no value is shown', async (t) => {
  const folder = await folderOf(t, {})
  const none = await reeve(['keys', 'list', '--data-dir', folder])
  assert.equal(none.code, 2)
  assert.match(none.stderr, /no server has kept a roll in .*: it has no keys/)
  await openKeys(join(folder, 'keys'), systemClock)
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await reeve(['keys', ...args, '--data-dir', folder])
    assert.equal(code, 0, stderr)
    return stdout + stderr
  }
  const listed = async (): Promise<Key[]> => JSON.parse(await run('list', '--json')) as Key[]
  const before = (await listed()).find(({ kind }) => kind === 'fingerprint')
  const secret = /"key": ?"([^"]{20,})"/.exec(await readFile(join(folder, 'keys', 'fingerprint.json'), 'utf8'))?.[1]
  assert.ok(secret !== undefined)
  assert.ok(!(await run('list')).includes(secret))
  assert.match(await run('rotate', 'fingerprint'), /hk_\w+ is the fingerprint key now/)
  assert.equal((await listed()).find(({ keyId }) => keyId === before?.keyId)?.state, 'retiring')
  await run('retire', 'fingerprint', before?.keyId ?? '')
  assert.equal((await listed()).find(({ keyId }) => keyId === before?.keyId)?.state, 'retired')
  assert.ok(!(await readFile(join(folder, 'keys', 'fingerprint.json'), 'utf8')).includes(secret), 'its value is erased')
  await rm(join(folder, 'keys', 'token.json'))
  assert.equal((await reeve(['keys', 'list', '--data-dir', folder])).code, 2)
  assert.match(await run('replace-lost', 'token'), /is a new token key/)
  assert.equal((await listed()).filter(({ state }) => state === 'active').length, 5)
})
