// Writes the labelled corpus into a folder: each file under files/ with its values filled in and its labels taken out.
//
// A line that ends in ⟦+category⟧ holds a secret, one that ends in ⟦-category⟧ looks like one and is none; a line without
// a label holds none. A value that goes over several lines is labelled on its first.
import { crc32 } from 'node:zlib'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { random, valueOf } from './values.ts'

export interface Label {
  readonly file: string
  readonly line: number
  readonly secret: boolean
  readonly category: string
}

export interface Corpus {
  readonly files: readonly string[]
  readonly labels: readonly Label[]
}

const FILES = join(import.meta.dirname, 'files')
const LABEL = / ?⟦([+-])([\w-]+)⟧\r?$/

/** Writes `labels.ndjson` beside the folder's files too, for other tools to be measured on the same corpus. */
export function materialise(folder: string): Corpus {
  const files: string[] = []
  const labels: Label[] = []
  for (const entry of readdirSync(FILES, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const template = join(entry.parentPath, entry.name)
    const file = template.slice(FILES.length + 1).replaceAll('\\', '/').replace(/\.txt$/, '')
    files.push(file)
    const source = random(file)
    let line = 0
    const lines: string[] = []
    for (const row of readFileSync(template, 'utf8').replace(/\n$/, '').split('\n')) {
      const label = LABEL.exec(row)
      const filled = row.replace(LABEL, '').replaceAll(/⟪([\w:.@ -]+)⟫/g, (_whole, kind: string) => valueOf(kind, source))
      if (label !== null) labels.push({ file, line: line + 1, secret: label[1] === '+', category: label[2] ?? '' })
      lines.push(filled)
      line += filled.split('\n').length
    }
    const target = join(folder, file)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, `${lines.join('\n')}\n`)
  }
  files.sort()
  writeFileSync(join(folder, 'labels.ndjson'), labels.map((label) => `${JSON.stringify(label)}\n`).join(''))
  return { files, labels }
}

/** The half that rules may be tuned on, or the half that only reports. By the file's name, so that it never moves. */
export const halfOf = (file: string): 'tuned' | 'held-out' => (crc32(`half ${file}`) % 2 === 0 ? 'tuned' : 'held-out')
