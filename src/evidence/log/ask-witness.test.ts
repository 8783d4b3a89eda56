// A log that asks a witness: what it writes of an alarm, how often it asks, and what it says.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '#kernel'
import type { Instant } from '#kernel'
import { sql } from '#db'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { signerFromSeed, verifierOf } from '../checkpoint/note.ts'
import { appendEntry } from '../append.ts'
import { signer as witnessKey } from '../witness/memory-log-in-test.ts'
import { backOffMs } from './ask-witness.ts'
import type { WitnessState } from './ask-witness.ts'
import { keepLog } from './keep-log.ts'
import { TileFolder } from './tile-folder.ts'

const AT = '2026-11-28T00:00:00.000Z' as Instant

test('a witness that does not cosign is asked after a second, ever later, and at least once a minute', () => {
  for (const [failures, least, most] of [
    [1, 500, 1000],
    [3, 2000, 4000],
    [7, 30_000, 60_000],
    [5000, 30_000, 60_000],
  ] as const) {
    for (let again = 0; again < 100; again += 1) {
      const ms = backOffMs(failures)
      assert.ok(ms >= least && ms <= most, `${failures}: ${ms}`)
    }
  }
  assert.notEqual(backOffMs(7), backOffMs(7))
})

const sizeIn = (request: string): number => Number(request.split('\n\n')[1]?.split('\n')[1])

describe('a log whose witness remembers more than it has', { skip: databaseUnavailable() }, () => {
  let db: TestDatabase
  let folder: string
  let server: Server
  let answer: () => { status: number; body: string }
  let asked = 0
  let said: WitnessState[]
  before(async () => {
    db = await testDatabase()
    folder = await mkdtemp(join(tmpdir(), 'reeve-ask-'))
    server = createServer((request, response) => {
      asked += 1
      void Array.fromAsync(request as AsyncIterable<Buffer>).then(() => {
        const { status, body } = answer()
        response.writeHead(status).end(body)
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await db.close()
    await rm(folder, { recursive: true })
  })
  beforeEach(() => {
    asked = 0
    said = []
  })

  const keep = async (until: () => boolean, port = (server.address() as AddressInfo).port): Promise<void> => {
    const keeper = await keepLog({
      evidence: db.database.layer('evidence'),
      tiles: new TileFolder(folder),
      signer: signerFromSeed('reeve.test/log', Buffer.alloc(32, 3)),
      clock: () => new Date().toISOString() as Instant,
      witnesses: [
        {
          url: `http://127.0.0.1:${port}`,
          verifier: verifierOf(witnessKey),
        },
      ],
      onFailure: (error) => assert.fail(String(error)),
      onWitness: (_, state) => said.push(state),
    })
    try {
      while (!until()) await sleep(50)
    } finally {
      await keeper.stop()
    }
  }
  const append = async (): Promise<void> => {
    await db.database.layer('identity').transaction(async (tx) => {
      await appendEntry(tx, {
        id: newId('entry'),
        layer: 'identity',
        type: 'principal.registered',
        at: AT,
        actor: 'reeve',
        subjects: [],
      })
    })
  }
  const alarms = async (): Promise<unknown[]> =>
    await db.database.layer('evidence').transaction(
      async (tx) =>
        await tx.query(sql`
          select content ->> 'cause' as cause from evidence.entry where type = 'log.witness_alarmed' order by ordinal`),
      { readOnly: true },
    )

  test('after a rollback writes one alarm for its cause, however many sizes it is told, and also over a restart', async () => {
    await append()
    answer = () => ({ status: 409, body: `${1_000_000 + asked}\n` })
    await keep(() => asked >= 3)
    assert.deepEqual(await alarms(), [{ cause: 'rollback' }])
    assert.deepEqual(
      said.map(({ state }) => state),
      ['alarm'],
    )
    await append()
    asked = 0
    await keep(() => asked >= 2)
    assert.deepEqual(await alarms(), [{ cause: 'rollback' }])
  })

  test('says what a witness does once when it changes, and does not speak of entries that wait', async () => {
    await append()
    answer = () => ({ status: 403, body: '' })
    await keep(() => asked >= 3)
    assert.deepEqual(said, [{ state: 'refused', why: 'it answered 403' }])
  })

  test('that another process of the log was faster is no alarm', async () => {
    await append()
    const sofar = await alarms()
    const evidence = db.database.layer('evidence')
    const sizes = async (): Promise<number> =>
      await evidence.transaction(
        async (tx) =>
          (await tx.query<{ size: number }>(sql`select max(size) as size from evidence.checkpoint`))[0]?.size ?? 0,
        { readOnly: true },
      )
    // the witness remembers one entry more than it is offered, and the log has it before the answer is read
    let grown = 0
    const late = createServer((request, response) => {
      void Array.fromAsync(request as AsyncIterable<Buffer>).then(async (chunks) => {
        await append()
        const now = await sizes()
        while ((await sizes()) <= now) await sleep(20)
        grown += 1
        response.writeHead(409).end(`${sizeIn(Buffer.concat(chunks).toString('utf8')) + 1}\n`)
      })
    })
    await new Promise<void>((done) => late.listen(0, '127.0.0.1', done))
    try {
      await keep(() => grown >= 2, (late.address() as AddressInfo).port)
    } finally {
      late.closeAllConnections()
      late.close()
    }
    assert.deepEqual(said, [])
    assert.deepEqual(await alarms(), sofar)
  })
})
