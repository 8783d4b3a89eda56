import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '#kernel'
import { openKeys } from '#keys'
import { followKeys } from './keys-kept.ts'

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let wait = 0; !holds(); wait++) {
    assert.ok(wait < 500, what)
    await sleep(10)
  }
}

test('a key that a command rotates or retires counts without a restart, the key of the log at the next start', async (t) => {
  const folder = join(await mkdtemp(join(tmpdir(), 'reeve-keys-')), 'keys')
  t.after(async () => rm(join(folder, '..'), { recursive: true }))
  const server = await openKeys(folder, systemClock)
  const said: string[] = []
  let changes = 0
  const following = followKeys({
    keys: server,
    say: (event) => said.push(event),
    onChanged: () => Promise.resolve((changes += 1)),
    everyMs: 10,
  })
  t.after(async () => following.stop())
  const command = await openKeys(folder, systemClock)
  const before = server.keyInUse('token').keyId
  const log = server.keyInUse('log').keyId

  await command.rotateKey('log')
  const { keyId } = await command.rotateKey('token')
  await until('the new key is in use', () => server.keyInUse('token').keyId === keyId)
  assert.deepEqual(
    server.keysOf('token').map((key) => key.keyId),
    [keyId, before],
  )
  await command.retireKey('token', before)
  await until('the old one is not', () => server.keysOf('token').length === 1)
  assert.equal(server.keyInUse('log').keyId, log)
  await until('told', () => changes === 2)
  assert.deepEqual(said, Array(2).fill('the keys of token were changed and count from now on'))

  const whole = await readFile(join(folder, 'token.json'))
  await writeFile(join(folder, 'token.json'), 'half a fi')
  await until('said', () => said.length === 3)
  assert.match(said[2] ?? '', /stay in use: .*token/)
  assert.equal(server.keyInUse('token').keyId, keyId, 'a damaged file takes no key away')
  await writeFile(join(folder, 'token.json'), whole)
  await sleep(100)
  assert.equal(said.length, 3, 'said once')
})
