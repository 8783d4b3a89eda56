// The verifier as one file of plain JavaScript: the parts of `verify/offline` without their types, one after another.
import { existsSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'

const PARTS = [
  'formats.ts',
  'files.ts',
  'report.ts',
  'population-tables.ts',
  'manifest.ts',
  'period.ts',
  'row-facts.ts',
  'decision-batches.ts',
  'log-facts.ts',
  'least-days.ts',
  'erased-content.ts',
  'entry-times.ts',
  'accepted-restore.ts',
  'log-check.ts',
  'witnesses.ts',
  'population-rows.ts',
  'receipt-rows.ts',
  'decision-rows.ts',
  'population-check.ts',
  'verify-bundle.ts',
  'receipt-file.ts',
  'receipt-keys.ts',
  'verify-receipt.ts',
  'program.ts',
]

/** Beside this folder in a clone, and beside the bundle in a package. */
const FOLDERS = [new URL('../verify/offline/', import.meta.url), new URL('./offline/', import.meta.url)]

const IMPORT = /^import (type )?\{([^}]*)\} from '([^']+)'\n/gm

export function verifierFile(): string {
  const folder = FOLDERS.find((one) => existsSync(new URL(PARTS[0] ?? '', one)))
  if (folder === undefined) throw new Error('the parts of the verifier are not beside this file')
  const texts = PARTS.map((part) => readFileSync(new URL(part, folder), 'utf8'))
  const names = new Map<string, Set<string>>()
  for (const text of texts) {
    for (const [, typeOnly, list = '', from = ''] of text.matchAll(IMPORT)) {
      if (typeOnly !== undefined || !from.startsWith('node:')) continue
      const known = names.get(from) ?? new Set()
      for (const name of list.split(',')) if (name.trim() !== '') known.add(name.trim().replace(' as ', ': '))
      names.set(from, known)
    }
  }
  const imports = [...names].map(
    ([from, known]) => `import { ${[...known].join(', ').replaceAll(': ', ' as ')} } from '${from}'\n`,
  )
  const [head = ''] = /^(?:\/\/.*\n)+/.exec(texts.at(-1) ?? '') ?? []
  const bodies = texts.map((text) =>
    withoutTypes(text.replaceAll(IMPORT, '').replace(/^(?:\/\/.*\n)+/, '')).replaceAll(/^export /gm, ''),
  )
  return `${head}${imports.join('')}${bodies.join('')}`.replaceAll(/[ \t]+$/gm, '').replaceAll(/\n{3,}/g, '\n\n')
}

/** Node says on each use that this may change; the tests run what it makes, so a change is seen. */
function withoutTypes(text: string): string {
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = () => undefined
  try {
    return stripTypeScriptTypes(text)
  } finally {
    process.emitWarning = emitWarning
  }
}
