import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Fault } from '#kernel'
import {
  checkedUrl,
  credentialsFile,
  credentialsFrom,
  firstTokenAmong,
  storeCredentials,
  storedCredentials,
} from './credentials.ts'

describe('the token of the command line', () => {
  test('is kept in a file that only its owner can read, whole or not at all', async (t) => {
    const home = await mkdtemp(join(tmpdir(), 'reeve-'))
    t.after(async () => rm(home, { recursive: true }))
    const file = credentialsFile({ HOME: home })
    assert.equal(await storedCredentials(file), undefined)
    await storeCredentials({ url: 'http://127.0.0.1:1', token: 'one' }, file)
    await storeCredentials({ url: 'http://127.0.0.1:1', token: 'two' }, file)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(join(home, '.config', 'reeve')), ['credentials.json'])
    assert.deepEqual(await storedCredentials(file), { url: 'http://127.0.0.1:1', token: 'two' })
    await chmod(file, 0o644)
    await assert.rejects(storedCredentials(file), /others can read/)
  })

  test('is found in the environment first, and never sent to another server than its own', async (t) => {
    const home = await mkdtemp(join(tmpdir(), 'reeve-'))
    t.after(async () => rm(home, { recursive: true }))
    await assert.rejects(credentialsFrom({ HOME: home }), /no token: set REEVE_TOKEN/)
    assert.deepEqual(await credentialsFrom({ HOME: home, REEVE_TOKEN: 't' }), {
      url: 'http://127.0.0.1:7330',
      token: 't',
    })
    await storeCredentials({ url: 'https://reeve.example', token: 'stored' }, credentialsFile({ HOME: home }))
    assert.deepEqual(await credentialsFrom({ HOME: home }), { url: 'https://reeve.example', token: 'stored' })
    assert.deepEqual(await credentialsFrom({ HOME: home, REEVE_TOKEN: 't' }), {
      url: 'https://reeve.example',
      token: 't',
    })
    await assert.rejects(
      credentialsFrom({ HOME: home, REEVE_URL: 'https://evil.example' }),
      (error) => error instanceof Fault && /is for https:\/\/reeve\.example/.test(error.detail),
    )
  })

  test('the first token of a server, still exported, does not outrank what a login there has kept', async (t) => {
    const home = await mkdtemp(join(tmpdir(), 'reeve-'))
    t.after(async () => rm(home, { recursive: true }))
    const [mine, other] = ['http://127.0.0.1:7330', 'http://127.0.0.1:9']
    const exported = { HOME: home, REEVE_URL: mine, REEVE_TOKEN: 'reeve_b_first' }
    assert.deepEqual(await credentialsFrom(exported), { url: mine, token: 'reeve_b_first' })
    await storeCredentials({ url: mine, token: 'reeve_p_ada' }, credentialsFile({ HOME: home }))
    assert.deepEqual(await credentialsFrom(exported), { url: mine, token: 'reeve_p_ada' })
    assert.deepEqual(await credentialsFrom({ ...exported, REEVE_URL: other }), { url: other, token: 'reeve_b_first' })
  })

  test('a bootstrap token is the one that is exported or kept, never the token of a person', () => {
    assert.equal(firstTokenAmong(undefined, 'reeve_p_old'), undefined, 'a file of an earlier server')
    assert.equal(firstTokenAmong('reeve_p_old', 'reeve_b_kept'), 'reeve_b_kept')
    assert.equal(firstTokenAmong('reeve_b_new', 'reeve_b_kept'), 'reeve_b_new')
  })

  test('travels encrypted, or stays on the machine', () => {
    assert.equal(checkedUrl('https://reeve.example/'), 'https://reeve.example')
    assert.equal(checkedUrl('http://127.0.0.1:7330/v1'), 'http://127.0.0.1:7330')
    assert.equal(checkedUrl('http://[::1]:7330'), 'http://[::1]:7330')
    for (const wrong of [
      'http://reeve.example',
      'http://127.0.0.1.evil.example',
      'ftp://a',
      'reeve',
      'https://u:p@a',
    ]) {
      assert.throws(() => checkedUrl(wrong), Fault, wrong)
    }
  })
})
