// Precision and recall of what a scan found against the labels of the corpus.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONNECTORS } from '#connectors'
import { readFileFacts } from '../../src/connectors/read/read-file.ts'
import { untrustedFile } from '../../src/connectors/input/untrusted-file.ts'
import type { Corpus, Label } from './materialise.ts'

export interface Found {
  readonly file: string
  readonly startLine: number
  readonly endLine: number
  readonly rule: string
}

const CONTEXT = {
  fingerprint: (secret: string) => `${secret.length}`,
  hint: () => undefined,
  scopeOf: () => '',
  csvMapping: () => undefined,
}

/** What the source-code connector alone finds. */
export function findSecrets(folder: string, files: readonly string[]): Found[] {
  const connectors = CONNECTORS.filter(({ id }) => id === 'source-code')
  return files.flatMap((path) =>
    readFileFacts(untrustedFile({ path, origin: 'tree' }, readFileSync(join(folder, path))), connectors, CONTEXT).flatMap(
      (fact): Found[] =>
        fact.type === 'credential' && fact.exposure === 'embedded'
          ? [
              {
                file: path,
                startLine: fact.provenance.startLine ?? 0,
                endLine: fact.provenance.endLine ?? 0,
                rule: fact.rule ?? '',
              },
            ]
          : [],
    ),
  )
}

export interface Measure {
  readonly secrets: number
  readonly lookalikes: number
  readonly precision: number
  readonly recall: number
  readonly recallByCategory: ReadonlyMap<string, readonly [found: number, of: number]>
  readonly missed: readonly Label[]
  readonly wrong: readonly Found[]
}

export function measure(corpus: Corpus, found: readonly Found[], files: ReadonlySet<string>): Measure {
  const labels = corpus.labels.filter(({ file }) => files.has(file))
  const secrets = labels.filter(({ secret }) => secret)
  const covers = (label: Label, { file, startLine, endLine }: Found): boolean =>
    file === label.file && startLine <= label.line && label.line <= endLine
  const here = found.filter(({ file }) => files.has(file))
  const wrong = here.filter((one) => !secrets.some((label) => covers(label, one)))
  const missed = secrets.filter((label) => !here.some((one) => covers(label, one)))
  const byCategory = new Map<string, [number, number]>()
  for (const label of secrets) {
    const [hit, of] = byCategory.get(label.category) ?? [0, 0]
    byCategory.set(label.category, [hit + (missed.includes(label) ? 0 : 1), of + 1])
  }
  return {
    secrets: secrets.length,
    lookalikes: labels.length - secrets.length,
    precision: here.length === 0 ? 1 : (here.length - wrong.length) / here.length,
    recall: secrets.length === 0 ? 1 : (secrets.length - missed.length) / secrets.length,
    recallByCategory: byCategory,
    missed,
    wrong,
  }
}
