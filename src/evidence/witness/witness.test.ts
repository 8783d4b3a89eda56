import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkpointText } from '../checkpoint/checkpoint.ts'
import { parseNote, signerFromSeed, signNote, verifierKey, verifierOf, verifyNote } from '../checkpoint/note.ts'
import { consistencyProof } from '../tree/proof.ts'
import { cosign } from './cosign.ts'
import { LogKeys } from './log-keys.ts'
import { logSigner, MemoryLog, ORIGIN, signer } from './memory-log-in-test.ts'
import { formatAddCheckpoint } from './request.ts'
import { witnessServer } from './serve.ts'
import { watchSilence } from './silence.ts'
import { Witness } from './witness.ts'
import type { Misbehaviour } from './misbehaviour.ts'

describe('a witness', () => {
  let folder: string
  let server: Server
  let url: string
  let raised: Misbehaviour[]
  let now: number
  const peer = (): { url: string; verifier: ReturnType<typeof verifierOf> } => ({ url, verifier: verifierOf(signer) })
  const open = (): Witness =>
    new Witness({
      signer,
      keysOf: async (origin) => await Promise.resolve(origin === ORIGIN ? [verifierOf(logSigner)] : undefined),
      folder,
      clock: () => now,
      onMisbehaviour: (what) => raised.push(what),
    })
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reeve-witness-'))
    // the memory is on disk: every request meets a new process's view of it
    const restarted = { addCheckpoint: async (body: string) => await open().addCheckpoint(body) } as Witness
    server = witnessServer(restarted, (error) => assert.fail(String(error)))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    server.close()
    await rm(folder, { recursive: true })
  })
  beforeEach(async () => {
    raised = []
    now = 1_700_000_000
    for (const name of ['logs', 'cosigned', 'misbehaviour'])
      await rm(join(folder, name), { recursive: true, force: true })
  })

  test('cosigns growth, also when it is asked with a size that it does not remember', async () => {
    const log = new MemoryLog()
    for (const [count, remembered] of [
      [3, 0],
      [300, 3],
      [1, 0],
      [5000, 304],
    ] as const) {
      const note = log.grow(count)
      const cosigned = await cosign(peer(), note, log.read, remembered)
      assert.equal(cosigned.outcome, 'cosigned')
      assert.ok(cosigned.outcome === 'cosigned')
      assert.deepEqual(verifyNote({ text: note.text, signatures: [cosigned.signature] }, verifierOf(signer)), {
        seconds: 1_700_000_000,
      })
    }
    assert.deepEqual(raised, [])
  })

  test('the same checkpoint again is cosigned again; another root of the same size is a fork, and kept as evidence', async () => {
    const log = new MemoryLog()
    const note = log.grow(10)
    assert.equal((await cosign(peer(), note, log.read, 0)).outcome, 'cosigned')
    assert.equal((await cosign(peer(), note, log.read, 10)).outcome, 'cosigned')
    const fork = new MemoryLog()
    const other = fork.grow(10, 'forked')
    assert.equal((await cosign(peer(), other, fork.read, 10)).outcome, 'alarm')
    assert.deepEqual(
      raised.map(({ kind }) => kind),
      ['fork'],
    )
    assert.ok((await readdir(join(folder, 'misbehaviour'))).some((name) => name.includes('fork-10-')))
  })

  test('a rewritten past, a rollback and a cut tail are alarms', async () => {
    const log = new MemoryLog()
    await cosign(peer(), log.grow(100), log.read, 0)
    const rewritten = new MemoryLog()
    rewritten.grow(50)
    const note = rewritten.grow(100, 'rewritten')
    assert.equal((await cosign(peer(), note, rewritten.read, 100)).outcome, 'alarm')
    assert.deepEqual(
      raised.map(({ kind }) => kind),
      ['inconsistent'],
    )
    now += 60
    const cut = new MemoryLog()
    assert.equal((await cosign(peer(), cut.grow(99), cut.read, 0)).outcome, 'alarm')
    assert.deepEqual(
      raised.map(({ kind }) => kind),
      ['inconsistent', 'rollback'],
    )
  })

  test('a rollback is an alarm once for what it went back from, also as it grows, and what was signed is kept', async () => {
    const log = new MemoryLog()
    await cosign(peer(), log.grow(100), log.read, 0)
    now += 60
    const back = new MemoryLog()
    const witness = open()
    const statuses: number[] = []
    for (const count of [40, 1, 1]) {
      const note = back.grow(count)
      statuses.push((await witness.addCheckpoint(formatAddCheckpoint({ oldSize: 0, proof: [], note }))).status)
    }
    assert.deepEqual(statuses, [409, 409, 409])
    assert.deepEqual(
      raised.map(({ kind, remembered, offered }) => [kind, remembered, offered]),
      [['rollback', 100, 40]],
    )
    const kept = await readFile(raised[0]?.evidence ?? '', 'utf8')
    assert.deepEqual(verifyNote(parseNote(kept), verifierOf(logSigner)), { seconds: 0 })
    assert.equal((await readdir(join(folder, 'misbehaviour'))).length, 2)
  })

  test('what was cosigned already, and what was overtaken on its way, is told again and is no alarm', async () => {
    const log = new MemoryLog()
    const first = log.grow(10)
    await cosign(peer(), first, log.read, 0)
    const overtaken = log.grow(5)
    await cosign(peer(), log.grow(5), log.read, 10)
    const offer = async (note: typeof first): Promise<number> =>
      (await open().addCheckpoint(formatAddCheckpoint({ oldSize: 10, proof: [], note }))).status
    now += 5
    assert.equal(await offer(overtaken), 409)
    now += 3600
    assert.equal(await offer(first), 409)
    assert.deepEqual(raised, [])
    assert.equal(await offer(overtaken), 409)
    assert.deepEqual(
      raised.map(({ kind }) => kind),
      ['rollback'],
    )
  })

  test('a proof that shows nothing is the fault of who sent it: refused, counted, no alarm and nothing kept', async () => {
    const log = new MemoryLog()
    const note = log.grow(100)
    await cosign(peer(), note, log.read, 0)
    const witness = open()
    const larger = log.grow(50)
    const proof = await consistencyProof(log.read, 100, 150)
    for (const [offered, wrong] of [
      [note, [Buffer.alloc(32, 7)]],
      [larger, []],
      [larger, proof.map(() => Buffer.alloc(32, 7))],
      [larger, [...proof, Buffer.alloc(32)]],
      [larger, proof.toReversed()],
    ] as const) {
      const body = formatAddCheckpoint({ oldSize: 100, proof: wrong, note: offered })
      assert.equal((await witness.addCheckpoint(body)).status, 422)
    }
    assert.equal(witness.badProofs, 5)
    assert.deepEqual(raised, [])
    await assert.rejects(readdir(join(folder, 'misbehaviour')), /ENOENT/)
    assert.equal((await witness.addCheckpoint(formatAddCheckpoint({ oldSize: 100, proof, note: larger }))).status, 200)
  })

  test('another root of any size that it cosigned is a fork, whatever the request says that it remembers', async () => {
    const log = new MemoryLog()
    await cosign(peer(), log.grow(10), log.read, 0)
    await cosign(peer(), log.grow(10), log.read, 10)
    const fork = new MemoryLog()
    const body = formatAddCheckpoint({ oldSize: 0, proof: [], note: fork.grow(10, 'forked') })
    assert.equal((await open().addCheckpoint(body)).status, 409)
    assert.deepEqual(
      raised.map(({ kind, remembered }) => [kind, remembered]),
      [['fork', 10]],
    )
  })

  test('a log that falls silent is said once, and once that it is cosigned again', async () => {
    const log = new MemoryLog()
    const said: string[] = []
    const witness = open()
    await witness.addCheckpoint(formatAddCheckpoint({ oldSize: 0, proof: [], note: log.grow(3) }))
    const watching = watchSilence({
      witness,
      origins: () => [ORIGIN],
      clock: () => now,
      expectEverySeconds: 0.02,
      onSilence: ({ over, cosignedAt }) => said.push(`${String(over)} ${String(cosignedAt)}`),
      onFailure: (error) => assert.fail(String(error)),
    })
    const until = async (count: number): Promise<void> => {
      while (said.length < count) await sleep(5)
    }
    now += 60
    await until(1)
    // the same checkpoint again is a sign of life
    await witness.addCheckpoint(formatAddCheckpoint({ oldSize: 3, proof: [], note: log.note() }))
    await until(2)
    await watching.stop()
    assert.deepEqual(said, ['false 1700000000', 'true 1700000060'])
  })

  test('log keys in a file are read again when it changes, and a broken file leaves those that were', async () => {
    const file = join(folder, 'log.keys')
    const failed: unknown[] = []
    const [old, next] = [logSigner, signerFromSeed(ORIGIN, Buffer.alloc(32, 9))].map((by) =>
      verifierKey(verifierOf(by)),
    )
    await writeFile(file, `# the log\n${old}\n`)
    const keys = await LogKeys.open({ keys: [], file, onFailure: (error) => failed.push(error) })
    assert.equal((await keys.of(ORIGIN))?.length, 1)
    await writeFile(file, `${old}\n${next}\n`)
    assert.equal((await keys.of(ORIGIN))?.length, 2)
    await writeFile(file, 'nonsense')
    assert.equal((await keys.of(ORIGIN))?.length, 2)
    assert.equal((await keys.of(ORIGIN))?.length, 2)
    assert.equal(failed.length, 1)
    assert.equal(await keys.of('other.test'), undefined)
  })

  test('a log that it does not know is 404, a key that it does not trust 403, what it cannot read 400', async () => {
    const witness = open()
    const log = new MemoryLog()
    log.grow(1)
    const status = async (body: string): Promise<number> => (await witness.addCheckpoint(body)).status
    const stranger = checkpointText({ origin: 'other.test', size: 1, root: log.tree.root() })
    assert.equal(
      await status(
        formatAddCheckpoint({
          oldSize: 0,
          proof: [],
          note: { text: stranger, signatures: [signNote(stranger, logSigner)] },
        }),
      ),
      404,
    )
    const thief = signerFromSeed(ORIGIN, Buffer.alloc(32, 9))
    assert.equal(await status(formatAddCheckpoint({ oldSize: 0, proof: [], note: log.note(thief) })), 403)
    assert.equal(await status(formatAddCheckpoint({ oldSize: 2, proof: [], note: log.note() })), 400)
    for (const body of ['', 'old 0', 'old 00\n\n', `old 0\n${'x'.repeat(44)}\n\n`, '\n\n\n'])
      assert.equal(await status(body), 400, body)
  })

  test('of two requests at once only one moves it, and it never goes back', async () => {
    const log = new MemoryLog()
    log.grow(10)
    const witness = open()
    await witness.addCheckpoint(formatAddCheckpoint({ oldSize: 0, proof: [], note: log.note() }))
    const small = log.grow(5)
    const toSmall = formatAddCheckpoint({ oldSize: 10, proof: await consistencyProof(log.read, 10, 15), note: small })
    const large = log.grow(5)
    const toLarge = formatAddCheckpoint({ oldSize: 10, proof: await consistencyProof(log.read, 10, 20), note: large })
    const answers = await Promise.all([witness.addCheckpoint(toLarge), witness.addCheckpoint(toSmall)])
    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 409],
    )
    assert.equal((await open().addCheckpoint(toSmall)).body, '20\n')
  })

  test('a witness whose memory is damaged cosigns nothing', async () => {
    const log = new MemoryLog()
    await open().addCheckpoint(formatAddCheckpoint({ oldSize: 0, proof: [], note: log.grow(2) }))
    const [name] = await readdir(join(folder, 'logs'))
    await writeFile(join(folder, 'logs', name ?? ''), 'garbage')
    await assert.rejects(
      open().addCheckpoint(formatAddCheckpoint({ oldSize: 0, proof: [], note: log.note() })),
      RangeError,
    )
  })
})
