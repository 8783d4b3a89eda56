// What a cosignature is worth: only of who was given, only if it is good, and only as far as it goes.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { logBacklog, logStanding, proveEntry, signerFromSeed, verifierKey, verifierOf, verifyLog } from '#evidence'
import type { LiveFinding } from '#evidence'
import { newId } from '#kernel'
import { sql } from '#db'
import { parseCheckpoint } from '../../src/evidence/checkpoint/checkpoint.ts'
import { COSIGNATURE_V1, parseNote, signatureLine, signNote } from '../../src/evidence/checkpoint/note.ts'
import { newestCheckpoint, storeCosignature } from '../../src/evidence/log/checkpoints.ts'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { evidenceEstate, keyText, logKey } from './estate.ts'
import type { Estate } from './estate.ts'

const witness = signerFromSeed('witness.test', Buffer.alloc(32, 2), COSIGNATURE_V1)
const fake = signerFromSeed('fake.example', Buffer.alloc(32, 5), COSIGNATURE_V1)
const MINUTE_MS = 60_000

describe('a cosignature', { skip: databaseUnavailable() }, () => {
  let estate: Estate
  let superuser: Client
  let cosignedSize: number
  before(async () => {
    estate = await evidenceEstate()
    superuser = new Client(estate.db.superuser)
    await superuser.connect()
    cosignedSize = await cosignNewest()
    await estate.register('later')
    await estate.integrate()
  })
  after(async () => {
    await superuser.end()
    await estate.close()
  })

  const evidence = (): ReturnType<Estate['db']['database']['layer']> => estate.db.database.layer('evidence')

  async function cosignNewest(): Promise<number> {
    const newest = await evidence().transaction(async (tx) => await newestCheckpoint(tx))
    if (newest === undefined) throw new Error('it was signed')
    const seconds = Math.floor(Date.parse(estate.roll.now()) / 1000)
    await storeCosignature(evidence(), newest.size, signNote(newest.note.text, witness, seconds), estate.roll.now())
    return newest.size
  }

  /** As a superuser would: under the true witness's name and under another one. */
  async function forge(size: number): Promise<void> {
    const noise = (name: string, keyId: string): string => signatureLine({ name, keyId, signature: randomBytes(72) })
    for (const signer of [witness, fake])
      await superuser.query(
        `insert into evidence.cosignature (size, witness, line, received_at) values ($1, $2, $3, now()) on conflict do nothing`,
        [size, signer.name, noise(signer.name, verifierOf(signer).keyId)],
      )
  }

  const verified = async (witnessKeys: readonly string[], laterMs: number): Promise<LiveFinding[]> => {
    const findings = await verifyLog({
      evidence: evidence(),
      tileFolder: estate.tiles.folder,
      keys: [keyText(logKey())],
      witnessKeys,
      nowMs: () => Date.parse(estate.roll.now()) + laterMs,
    })
    return findings.filter(({ check }) => check === 'witnesses')
  }

  const sizeNow = async (): Promise<number> => {
    const { rows } = await superuser.query<{ size: number }>('select count(*)::integer as size from evidence.sequence')
    return rows[0]?.size ?? 0
  }

  test('of a witness that stopped is said with how many entries since when, and does not pass', async () => {
    const key = verifierKey(verifierOf(witness))
    const size = await sizeNow()
    const since = size - cosignedSize
    assert.ok(since > 0)
    const [soon] = await verified([key], MINUTE_MS)
    assert.equal(soon?.outcome, 'passed')
    assert.match(
      soon.detail,
      new RegExp(
        `^witness.test cosigned the log of ${cosignedSize} entries, last at .*; the ${since} entries since wait`,
      ),
    )
    const [stopped] = await verified([key], 60 * MINUTE_MS)
    assert.equal(stopped?.outcome, 'cannot')
    assert.match(stopped.detail, new RegExp(`cosigned ${cosignedSize} of ${size} entries.*: the ${since} since 20`))
    const both = await verified([key, verifierKey(verifierOf(fake))], MINUTE_MS)
    assert.deepEqual(
      both.map(({ outcome }) => outcome),
      ['passed', 'cannot'],
      'each witness that was given is answered for',
    )
  })

  test('that does not verify counts nowhere: not in the standing, not in a receipt, and it is named', async () => {
    await forge(await sizeNow())
    const trusted = [verifierOf(witness)]
    const standing = await logStanding(evidence(), trusted)
    assert.equal(standing.cosigned?.size, cosignedSize)
    assert.deepEqual(standing.strangers, ['fake.example'])
    assert.ok(standing.uncosignedSince !== undefined)
    const none = await logStanding(evidence())
    assert.equal(none.cosigned, undefined)
    assert.deepEqual(none.strangers, ['fake.example', 'witness.test'])
    const rows = await superuser.query<{ id: string }>(`select entry_id as id from evidence.sequence where seq = 0`)
    const proof = await proveEntry(evidence(), estate.tiles, rows.rows[0]?.id ?? '', trusted)
    const note = parseNote(proof?.slice(proof.indexOf('\n\n') + 2) ?? '')
    assert.equal(parseCheckpoint(note.text).size, cosignedSize)
    const [found] = await verified([], MINUTE_MS)
    assert.equal(found?.outcome, 'cannot')
    assert.match(found.detail, /of keys not given: .*1 by fake\.example/)
  })

  test('and a place are not said to be late for a row that was written just now, which is dated as what is in front of it', async () => {
    const trusted = [verifierOf(witness)]
    await estate.register('cosigned')
    await estate.integrate()
    await cosignNewest()
    estate.roll.pass(2)
    await estate.db.database.layer('access').transaction(async (tx) => {
      await tx.execute(sql`insert into access.role_assignment (id, subject_id, role, assigned_at, assigned_by, reason)
        values (${newId('role')}, 'psn_x', 'auditor', ${estate.roll.now()}, 'bootstrap', 'a test')`)
    })
    const waiting = async (): Promise<unknown[]> => {
      const { waitingSince, uncosignedSince } = await logStanding(evidence(), trusted)
      return [waitingSince, uncosignedSince, (await logBacklog(evidence())).since]
    }
    assert.equal((await logBacklog(evidence())).unplaced, 1)
    assert.deepEqual(await waiting(), [undefined, undefined, undefined])
    const sequence = async (): Promise<string[]> =>
      (await verifyLog({ evidence: evidence(), keys: [], nowMs: () => Date.parse(estate.roll.now()) })).flatMap(
        ({ check, outcome, detail }) => (check === 'sequence' && outcome === 'failed' ? [detail] : []),
      )
    // placed while it is looked at, as by a server
    const placed = new Promise((done) => setTimeout(done, 200)).then(async () => await estate.integrate())
    assert.deepEqual(await sequence(), [])
    await placed
    assert.deepEqual((await waiting()).slice(0, 2), [undefined, undefined])
  })
})
