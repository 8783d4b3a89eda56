import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, randomBytes, verify } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import { KEY_KIND_NAMES, openKeys } from './index.ts'
import type { Keys } from './index.ts'

const AT = '2026-05-01T08:00:00.000Z' as Instant
const clock = (): Instant => AT
const roots: string[] = []
after(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true })
})

async function newFolder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'reeve-keys-'))
  roots.push(root)
  return join(root, 'keys')
}

const faultWith =
  (code: string, ...words: RegExp[]) =>
  (error: unknown) => {
    assert.ok(error instanceof Fault, String(error))
    assert.equal(error.code, code)
    for (const word of words) assert.match(error.detail, word)
    return true
  }

const idsOf = (keys: Keys): string[] => keys.describeKeys().map(({ keyId }) => keyId)

test('the first start makes a key of every kind, the second finds the same ones', async () => {
  const folder = await newFolder()
  const first = await openKeys(folder, clock)
  assert.deepEqual(first.created, KEY_KIND_NAMES)
  const second = await openKeys(folder, clock)
  assert.deepEqual(second.created, [])
  assert.deepEqual(second.describeKeys(), first.describeKeys())
  assert.ok(first.keyInUse('token').mac('a').equals(second.keyInUse('token').mac('a')))
  assert.equal(new Set(idsOf(first)).size, KEY_KIND_NAMES.length)
})

test('the folder is 0700, every file in it 0600, whatever the umask', async () => {
  const before = process.umask(0)
  try {
    const folder = await newFolder()
    await openKeys(folder, clock)
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    const names = await readdir(folder)
    assert.deepEqual(names.sort(), [...KEY_KIND_NAMES, 'made'].map((name) => `${name}.json`).sort())
    for (const name of names) assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name)
  } finally {
    process.umask(before)
  }
})

test('a file or folder that others can read is refused with the remedy', async () => {
  const folder = await newFolder()
  await openKeys(folder, clock)
  await chmod(join(folder, 'token.json'), 0o640)
  await assert.rejects(openKeys(folder, clock), faultWith('key_missing', /token\.json/, /0640/, /chmod 600/))
  await chmod(join(folder, 'token.json'), 0o600)
  await chmod(folder, 0o755)
  await assert.rejects(openKeys(folder, clock), faultWith('key_missing', /chmod 700/))
})

test('a key file that is a link is refused', async () => {
  const folder = await newFolder()
  await openKeys(folder, clock)
  const path = join(folder, 'webhook.json')
  await writeFile(join(folder, '..', 'elsewhere.json'), await readFile(path), { mode: 0o600 })
  await unlink(path)
  await symlink(join(folder, '..', 'elsewhere.json'), path)
  await assert.rejects(openKeys(folder, clock), faultWith('key_missing', /webhook\.json/, /ELOOP/))
})

test('a lost key is named with what is lost, and is made anew only when that is accepted', async () => {
  const folder = await newFolder()
  const before = await openKeys(folder, clock)
  await unlink(join(folder, 'fingerprint.json'))
  await assert.rejects(
    openKeys(folder, clock),
    faultWith('key_missing', /fingerprint\.json/, /backup/, /no secret that is read from now on can be matched/),
  )
  const reopened = await openKeys(folder, clock, { acceptLoss: ['fingerprint'] })
  assert.deepEqual(reopened.created, ['fingerprint'])
  assert.notEqual(reopened.keyInUse('fingerprint').keyId, before.keyInUse('fingerprint').keyId)
  assert.equal(reopened.keyInUse('token').keyId, before.keyInUse('token').keyId)
})

test('a first start that was cut off goes on where it was', async () => {
  const folder = await newFolder()
  const before = await openKeys(folder, clock)
  await unlink(join(folder, 'made.json'))
  await unlink(join(folder, 'cursor.json'))
  const reopened = await openKeys(folder, clock)
  assert.deepEqual(reopened.created, ['cursor'])
  assert.equal(reopened.keyInUse('log').keyId, before.keyInUse('log').keyId)
})

test('a damaged file is named, its content is not', async () => {
  const folder = await newFolder()
  await openKeys(folder, clock)
  const path = join(folder, 'token.json')
  const whole = await readFile(path, 'utf8')
  const value = /"key": "([^"]+)"/.exec(whole)?.[1] ?? ''
  assert.ok(value.length > 40)
  const damages = [
    whole.slice(0, -20),
    '',
    whole.replace('"active"', '"retired"'),
    whole.replace('"token"', '"webhook"'),
    whole.replace(value, randomBytes(32).toString('base64')),
    whole.replace(/"key": "[^"]+",\s*/, '').replace(/,\s*"key": "[^"]+"/, ''),
    whole.replace(value, Buffer.from('short').toString('base64')),
  ]
  for (const text of damages) {
    await writeFile(path, text)
    await assert.rejects(openKeys(folder, clock), (error: unknown) => {
      assert.ok(error instanceof Fault, String(error))
      assert.equal(error.code, 'key_missing', text)
      assert.ok(!inspect(error, { depth: 9 }).includes(value), text)
      return true
    })
  }
  const reopened = await openKeys(folder, clock, { acceptLoss: ['token'] })
  assert.deepEqual(reopened.created, ['token'])
  assert.ok((await readdir(folder)).some((name) => name.startsWith('token.json.lost-')))
})

