// An honest witness that saw every checkpoint of an estate.
import assert from 'node:assert/strict'
import { signerFromSeed, verifierKey, verifierOf } from '#evidence'
import { COSIGNATURE_V1, formatNote, signatureLine, signNote } from '../../src/evidence/checkpoint/note.ts'
import { newestCheckpoint, storeCosignature } from '../../src/evidence/log/checkpoints.ts'
import type { Estate } from './estate.ts'

const witness = signerFromSeed('witness.test', Buffer.alloc(32, 2), COSIGNATURE_V1)
export const witnessKeys = [verifierKey(verifierOf(witness))]

/** What it said of each checkpoint of `from` entries or more; answers what it remembers. */
export async function cosignEverything({ db, roll }: Estate, from = 0): Promise<string> {
  const evidence = db.database.layer('evidence')
  const sizes = await evidence.transaction(
    async (tx) =>
      await tx.prepared<{ size: number }>(
        'sizes',
        'select size from evidence.checkpoint where size >= $1 order by size',
        [from],
      ),
  )
  let last = ''
  for (const { size } of sizes) {
    const checkpoint = await evidence.transaction(async (tx) => await newestCheckpoint(tx, { atMost: size }))
    if (checkpoint === undefined) throw new Error('it is listed')
    const signature = signNote(checkpoint.note.text, witness, Math.floor(Date.parse(roll.now()) / 1000))
    await storeCosignature(evidence, size, signature, roll.now())
    assert.ok(signatureLine(signature).startsWith('— witness.test'))
    last = formatNote(checkpoint.note)
  }
  return last
}
