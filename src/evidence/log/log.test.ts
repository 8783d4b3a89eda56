import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { newId } from '#kernel'
import type { Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { copyOf } from '../../db/put-back-in-test.ts'
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'
import { parseNote, signerFromSeed, verifierKey, verifierOf, verifyNote } from '../checkpoint/note.ts'
import { entryLeaf } from '../entry.ts'
import { appendEntries } from '../port.ts'
import { listEntries } from '../read.ts'
import { sequenceOnce } from '../sequencer.ts'
import { formatBundle, parseBundle } from '../tree/entry-bundle.ts'
import { leafHash } from '../tree/hash.ts'
import { consistencyProof, includes, inclusionProof } from '../tree/proof.ts'
import { verifyLog } from '../verify/live/verify-log.ts'
import { Log, LogDamaged } from './log.ts'
import { proveEntry } from './receipt.ts'
import { RefusedToSign } from './refused-to-sign.ts'
import { TileFolder } from './tile-folder.ts'

const AT = '2026-11-28T00:00:00.000Z' as Instant
const signer = signerFromSeed('reeve.test/log', Buffer.alloc(32, 3))

describe('the log', { skip: databaseUnavailable() }, () => {
  let db: TestDatabase
  let folder: string
  before(async () => {
    db = await testDatabase()
    folder = await mkdtemp(join(tmpdir(), 'reeve-log-'))
  })
  after(async () => {
    await db.close()
    await rm(folder, { recursive: true })
  })
  const parts = (): {
    evidence: ReturnType<TestDatabase['database']['layer']>
    tiles: TileFolder
    signer: typeof signer
  } => ({
    evidence: db.database.layer('evidence'),
    tiles: new TileFolder(folder),
    signer,
  })

  async function append(count: number): Promise<void> {
    await db.database.layer('identity').transaction(async (tx) => {
      await appendEntries(
        tx,
        Array.from({ length: count }, (_, at) => ({
          id: newId('entry'),
          layer: 'identity',
          type: 'principal.registered',
          at: AT,
          actor: 'reeve',
          subjects: [`prn_${at}`],
          content: { number: at, text: 'ä\\"\n', exact: 0.1 },
        })),
      )
    })
    while ((await sequenceOnce(db.database.layer('evidence'), AT)).sequenced > 0);
  }

  test('every entry is in the tree under a signed checkpoint, also after it was taken up again', async () => {
    for (const [count, size] of [
      [3, 3],
      [500, 503],
      [9, 512],
      [1, 513],
    ] as const) {
      await append(count)
      const log = await Log.open(parts())
      assert.equal(await log.integrate(AT), size)
    }
    const note = parseNote(await readFile(join(folder, 'checkpoint'), 'utf8'))
    assert.ok(verifyNote(note, verifierOf(signer)))
    const { size, root } = parseCheckpoint(note.text)
    const tiles = new TileFolder(folder)
    const entries = await listEntries(db.database.layer('evidence'), { limit: 1000 })
    for (const index of [0, 2, 255, 256, 512]) {
      const entry = entries[index]
      assert.ok(entry !== undefined)
      const proof = await inclusionProof(async (name) => await tiles.read(name), index, size)
      assert.ok(includes(proof, { index, size, root, leaf: leafHash(entryLeaf(entry)) }))
    }
    const bundle = parseBundle(await tiles.read({ level: 'entries', index: 1, width: 256 }))
    assert.deepEqual(bundle[0], entryLeaf(entries[256] ?? assert.fail()))
  })

  test('its files are for their owner alone, also where an earlier release left the folder open', async () => {
    await Log.open(parts())
    await chmod(folder, 0o755)
    await new TileFolder(folder).shut()
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    const found = await readdir(folder, { recursive: true })
    assert.ok(found.length > 2)
    for (const name of found) assert.equal((await stat(join(folder, name))).mode & 0o077, 0, name)
  })

  test('lost tiles are made again from the entries', async () => {
    await rm(join(folder, 'tile'), { recursive: true })
    const log = await Log.open(parts())
    assert.equal(log.size, 513)
    assert.equal((await new TileFolder(folder).read({ level: 1, index: 0, width: 2 })).length, 64)
  })

  test('two processes of one log, each in steps of its own: a checkpoint is published where its tiles are, and both prove under it', async () => {
    const other = join(folder, 'other')
    const [one, two] = [parts(), { ...parts(), tiles: new TileFolder(other) }]
    const [first, second] = [await Log.open(one), await Log.open(two)]
    await append(3)
    await first.integrate(AT)
    const entries = await listEntries(one.evidence, { limit: 1000 })
    const newest = entries.at(-1) ?? assert.fail()
    assert.equal(await two.tiles.reach(), 0)
    assert.equal(await proveEntry(one.evidence, two.tiles, newest.id), undefined, 'its tiles are not here yet')
    assert.match((await proveEntry(one.evidence, one.tiles, newest.id)) ?? '', /^index 515$/m)

    // signed by the first, and published by the second once it has the tiles of just this size
    assert.equal(await second.integrate(AT), 516)
    assert.deepEqual(await readFile(join(other, 'checkpoint')), await readFile(join(folder, 'checkpoint')))
    assert.equal((await readFile(join(other, 'tile/0/002.p/4'))).length, 4 * 32)

    // the second steps over a size that the first stops at
    await append(2)
    await first.integrate(AT)
    await append(4)
    await second.integrate(AT)
    const missed = { level: 0, index: 2, width: 6 } as const
    await assert.rejects(readFile(join(other, 'tile/0/002.p/6')), { code: 'ENOENT' })
    assert.deepEqual(await two.tiles.find(missed), await one.tiles.find(missed))
    const bundle = { ...missed, level: 'entries' } as const
    assert.deepEqual(await two.tiles.find(bundle), await one.tiles.find(bundle))
    const consistency = async ({ tiles }: typeof one): Promise<Buffer[]> =>
      await consistencyProof(async (name) => await tiles.read(name), 516, 518)
    assert.deepEqual(await consistency(two), await consistency(one))
    assert.equal(await two.tiles.find({ level: 0, index: 2, width: 200 }), undefined)
  })

  test('a write that fails, whichever, leaves nothing wrong: the next pass makes it good', async (t) => {
    const evidence = db.database.layer('evidence')
    const tileFolder = await mkdtemp(join(tmpdir(), 'reeve-log-'))
    t.after(async () => await rm(tileFolder, { recursive: true }))
    const whole = async (): Promise<void> => {
      const keys = [verifierKey(verifierOf(signer))]
      const found = await verifyLog({ evidence, tileFolder, keys, nowMs: () => Date.parse(AT) })
      assert.deepEqual(
        found.filter(({ outcome }) => outcome === 'failed'),
        [],
      )
    }
    let left = Number.MAX_SAFE_INTEGER
    class FullDisk extends TileFolder {
      override async write(...words: Parameters<TileFolder['write']>): Promise<void> {
        left -= 1
        if (left === -1) throw new Error('ENOSPC')
        await super.write(...words)
      }
    }
    const log = await Log.open({ ...parts(), tiles: new FullDisk(tileFolder) })
    const start = await log.integrate(AT)
    await whole()
    let failed = 0
    for (let at = 0; at < 6; at += 1) {
      await append(150)
      left = at % 3
      const size = await log.integrate(AT).catch(() => undefined)
      if (size === undefined) failed += 1
      await append(2)
      left = (at + 1) % 3
      await log.integrate(AT).catch(() => undefined)
      left = Number.MAX_SAFE_INTEGER
      assert.equal(await log.integrate(AT), start + (at + 1) * 152)
      await whole()
    }
    assert.ok(failed >= 4)
  })

  test('an older copy of the database put back is not signed on, and the tiles of what it forgot stay', async () => {
    const log = await Log.open(parts())
    const size = await log.integrate(AT)
    const copy = await copyOf(db)
    const work = async <T>(attempt: () => Promise<T>): Promise<T> =>
      // the first query on a connection that was ended fails
      await attempt().catch(async () => await attempt())
    const integrated = async (one: Log): Promise<number> => {
      for (let tries = 0; ; tries++) {
        try {
          return await one.integrate(AT)
        } catch (error) {
          if (tries > 20 || error instanceof RefusedToSign) throw error
        }
      }
    }
    await work(async () => await append(3))
    assert.equal(await integrated(log), size + 3)
    const kept = async (): Promise<string> => {
      const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) => one.isFile())
      const files = names.map(async ({ parentPath, name }) => (await readFile(join(parentPath, name))).toString('hex'))
      return (await Promise.all(files)).join()
    }
    const whole = await kept()
    await copy.swap()
    await assert.rejects(integrated(log), RefusedToSign)
    // what happens there goes on past what was signed
    await append(5)
    await assert.rejects(integrated(log), { name: 'RefusedToSign', message: /an older copy was put back/ })
    const anew = await Log.open(parts())
    await assert.rejects(integrated(anew), RefusedToSign)
    assert.equal(await kept(), whole)
    await copy.swap()
    for (const one of [log, anew]) assert.equal(await integrated(one), size + 3)
    await copy.remove()
  })

  test('a last bundle that is of other entries than the hashes beside it is made again', async () => {
    const { size } = await Log.open(parts())
    const last = { level: 'entries', index: Math.floor(size / 256), width: size % 256 } as const
    const tiles = new TileFolder(folder)
    const bundle = await tiles.read(last)
    await tiles.write(last, formatBundle(parseBundle(bundle).toReversed()))
    await Log.open(parts())
    assert.deepEqual(await tiles.read(last), bundle)
  })

  test('an entry that a superuser edited stops the log, which is never signed over it again', async () => {
    const { Client } = await import('pg')
    const client = new Client(db.superuser)
    await client.connect()
    await client.query(
      "update evidence.entry set actor = 'psn_other' where id = (select entry_id from evidence.sequence where seq = 7)",
    )
    await client.end()
    await rm(join(folder, 'tile'), { recursive: true })
    await assert.rejects(Log.open(parts()), LogDamaged)
  })
})