test('rotation keeps the old key for comparing, retiring erases its value for good', async () => {
  const folder = await newFolder()
  const keys = await openKeys(folder, clock)
  const old = keys.keyInUse('fingerprint')
  const next = await keys.rotateKey('fingerprint')
  assert.equal(keys.keyInUse('fingerprint').keyId, next.keyId)
  assert.deepEqual(
    keys.keysOf('fingerprint').map(({ keyId }) => keyId),
    [next.keyId, old.keyId],
  )
  const again = await openKeys(folder, clock)
  assert.ok(again.keysOf('fingerprint')[1]?.mac('x').equals(old.mac('x')))

  await assert.rejects(keys.retireKey('fingerprint', next.keyId), faultWith('conflict', /rotate it first/))
  await assert.rejects(keys.retireKey('fingerprint', 'hk_0000000000000000'), faultWith('not_found'))
  await keys.retireKey('fingerprint', old.keyId)
  assert.equal(keys.keysOf('fingerprint').length, 1)
  const text = await readFile(join(folder, 'fingerprint.json'), 'utf8')
  assert.ok(!text.includes(Buffer.from(old.reveal()).toString('base64')))
  assert.ok(text.includes(old.keyId), 'the id stays')
})

test('rotations at once happen one after another and none is lost', async () => {
  const folder = await newFolder()
  const keys = await openKeys(folder, clock)
  const made = await Promise.all([1, 2, 3, 4].map(async () => await keys.rotateKey('webhook')))
  assert.equal(keys.keysOf('webhook').length, 5)
  assert.equal(keys.keyInUse('webhook').keyId, made.at(-1)?.keyId)
  assert.deepEqual(idsOf(await openKeys(folder, clock)).sort(), idsOf(keys).sort())
})

test('two processes that start at once on an empty folder have the same keys', async () => {
  const folder = await newFolder()
  const [one, two] = await Promise.all([openKeys(folder, clock), openKeys(folder, clock)])
  assert.deepEqual(idsOf(one).sort(), idsOf(two).sort())
})

test('no value of a key is in its JSON, its inspection or its description', async () => {
  const folder = await newFolder()
  const keys = await openKeys(folder, clock)
  const shown = [keys, keys.keyInUse('token'), keys.keyInUse('log'), keys.describeKeys()]
    .map((thing) => inspect(thing, { depth: 9, showHidden: true }) + JSON.stringify(thing))
    .join()
  for (const kind of KEY_KIND_NAMES) {
    const value = /"key": "([^"]+)"/.exec(await readFile(join(folder, `${kind}.json`), 'utf8'))?.[1] ?? ''
    assert.ok(value.length > 40)
    assert.ok(!shown.includes(value), kind)
    assert.ok(!shown.includes(Buffer.from(value, 'base64').toString('hex')), kind)
  }
})

test('the log key signs what its published public half verifies', async () => {
  const keys = await openKeys(await newFolder(), clock)
  const log = keys.keyInUse('log')
  const signature = log.sign(Buffer.from('checkpoint'))
  assert.ok(log.verify(Buffer.from('checkpoint'), signature))
  assert.ok(!log.verify(Buffer.from('another'), signature))
  assert.ok(verify(null, Buffer.from('checkpoint'), log.publicKey, signature))
  const described = keys.describeKeys().find(({ kind }) => kind === 'log')
  assert.equal(Buffer.from(described?.publicKey ?? '', 'base64').length, 32)
})

test('a key may lie elsewhere: the store keeps the reference and never the value', async () => {
  const folder = await newFolder()
  const value = randomBytes(32)
  const file = join(folder, '..', 'fingerprint.key')
  const pem = join(folder, '..', 'log.pem')
  await writeFile(file, value, { mode: 0o600 })
  await writeFile(pem, generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const references = { fingerprint: `file:${file}`, log: `file:${pem}` }
  const keys = await openKeys(folder, clock, { references })
  const expected = createHmac('sha256', value).update('secret').digest()
  assert.ok(keys.keyInUse('fingerprint').mac('secret').equals(expected))
  assert.equal(keys.keyInUse('log').sign(Buffer.from('a')).length, 64)
  const stored =
    (await readFile(join(folder, 'fingerprint.json'), 'utf8')) + (await readFile(join(folder, 'log.json'), 'utf8'))
  assert.ok(!stored.includes(value.toString('base64')))
  assert.ok(stored.includes(file))

  await writeFile(file, randomBytes(32))
  await assert.rejects(openKeys(folder, clock), faultWith('key_missing', /in place of hk_/))
  await unlink(file)
  await assert.rejects(openKeys(folder, clock), faultWith('key_missing', /ENOENT/, /can be matched/))
})

test('a value that is too short to be a key, or is no signing key, is refused without showing it', async () => {
  for (const kind of ['token', 'log'] as const) {
    const folder = await newFolder()
    const file = join(folder, '..', 'short')
    await writeFile(file, 'hunter2-hunter2')
    await assert.rejects(openKeys(folder, clock, { references: { [kind]: `file:${file}` } }), (error: unknown) => {
      assert.ok(!inspect(error, { depth: 9 }).includes('hunter2'))
      return faultWith('key_missing', new RegExp(`the ${kind} key`))(error)
    })
  }
})
