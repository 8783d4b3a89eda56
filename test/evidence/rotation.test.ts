// A new key of the log, and a witness that another user runs.
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after as afterAll, before as beforeAll, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { announceKey, keepLog, Log, RefusedToSign, sequenceOnce, TileFolder, verifyLog } from '#evidence'
import { verifyBundle } from '../../src/evidence/verify/offline/verify-bundle.ts'
import type { LiveFinding } from '#evidence'
import type { Instant } from '#kernel'
import { formatNote, parseVerifierKey, signNote } from '../../src/evidence/checkpoint/note.ts'
import { newestCheckpoint } from '../../src/evidence/log/checkpoints.ts'
import { cosign } from '../../src/evidence/witness/cosign.ts'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { evidenceEstate, keyText, logKey } from './estate.ts'
import type { Estate } from './estate.ts'

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !holds(); tries += 1) await new Promise((done) => setTimeout(done, 10))
  assert.ok(holds())
}

describe('a log', { skip: databaseUnavailable() }, () => {
  let estate: Estate
  beforeAll(async () => {
    estate = await evidenceEstate()
  })
  afterAll(async () => {
    await estate.close()
  })

  async function failed(): Promise<LiveFinding[]> {
    const findings = await verifyLog({
      evidence: estate.db.database.layer('evidence'),
      tileFolder: estate.tiles.folder,
      keys: [keyText(logKey(3))],
      nowMs: () => Date.parse(estate.roll.now()),
    })
    return findings.filter(({ outcome }) => outcome === 'failed')
  }

  test('is cosigned by a witness of another user, who cannot read the log’s key', async (t) => {
    if (process.getuid?.() !== 0) return t.skip('only root can become another user')
    const folder = await mkdtemp(join(tmpdir(), 'reeve-witness-'))
    const secret = join(folder, 'log.json')
    await writeFile(secret, 'the key', { mode: 0o600 })
    await chmod(folder, 0o777)
    const words = [JSON.stringify({ folder, secret, logKey: keyText(logKey()) })]
    const child = fork(fileURLToPath(new URL('witness-child.ts', import.meta.url)), words)
    t.after(async () => {
      child.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    })
    const [said] = (await once(child, 'message')) as [{ url: string; key: string; uid: number; reads: string }]
    assert.notEqual(said.uid, 0)
    assert.equal(said.reads, 'EACCES')
    const evidence = estate.db.database.layer('evidence')
    const newest = await evidence.transaction(async (tx) => await newestCheckpoint(tx))
    const peer = { url: said.url, verifier: parseVerifierKey(said.key) }
    const cosigned = await cosign(peer, newest?.note ?? assert.fail(), async (tile) => await estate.tiles.read(tile), 0)
    assert.equal(cosigned.outcome, 'cosigned')
  })

  test('goes on under a key that the one before it announced; whoever knows either verifies it', async () => {
    const evidence = estate.db.database.layer('evidence')
    const parts = { evidence, tiles: estate.tiles, signer: logKey(3) }
    const before = new Date(Date.parse(estate.roll.now()) + 500).toISOString() as Instant
    estate.roll.pass(1)
    await announceKey(parts, logKey(4), () => estate.roll.now())
    // a start that ended in between announces nothing twice
    await announceKey(parts, logKey(4), () => estate.roll.now())
    await estate.integrate(logKey(4))
    await estate.register('after the rotation')
    await estate.integrate(logKey(4))
    assert.deepEqual(await failed(), [])
    const keys = [keyText(logKey(3)), keyText(logKey(4))]
    await estate.bundle('rotated', { signer: logKey(4), key: keyText(logKey(3)) })
    // of a period that was over before, and of one that began after
    for (const [name, period] of [
      ['past', { to: before }],
      ['since', { from: estate.roll.now() }],
    ] as const) {
      await estate.bundle(name, { period, signer: logKey(4), key: keyText(logKey(3)) })
      const findings = await verifyBundle(join(estate.folder, name), { logKey: keyText(logKey(3)) })
      assert.deepEqual(
        findings.filter(({ outcome }) => outcome === 'failed'),
        [],
      )
    }
    for (const known of keys) {
      const findings = await verifyBundle(join(estate.folder, 'rotated'), { logKey: known })
      assert.deepEqual(
        findings.filter(({ outcome }) => outcome === 'failed'),
        [],
      )
      assert.equal(findings.filter(({ check }) => check === 'key rotation').length, 1)
    }
    const other = await verifyBundle(join(estate.folder, 'rotated'), { logKey: keyText(logKey(5)) })
    assert.ok(other.some(({ check, outcome }) => check === 'log key' && outcome === 'failed'))
  })

  test('a server that still has the old key signs nothing behind the announcement of the new one, and says why', async () => {
    const evidence = estate.db.database.layer('evidence')
    const tiles = new TileFolder(join(estate.folder, 'log-of-another-server'))
    const other = await Log.open({ evidence, tiles, signer: logKey(3) })
    await estate.register('while both run')
    while ((await sequenceOnce(evidence, estate.roll.now())).sequenced > 0);
    await assert.rejects(other.integrate(estate.roll.now()), /another server announced the key .*restart it/)
    const failures: unknown[] = []
    const clock = (): ReturnType<typeof estate.roll.now> => estate.roll.now()
    const onFailure = (error: unknown): void => void failures.push(error)
    const keeper = await keepLog({ evidence, tiles, signer: logKey(3), clock, onFailure, everyMs: 5 })
    await until(() => failures.length > 0)
    assert.ok(keeper.refusesToSign, 'health says so')
    await estate.integrate(logKey(4))
    await until(() => keeper.refusesToSign === undefined)
    await keeper.stop()
    assert.ok(failures.every((error) => error instanceof RefusedToSign))
    assert.deepEqual(await failed(), [])
    // signed by who may: the other publishes it and has nothing to sign
    await other.integrate(estate.roll.now())
    // announced, and without a place yet: the new key does not sign before it counts
    await announceKey({ evidence, tiles: estate.tiles, signer: logKey(4) }, logKey(5), () => estate.roll.now())
    await assert.rejects(estate.integrate(logKey(6)), RefusedToSign)
    await estate.integrate(logKey(5))
    assert.deepEqual(await failed(), [])
  })

  test('that the old key signs after its end is refused', async () => {
    const evidence = estate.db.database.layer('evidence')
    await estate.register('by a thief')
    await estate.integrate(logKey(5))
    const { text } = (await evidence.transaction(async (tx) => await newestCheckpoint(tx)))?.note ?? assert.fail()
    const note = formatNote({ text, signatures: [signNote(text, logKey(3))] })
    const superuser = new Client({ ...estate.db.superuser, database: estate.db.name })
    await superuser.connect()
    await superuser.query('set session_replication_role = replica')
    await superuser.query(
      'update evidence.checkpoint set note = $1 where size = (select max(size) from evidence.checkpoint)',
      [note],
    )
    await superuser.end()
    assert.match(
      (await failed()).map(({ detail }) => detail).join('\n'),
      /not signed by the key of the log that counts there/,
    )
  })
})
