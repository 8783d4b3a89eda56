// A restore that a witness's operator accepted, as auditors see it who know the log from before.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { acceptRestore, knownAfterRestore, signerFromSeed, verifierKey, verifierOf } from '#evidence'
import type { NoteSigner } from '#evidence'
import type { Instant } from '#kernel'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { checkpointText } from '../../src/evidence/checkpoint/checkpoint.ts'
import { COSIGNATURE_V1, formatNote, signNote } from '../../src/evidence/checkpoint/note.ts'
import { newestCheckpoint } from '../../src/evidence/log/checkpoints.ts'
import { memoryFile, writeWhole } from '../../src/evidence/witness/memory.ts'
import { refused, verifyAlone } from './bundle-copies.ts'
import { copyOf } from './copies.ts'
import { evidenceEstate, keyText, logKey, ORIGIN } from './estate.ts'
import type { Estate } from './estate.ts'

const witness = signerFromSeed('witness.test', Buffer.alloc(32, 2), COSIGNATURE_V1)
const stranger = signerFromSeed('stranger.test', Buffer.alloc(32, 9), COSIGNATURE_V1)
const keyOf = (signer: NoteSigner): string => verifierKey(verifierOf(signer))

/** What was signed and cosigned before the restore, and is lost. */
function lostCheckpoint(size: number): string {
  const text = checkpointText({ origin: ORIGIN, size, root: Buffer.alloc(32, size % 256) })
  return formatNote({ text, signatures: [signNote(text, logKey())] })
}

describe('an accepted restore', { skip: databaseUnavailable() }, () => {
  let estate: Estate
  let folder: string
  let bundle: string
  let note: string
  const lost = lostCheckpoint(9000)
  const accepted = async (signer: NoteSigner, checkpoint: string): Promise<string> => {
    await mkdir(join(folder, 'logs'), { recursive: true })
    await writeWhole(memoryFile(folder, ORIGIN), lost)
    const given = { folder, logKeys: [keyText(logKey())], origin: ORIGIN, checkpoint, signer }
    const said = { reason: 'disk failure', by: 'Ada', at: '2026-03-02T00:00:00.000Z' as Instant }
    return await readFile((await acceptRestore({ ...given, ...said })).record, 'utf8')
  }

  before(async () => {
    estate = await evidenceEstate()
    folder = await mkdtemp(join(tmpdir(), 'reeve-restore-'))
    bundle = (await estate.bundle('restored')).out
    const evidence = estate.db.database.layer('evidence')
    const first = await evidence.transaction(async (tx) => await newestCheckpoint(tx, { atMost: 200 }))
    note = await accepted(witness, formatNote(first?.note ?? assert.fail('it was signed')))
    await estate.db.database.close()
  })
  after(async () => {
    await rm(folder, { recursive: true })
    await estate.close()
  })

  test('takes the place of the checkpoint that was lost, and is said with whoever accepted it', async () => {
    assert.match((await refused(bundle, { knownCheckpoint: lost })) ?? '', /its tail was cut/)
    const witnessKeys = [keyOf(witness)]
    const failed = (await refused(bundle, { knownCheckpoint: lost, acceptedRestore: note, witnessKeys })) ?? ''
    assert.doesNotMatch(failed, /tail was cut|other entries|restore/)
    const [known, restore] = [join(folder, 'known'), join(folder, 'restore')]
    await writeFile(known, lost)
    await writeFile(restore, note)
    const words = ['--known-checkpoint', known, '--accepted-restore', restore, '--witness-key', keyOf(witness)]
    const { text } = await verifyAlone(bundle, ['.', '--log-key', keyText(logKey()), ...words])
    assert.match(
      text,
      /cannot +restore: witness\.test accepted on 2026-03-02.*, by Ada: disk failure\. The log goes on from/,
    )
    assert.match(text, /passed +known checkpoint: the log still begins with/)
  })

  test('counts for no other checkpoint, and from no other witness', async () => {
    const witnessKeys = [keyOf(witness)]
    const other = { knownCheckpoint: lostCheckpoint(9001), acceptedRestore: note, witnessKeys }
    assert.match((await refused(bundle, other)) ?? '', /you know a log of 9001 entries/)
    const strange = { knownCheckpoint: lost, acceptedRestore: note, witnessKeys: [keyOf(stranger)] }
    assert.match((await refused(bundle, strange)) ?? '', /not signed by a witness whose key was given/)
    const elsewhere = await accepted(witness, lostCheckpoint(77))
    const forked = { knownCheckpoint: lost, acceptedRestore: elsewhere, witnessKeys }
    assert.match((await refused(bundle, forked)) ?? '', /other entries below 77/)
  })

  test('is held against the live log as well', async () => {
    const copy = await copyOf(estate)
    try {
      assert.match((await copy.failed({ known: [lost] })).map(({ detail }) => detail).join('\n'), /its tail was cut/)
      const { known, restore } = knownAfterRestore(lost, note, [keyOf(witness)])
      assert.deepEqual(await copy.failed({ known }), [])
      assert.match(restore?.detail ?? '', /by Ada/)
    } finally {
      await copy.close()
    }
  })
})
