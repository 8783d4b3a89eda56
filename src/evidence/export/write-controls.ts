// What controls came to, in a bundle: all results as one file, and of each the rows that were sampled and that violate it.
import { canonicalJson } from '#kernel'
import type { Json } from '#kernel'
import type { BundleFolder } from './bundle-folder.ts'
import { cellAt, csvRow } from './population.ts'

/** A row that a control judged. SECURITY: of people only ids. */
interface ControlRow {
  readonly id: string
  readonly version?: number
  readonly verdict: string
  readonly why?: string
  readonly fields: Readonly<Record<string, string | number>>
}

/** What a control came to, when the bundle was made. */
export interface ControlResult {
  readonly id: string
  readonly title: string
  readonly outcome: 'pass' | 'fail' | 'not evaluable' | 'nothing to judge'
  readonly detail: string
  readonly sample?: readonly ControlRow[]
  readonly failing?: readonly ControlRow[]
}

/** `seed`: which rows were sampled; an auditor draws them again by it. */
export interface ControlResults {
  readonly at: string
  readonly seed: string
  readonly settings: object
  readonly controls: readonly ControlResult[]
}

export async function writeControls(bundle: BundleFolder, results: ControlResults): Promise<void> {
  await bundle.write('controls/results.json', `${canonicalJson(results as unknown as Json)}\n`)
  for (const { id, sample = [], failing = [] } of results.controls) {
    if (sample.length === 0 && failing.length === 0) continue
    const names = [...new Set([...sample, ...failing].flatMap(({ fields }) => Object.keys(fields)))]
    const file = await bundle.open(`controls/${id}.csv`)
    await file.add(csvRow(['drawn', 'id', 'version', 'verdict', 'why', ...names]))
    const drawn = [...sample.map((row) => ['sample', row] as const), ...failing.map((row) => ['failing', row] as const)]
    for (const [why, row] of drawn) await file.add(csvRow([why, ...cellsOf(row, names)]))
    await file.close(drawn.length)
  }
}

const cellsOf = (row: ControlRow, names: readonly string[]): string[] => {
  const { id, version, verdict, why } = row
  const said = { id, version: version ?? null, verdict, why: why ?? null }
  return [...Object.keys(said).map((name) => cellAt(said, name)), ...names.map((name) => cellAt(row.fields, name))]
}
