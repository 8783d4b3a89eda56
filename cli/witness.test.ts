// The commands of evidence that need no server: what they refuse, and that a restore is accepted on the witness's machine.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatNote, verifierKey, verifierOf } from '../src/evidence/checkpoint/note.ts'
import { logSigner, MemoryLog, ORIGIN } from '../src/evidence/witness/memory-log-in-test.ts'
import { memoryFile, writeWhole } from '../src/evidence/witness/memory.ts'
import { folderOf, reeve } from '../test/scan/run-reeve.ts'

test('reeve witness accept-restore goes back once, with a reason, and says so', async (t) => {
  const restored = formatNote(new MemoryLog().grow(60))
  const folder = await folderOf(t, { 'restored.checkpoint': restored })
  await writeWhole(memoryFile(folder, ORIGIN), formatNote(new MemoryLog().grow(100)))
  await writeWhole(join(folder, 'witness.key'), Buffer.alloc(32, 2).toString('base64'))
  const words = ['witness', 'accept-restore', '--data', folder, '--log-key', verifierKey(verifierOf(logSigner))]
  const file = ['--origin', ORIGIN, '--checkpoint', join(folder, 'restored.checkpoint')]
  const silent = await reeve([...words, ...file, '--by', 'ada'])
  assert.equal(silent.code, 2)
  assert.match(silent.stderr, /--reason/)
  const accepted = await reeve([...words, ...file, '--by', 'ada', '--reason', 'disk failure', '--json'])
  assert.equal(accepted.code, 0, accepted.stderr)
  const { epoch, before, after } = JSON.parse(accepted.stdout) as { epoch: number; before: number; after: number }
  assert.deepEqual({ epoch, before, after }, { epoch: 1, before: 100, after: 60 })
  assert.equal(await readFile(memoryFile(folder, ORIGIN), 'utf8'), restored)
  assert.equal((await reeve([...words, ...file, '--by', 'ada', '--reason', 'again'])).code, 2)
})

test('reeve verify says what is no bundle, and exits with 2', async (t) => {
  const folder = await folderOf(t, { 'bundle.zip': 'nothing of the kind, but long enough', 'empty/readme': '' })
  for (const [path, why] of [
    ['bundle.zip', /the zip file is no audit bundle/],
    ['absent', /cannot be read/],
  ] as const) {
    const { code, stderr } = await reeve(['verify', join(folder, path)])
    assert.equal(code, 2, path)
    assert.match(stderr, why)
  }
  // whoever takes the manifest away gets no better answer than whoever forges it
  const { code, stdout } = await reeve(['verify', join(folder, 'empty')])
  assert.deepEqual([code, stdout.includes('there is no manifest.json')], [1, true])
})

test('reeve witness refuses an address and a log key that are none', async (t) => {
  const folder = await folderOf(t, {})
  const key = verifierKey(verifierOf(logSigner))
  const address = await reeve(['witness', '--data', folder, '--log-key', key, '--listen', 'nowhere'])
  assert.equal(address.code, 2)
  assert.match(address.stderr, /is no address to listen on/)
  const nonsense = await reeve(['witness', '--data', folder, '--log-key', 'nonsense'])
  assert.equal(nonsense.code, 2)
  assert.match(nonsense.stderr, /`--log-key` is a verifier key/)
})

test('reeve evidence export needs a place, and dates that are dates', async (t) => {
  const folder = await folderOf(t, {})
  for (const [words, why] of [
    [['export', '--data-dir', folder], /--out PATH/],
    [['export', '--from', 'yesterday', '--data-dir', folder], /is no date/],
    [['tail', '--after', '-1'], /is no whole number/],
  ] as const) {
    const { code, stderr } = await reeve(['evidence', ...words])
    assert.equal(code, 2)
    assert.match(stderr, why)
  }
})
