// Reading and judging a tree: speed and yield against secretlint, memory at two gigabytes, the analysis of many principals.
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { against, median, rounded } from './figure.ts'
import type { Bench, BenchOptions, Figure } from './figure.ts'
import { writeText } from './scan-text.ts'
import { writePrincipals } from './scan-principals.ts'
import { makeScanTree } from './scan-tree.ts'
import type { ScanTree } from './scan-tree.ts'
import { runNode } from './whole-process.ts'
import type { Run } from './whole-process.ts'

const REEVE = join(import.meta.dirname, '../bin/reeve.js')
const RUNS = 5
const PRINCIPALS = 10_000
const TREE_BYTES = 2 * 1024 ** 3
const MEMORY_MIB_MAX = 512
const ANALYSIS_SECONDS_MAX = 30

export const scan: Bench = {
  name: 'scan',
  about: 'reeve scan against secretlint on one tree; memory of a 2 GB tree; analysis of 10,000 principals',
  defaultScale: 0.1,
  async *run(options) {
    const parent = mkdtempSync(join(tmpdir(), 'reeve-bench-scan-'))
    try {
      yield* speed(parent, options)
      yield* memory(parent, options)
      yield* analysis(parent, options)
    } finally {
      rmSync(parent, { recursive: true, force: true })
    }
  },
}

/** Whole processes, turn by turn, so that both meet the same machine. */
async function* speed(parent: string, { scale, say }: BenchOptions): AsyncGenerator<Figure> {
  const tree = makeScanTree(parent)
  const secretlint = secretlintProgram()
  const runs = { reeve: [] as Run[], secretlint: [] as Run[] }
  for (let turn = 0; turn < RUNS; turn++) {
    say(`speed: turn ${turn + 1} of ${RUNS}, ${tree.files} files, ${rounded(tree.bytes / 1e6)} MB`)
    runs.reeve.push(await runNode([REEVE, 'scan', tree.folder, '--format', 'json', '--fail-on', 'none'], parent))
    if (secretlint !== undefined)
      runs.secretlint.push(
        await runNode(
          [secretlint, '**/*', '--secretlintrc', join(parent, 'secretlintrc.json'), '--format', 'json', '--no-color'],
          tree.folder,
        ),
      )
  }
  const rate = (all: readonly Run[]): number => tree.bytes / 1e6 / median(all.map(({ seconds }) => seconds))
  const bench = { bench: 'scan', scale }
  const [reeve, peer] = [runs.reeve.at(-1), runs.secretlint.at(-1)]
  const found = reeveFinds(reeve?.output ?? '')
  const yields = { ...bench, figure: 'labelled secrets found, held-out half', unit: 'secrets' }
  const note = `of ${secretsOf(tree).size} in ${tree.files} files`
  if (peer === undefined) {
    yield {
      ...bench,
      figure: 'speed',
      value: rounded(rate(runs.reeve)),
      unit: 'MB/s',
      note: 'secretlint is not installed',
    }
    yield { ...yields, value: countFound(tree, found), note: `${note}; secretlint is not installed` }
    return
  }
  const name = 'secretlint with preset-recommend'
  yield { ...bench, figure: 'speed', unit: 'MB/s', ...against(name, rate(runs.reeve), rate(runs.secretlint), 'more') }
  const peerFound = secretlintFinds(peer.output, tree.folder)
  yield { ...yields, ...against(name, countFound(tree, found), countFound(tree, peerFound), 'more'), note }
  const lookAlikes = new Set(tree.labels.filter(({ secret }) => !secret).map(({ file, line }) => `${file}:${line}`))
  const wrong = (lines: ReadonlySet<string>): number => [...lines].filter((line) => lookAlikes.has(line)).length
  yield {
    ...bench,
    figure: 'labelled look-alikes reported, held-out half',
    unit: 'lines',
    value: wrong(found),
    peer: name,
    peerValue: wrong(peerFound),
    note: `of ${lookAlikes.size}; fewer is better`,
  }
}

const secretsOf = ({ labels }: ScanTree): ReadonlySet<string> =>
  new Set(labels.filter(({ secret }) => secret).map(({ file, line }) => `${file}:${line}`))

const countFound = (tree: ScanTree, found: ReadonlySet<string>): number =>
  [...secretsOf(tree)].filter((line) => found.has(line)).length

function secretlintProgram(): string | undefined {
  try {
    const require = createRequire(import.meta.url)
    return join(require.resolve('secretlint/package.json'), '../bin/secretlint.js')
  } catch {
    return undefined
  }
}

/** `file:line` of every embedded credential. */
function reeveFinds(output: string): Set<string> {
  const report = JSON.parse(output) as {
    credentials: { exposure?: string; locations: { file: string; startLine?: number }[] }[]
  }
  return new Set(
    report.credentials
      .filter(({ exposure }) => exposure === undefined || exposure === 'embedded')
      .flatMap(({ locations }) => locations.map(({ file, startLine }) => `${file}:${startLine ?? 1}`)),
  )
}

function secretlintFinds(output: string, folder: string): Set<string> {
  const results = JSON.parse(output) as { filePath: string; messages: { loc: { start: { line: number } } }[] }[]
  return new Set(
    results.flatMap(({ filePath, messages }) =>
      messages.map(({ loc }) => `${relative(folder, filePath).split(sep).join('/')}:${loc.start.line}`),
    ),
  )
}

async function* memory(parent: string, { scale, say }: BenchOptions): AsyncGenerator<Figure> {
  const folder = join(parent, 'large')
  say(`memory: writing ${rounded((TREE_BYTES * scale) / 1e6)} MB`)
  const bytes = writeText(folder, TREE_BYTES * scale)
  say('memory: scanning it')
  const run = await runNode(
    [REEVE, 'scan', folder, '--format', 'json', '--fail-on', 'none', '--time-limit', '3600'],
    parent,
  )
  rmSync(folder, { recursive: true })
  const bench = { bench: 'scan', scale }
  const note = `${rounded(bytes / 1e6)} MB read at ${rounded(bytes / 1e6 / run.seconds)} MB/s${run.code === 0 ? '' : `, exit code ${run.code}`}`
  yield {
    ...bench,
    figure: 'peak memory',
    unit: 'MiB',
    ...against('limit', run.peakMiB, MEMORY_MIB_MAX, 'less'),
    note,
  }
}

async function* analysis(parent: string, { scale, say }: BenchOptions): AsyncGenerator<Figure> {
  const folder = join(parent, 'principals')
  say(`analysis: ${PRINCIPALS} principals of AWS and Kubernetes`)
  writePrincipals(folder, PRINCIPALS)
  const run = await runNode([REEVE, 'scan', folder, '--format', 'json', '--fail-on', 'none'], parent)
  const report = JSON.parse(run.output) as { principals: unknown[]; findings: unknown[] }
  yield {
    bench: 'scan',
    scale,
    figure: 'analysis of 10,000 principals',
    unit: 's',
    ...against('limit', run.seconds, ANALYSIS_SECONDS_MAX, 'less'),
    note: `${report.principals.length} principals, ${report.findings.length} findings, ${rounded(run.peakMiB)} MiB, at any scale`,
  }
}
