// However many checkpoints there are, each is held against the key that counts there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkpointText } from '../../checkpoint/checkpoint.ts'
import { formatNote, signerFromSeed, signNote } from '../../checkpoint/note.ts'
import { CheckpointCheck } from './checkpoint-check.ts'
import type { CheckParts } from './checkpoint-check.ts'
import type { CheckpointRow } from './checkpoint-rows.ts'
import { LiveFindings } from './live-findings.ts'

test('a checkpoint that nobody signed is named, also behind twenty thousand others', async () => {
  const [COUNT, FORGED] = [20_100, 20_051]
  const root = Buffer.alloc(32)
  const signatures = [signNote('', signerFromSeed('reeve.test/log', Buffer.alloc(32, 3)))]
  async function* rows(): AsyncGenerator<CheckpointRow> {
    for (let size = 1; size <= COUNT; size += 1) {
      const note = formatNote({ text: checkpointText({ origin: 'reeve.test/log', size, root }), signatures })
      yield await Promise.resolve({ size, root: root.toString('base64'), note, signedAt: 0, lines: [] })
    }
  }
  const findings = new LiveFindings()
  const parts = {
    findings,
    keys: { signed: ({ text }: { text: string }) => !text.includes(`\n${FORGED}\n`) },
    cosigners: { take: () => undefined },
    roots: { good: 0, check: () => undefined },
    pruned: { known: () => undefined },
  } as unknown as CheckParts
  const check = new CheckpointCheck({ rows: rows(), known: [], parts })
  await check.reach(0)
  await check.reach(COUNT)
  assert.deepEqual(
    findings.all.map(({ detail }) => detail),
    [`the checkpoint of ${FORGED} is not signed by the key of the log that counts there`],
  )
})
