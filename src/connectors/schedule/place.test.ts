import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CONNECTORS, readTree } from '#connectors'
import { Fault } from '#kernel'
import { placeOf } from './place.ts'

const folder = await realpath(await mkdtemp(join(tmpdir(), 'reeve-place-')))
after(async () => await rm(folder, { recursive: true, force: true }))

const root = join(folder, 'imports')
const data = join(root, 'reeve [data]')
const places = { importRoots: [root], dataDirectory: data }
await mkdir(join(root, 'estate'), { recursive: true })
await mkdir(join(folder, 'imports-not'))
await mkdir(data)
await writeFile(join(folder, 'outside.csv'), 'a,b\n')
await writeFile(join(root, 'estate', 'inside.csv'), 'a,b\n')
await symlink(join(folder, 'outside.csv'), join(root, 'estate', 'link.csv'))
await symlink(folder, join(root, 'up'))
await symlink(join(root, 'estate'), join(root, 'same'))

const refused = (words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Fault, String(error))
  assert.equal(error.code, 'unprocessable')
  assert.match(error.detail, words)
  return true
}

test('what lies below a root is found, also by a link that stays inside', async () => {
  assert.deepEqual(await placeOf(join(root, 'estate'), places), {
    path: join(root, 'estate'),
    isFile: false,
    exclude: [],
  })
  assert.equal((await placeOf(join(root, 'same', 'inside.csv'), places)).path, join(root, 'estate', 'inside.csv'))
})

test('what lies outside is refused, however it is spelled, and whether or not it is there', async () => {
  const outside = [
    folder,
    join(folder, 'outside.csv'),
    join(folder, 'nothing-here'),
    join(folder, 'imports-not'),
    `${root}/../outside.csv`,
    `${root}/estate/../../nothing-here`,
    '/etc/passwd',
    '/',
  ]
  for (const path of outside) await assert.rejects(placeOf(path, places), refused(/not below an import root/), path)
  await assert.rejects(placeOf('/etc', { ...places, importRoots: [] }), refused(/none is set/))
})

test('a link that leads outside is refused', async () => {
  await assert.rejects(placeOf(join(root, 'estate', 'link.csv'), places), refused(/not below an import root/))
  await assert.rejects(placeOf(join(root, 'up'), places), refused(/not below an import root/))
  await assert.rejects(placeOf(join(root, 'up', 'outside.csv'), places), refused(/not below an import root/))
})

test('a relative path, and one with U+0000, is refused', async () => {
  await assert.rejects(placeOf('estate', places), refused(/absolute/))
  await assert.rejects(placeOf(`${root}/a\0b`, places), refused(/absolute/))
})

test("Reeve's own data is refused, and left out of a folder that holds it", async () => {
  const key = '{"aws_access_key_id": "AKIAZ7Q4T2WXN5PLMK3B"}'
  await writeFile(join(data, 'planted.json'), key)
  await writeFile(join(root, 'estate', 'planted.json'), key)
  await assert.rejects(placeOf(data, places), refused(/data directory/))
  await assert.rejects(placeOf(join(data, 'planted.json'), places), refused(/data directory/))
  const place = await placeOf(root, places)
  const read = await readTree(place.path, { connectors: CONNECTORS, exclude: place.exclude, workers: 0 })
  const files = read.facts.map(({ provenance }) => provenance.file)
  assert.ok(files.includes('estate/planted.json'), 'what lies beside it is read')
  assert.ok(!files.some((file) => file.includes('reeve [data]')), 'the data directory is not')
})

test('what is not there is named only below a root', async () => {
  await assert.rejects(placeOf(join(root, 'missing'), places), refused(/nothing at/))
})
