import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { Instant } from '#kernel'
import { formatNote, parseNote, signerFromSeed, verifierKey, verifierOf, verifyNote } from '../checkpoint/note.ts'
import type { Note } from '../checkpoint/note.ts'
import { consistencyProof } from '../tree/proof.ts'
import { acceptRestore } from './accept-restore.ts'
import type { AcceptedRestore } from './accept-restore.ts'
import { logSigner, MemoryLog, ORIGIN, signer } from './memory-log-in-test.ts'
import { formatAddCheckpoint } from './request.ts'
import { Witness } from './witness.ts'
import type { Misbehaviour } from './misbehaviour.ts'

const AT = '2026-03-01T00:00:00.000Z' as Instant

describe('a log that was restored from a backup', () => {
  let folder: string
  let raised: Misbehaviour[]
  let now: number
  let witness: Witness
  let lost: Note
  let log: MemoryLog
  let restored: MemoryLog
  let note: Note
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reeve-witness-'))
    raised = []
    now = 1_700_000_000
    const keysOf = async (origin: string) =>
      await Promise.resolve(origin === ORIGIN ? [verifierOf(logSigner)] : undefined)
    const parts = { signer, keysOf, folder, clock: () => now }
    witness = new Witness({ ...parts, onMisbehaviour: (what) => raised.push(what) })
    log = new MemoryLog()
    lost = log.grow(100)
    await witness.addCheckpoint(formatAddCheckpoint({ oldSize: 0, proof: [], note: lost }))
    restored = new MemoryLog()
    restored.grow(60)
    note = restored.grow(2, 'since the restore')
  })
  afterEach(async () => await rm(folder, { recursive: true }))

  const offer = async (oldSize: number, offered: Note): Promise<number> => {
    const { size } = restored.tree
    const proof = oldSize > size ? [] : await consistencyProof(restored.read, oldSize, size)
    return (
      await witness.addCheckpoint(formatAddCheckpoint({ oldSize: Math.min(oldSize, size), proof, note: offered }))
    ).status
  }
  const accept = async (more: Partial<Parameters<typeof acceptRestore>[0]> = {}): Promise<AcceptedRestore> =>
    await acceptRestore({
      folder,
      logKeys: [verifierKey(verifierOf(logSigner))],
      origin: ORIGIN,
      checkpoint: formatNote(note),
      reason: 'disk failure, ticket 4711',
      by: 'ada',
      at: AT,
      signer,
      ...more,
    })

  test('is refused until the witness’s operator accepts it; what is kept is signed by the witness', async () => {
    assert.equal(await offer(100, note), 409)
    assert.equal(await offer(60, note), 409)
    const { epoch, before, after, record } = await accept()
    assert.deepEqual([epoch, before.size, after.size], [1, 100, 62])
    const kept = parseNote(await readFile(record, 'utf8'))
    assert.deepEqual(verifyNote(kept, verifierOf(signer)), { seconds: Date.parse(AT) / 1000 })
    const [title, said] = kept.text.split('\n')
    assert.equal(title, 'reeve witness: accepted restore')
    assert.deepEqual(JSON.parse(said ?? ''), {
      origin: ORIGIN,
      epoch: 1,
      at: AT,
      by: 'ada',
      reason: 'disk failure, ticket 4711',
      before: formatNote(lost),
      after: formatNote(note),
    })
    assert.equal(await offer(62, restored.grow(40)), 200)
  })

  test('grown past what was cosigned it is inconsistent and an alarm, and may be accepted as well', async () => {
    note = restored.grow(88)
    assert.equal(await offer(100, note), 422)
    assert.deepEqual(
      raised.map(({ kind }) => kind),
      ['inconsistent'],
    )
    assert.equal((await accept()).after.size, 150)
    assert.equal(await offer(150, restored.grow(1)), 200)
  })

  test('what is accepted once opens one epoch: the log of before, and a second restore, are refused again', async () => {
    await accept()
    const proof = await consistencyProof(log.read, 62, 100)
    const old = formatAddCheckpoint({ oldSize: 62, proof, note: lost })
    assert.equal((await witness.addCheckpoint(old)).status, 422)
    assert.deepEqual(
      raised.map(({ kind }) => kind),
      ['inconsistent'],
    )
    restored = new MemoryLog()
    note = restored.grow(61)
    assert.equal(await offer(61, note), 409)
    assert.equal((await accept()).epoch, 2)
    assert.equal(await offer(61, note), 200)
  })

  test('nothing is accepted of a stranger, of another log, twice, or without a reason; the memory stays', async () => {
    const thief = signerFromSeed(ORIGIN, Buffer.alloc(32, 9))
    for (const [more, expected] of [
      [{ checkpoint: formatNote(restored.note(thief)) }, /none of the given log keys signed it/],
      [{ logKeys: [verifierKey(verifierOf(thief))] }, /none of the given log keys signed it/],
      [{ logKeys: ['nonsense'] }, /the checkpoint is not one to go on from/],
      [{ origin: 'other.test/log' }, /it is of another log/],
      [{ checkpoint: 'nonsense' }, /the checkpoint is not one to go on from/],
      [{ checkpoint: formatNote(lost) }, /nothing to accept/],
      [{ reason: ' ' }, /say why/],
      [{ by: ' ' }, /say who/],
      [{ folder: join(folder, 'elsewhere') }, /remembers nothing of that log/],
    ] as const)
      await assert.rejects(accept(more), expected)
    assert.deepEqual((await readdir(folder)).sort(), ['cosigned', 'logs'])
    assert.equal(await offer(62, note), 409)
  })
})
