import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { checkpointText } from '../checkpoint/checkpoint.ts'
import { signerFromSeed, signNote, verifierOf, verifyNote } from '../checkpoint/note.ts'
import { consistencyProof } from '../tree/proof.ts'
import { cosign } from './cosign.ts'
import { logSigner, MemoryLog, ORIGIN, signer } from './memory-log-in-test.ts'
import { formatAddCheckpoint } from './request.ts'
import { witnessServer } from './serve.ts'
import { Witness } from './witness.ts'
import type { Misbehaviour } from './witness.ts'

describe('a witness', () => {
  let folder: string
  let server: Server
  let url: string
  let raised: Misbehaviour[]
  const peer = (): { url: string; verifier: ReturnType<typeof verifierOf> } => ({ url, verifier: verifierOf(signer) })
  const open = (): Witness =>
    new Witness({
      signer,
      logs: new Map([[ORIGIN, [verifierOf(logSigner)]]]),
      folder,
      clock: () => 1_700_000_000,
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
    await rm(join(folder, 'logs'), { recursive: true, force: true })
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
    const cut = new MemoryLog()
    assert.equal((await cosign(peer(), cut.grow(99), cut.read, 0)).outcome, 'alarm')
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
