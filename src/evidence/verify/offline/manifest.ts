// The manifest: what a bundle says that it is. All of it is the word of whoever made the bundle; nothing in it says what is
// to be checked.
import { lstatSync, readdirSync, realpathSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { digest, plainFile, textOf } from './files.ts'
import type { Period } from './period.ts'
import { POPULATION_TABLES } from './population-tables.ts'

const SCOPE_WORDS = ['principal', 'owner', 'system', 'environment'] as const

/** Of which identities: each word that is there has to hold, by one of its values. Empty: of all. */
export type Scope = Readonly<Partial<Record<(typeof SCOPE_WORDS)[number], readonly string[]>>>

export interface Manifest {
  readonly origin: string
  /** The first key of the log; the log itself announces the others. */
  readonly key: string
  readonly size: number
  /** Entries dated `from` or later and before `to` say in the bundle what they say; of all others the head alone is there. */
  readonly period: Period
  readonly scope: Scope
  /** What the database counted by itself: entries of the period by type. */
  readonly counts: Readonly<Record<string, number>>
  readonly files: ReadonlyMap<string, { readonly sha256: string; readonly bytes: number; readonly rows?: number }>
}

type Members = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** Throws with what is odd about it. */
export function readManifest(folder: string): Manifest {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) throw new Error(`there is no \`${folder}\``)
  if (lstatSync(join(folder, 'manifest.json'), { throwIfNoEntry: false }) === undefined)
    throw new Error('there is no manifest.json: name the folder into which the bundle was unzipped')
  const text = textOf(folder, 'manifest.json')
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    throw new Error('manifest.json is no JSON')
  }
  if (!isObject(read) || read['format'] !== 'reeve-audit-bundle/2')
    throw new Error('manifest.json is not of the format `reeve-audit-bundle/2`')
  // what is written twice is read differently by different readers
  if (`${JSON.stringify(read, undefined, 2)}\n` !== text)
    throw new Error('manifest.json is not written in its one form')
  const { log, period, scope, counts, files } = read
  if (!isObject(log) || typeof log['origin'] !== 'string' || typeof log['key'] !== 'string' || !isCount(log['size']))
    throw new Error('`log` of manifest.json is not origin, key and size of a log')
  if (!isObject(counts) || !Object.values(counts).every(isCount)) throw new Error('`counts` of manifest.json are not')
  return {
    origin: log['origin'],
    key: log['key'],
    size: log['size'],
    period: periodOf(period),
    scope: scopeOf(scope),
    counts: counts as Readonly<Record<string, number>>,
    files: filesOf(files),
  }
}

function periodOf(period: unknown): Manifest['period'] {
  if (
    !isObject(period) ||
    !Object.entries(period).every(([end, at]) => ['from', 'to'].includes(end) && INSTANT.test(String(at)))
  )
    throw new Error('`period` of manifest.json is not `from` and `to`, each an instant')
  return period
}

function scopeOf(scope: unknown): Scope {
  if (!isObject(scope)) throw new Error('`scope` of manifest.json is missing')
  for (const [word, values] of Object.entries(scope)) {
    const known = (SCOPE_WORDS as readonly string[]).includes(word)
    if (!known || !Array.isArray(values) || !values.every((value) => typeof value === 'string'))
      throw new Error(`\`scope.${word}\` of manifest.json is not a list of one of ${SCOPE_WORDS.join(', ')}`)
  }
  return scope
}

function filesOf(files: unknown): Manifest['files'] {
  if (!isObject(files)) throw new Error('`files` of manifest.json is missing')
  const listed = new Map<string, { sha256: string; bytes: number; rows?: number }>()
  for (const [path, file] of Object.entries(files)) {
    const odd = !isObject(file) || typeof file['sha256'] !== 'string' || !isCount(file['bytes'])
    if (odd || !(file['rows'] === undefined || isCount(file['rows'])))
      throw new Error(`\`${path}\` of manifest.json is not listed with its hash and length`)
    listed.set(path, file as unknown as { sha256: string; bytes: number; rows?: number })
  }
  return listed
}

const OTHERS = /^(?:README\.md|RESPONSIBILITIES\.md|summary\.html|verify\.mjs|controls\/[a-z0-9-]+\.(?:json|csv))$/

/** Every file that a bundle has to have is there, each is the one that is listed, and there is nothing else. */
export async function checkFiles(folder: string, { files }: Manifest): Promise<string> {
  const needed = new Set(['log/entries.ndjson', 'log/rows.ndjson', 'log/checkpoints.notes'])
  for (const name of [...Object.keys(POPULATION_TABLES), 'decisions']) {
    needed.add(`populations/${name}.csv`)
    needed.add(`records/${name}.ndjson`)
  }
  const bad = [...needed].filter((path) => !files.has(path)).map((path) => `${path} is missing`)
  for (const [path, listed] of files) {
    if (!needed.has(path) && !OTHERS.test(path)) bad.push(`${path} is no file of a bundle`)
    else bad.push(...(await problemOf(folder, path, listed)))
  }
  const listed = new Set([...files.keys(), 'manifest.json', 'manifest.note'])
  const root = realpathSync(folder)
  for (const item of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = relative(root, join(item.parentPath, item.name)).split(sep).join('/')
    if (!item.isDirectory() && !listed.has(path)) bad.push(`${path} is not in the manifest`)
  }
  if (bad.length > 0) throw new Error(bad.slice(0, 20).join('; '))
  return `${files.size} files are those of the manifest, and every table of a bundle is there`
}

async function problemOf(folder: string, path: string, listed: { sha256: string; bytes: number }): Promise<string[]> {
  try {
    const { file, bytes } = plainFile(folder, path)
    // of another length it is another file: it need not be read
    return bytes === listed.bytes && (await digest(file)) === listed.sha256 ? [] : [`${path} was changed`]
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}
