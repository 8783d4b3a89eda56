import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PROVIDER_RULES } from '../src/connectors/source-code/provider-token.ts'
import { halfOf, materialise } from './corpus/materialise.ts'
import { findSecrets, measure } from './corpus/measure.ts'
import type { Measure } from './corpus/measure.ts'

const folder = mkdtempSync(join(tmpdir(), 'reeve-corpus-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const corpus = materialise(folder)
const found = findSecrets(folder, corpus.files)

/** What a scanner finds that knows formats only: tokens with a mark, private keys, JWTs, AWS key pairs. */
const FORMATS: ReadonlySet<string> = new Set([
  ...PROVIDER_RULES.map(({ id }) => id),
  'private-key',
  'private-jwk',
  'gcp-service-account-key',
  'jwt',
  'aws-access-key',
])
const byFormat = found.filter(({ rule }) => FORMATS.has(rule))

const filesOf = (half: 'tuned' | 'held-out'): ReadonlySet<string> =>
  new Set(corpus.files.filter((file) => halfOf(file) === half))

function describe(name: string, { secrets, lookalikes, precision, recall, recallByCategory }: Measure): string {
  const categories = [...recallByCategory].sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    `${name}: ${secrets} secrets and ${lookalikes} look-alikes, precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`,
    `  recall by category: ${categories.map(([category, [hit, of]]) => `${category} ${hit}/${of}`).join(', ')}`,
  ].join('\n')
}

test('the corpus is large, balanced and varied enough to say something', () => {
  const kinds = new Set(corpus.files.map((file) => /\.([^./]+)$/.exec(file)?.[1] ?? file))
  assert.ok(corpus.labels.length >= 600, `${corpus.labels.length} labelled lines`)
  assert.ok(corpus.labels.filter(({ secret }) => secret).length >= 250)
  assert.ok(corpus.labels.filter(({ secret }) => !secret).length >= 250)
  assert.ok(kinds.size >= 15, `${kinds.size} kinds of files`)
})

for (const half of ['tuned', 'held-out'] as const) {
  test(`precision and recall on the ${half} half of the labelled corpus`, (context) => {
    const files = filesOf(half)
    const result = measure(corpus, found, files)
    const formats = measure(corpus, byFormat, files)
    context.diagnostic(describe(half, result))
    context.diagnostic(describe(`${half}, rules for formats only`, formats))
    if (half === 'held-out') {
      assert.ok(result.precision >= 0.85, `precision ${result.precision}`)
      assert.ok(result.recall >= 0.8, `recall ${result.recall}`)
    }
    assert.ok(result.recall > 2 * formats.recall, 'context finds far more than formats alone')
  })
}
