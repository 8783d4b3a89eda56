// What a scan reads, from its options and settings.
import { readFile } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { CONNECTORS, givenKey, readTree, scannedPaths } from '#connectors'
import type { FingerprintKey, ReadOptions, ReadResult } from '#connectors'
import { readingRules } from '#config'
import type { Config } from '#config'
import { Fault } from '#kernel'
import type { Progress } from '../terminal/progress.ts'
import { codeOf } from '../terminal/write-out.ts'
import type { ScanOptions } from './options.ts'
import type { Settings } from './settings.ts'
import { standardInput } from './standard-input.ts'

const KEY_BYTES_MIN = 32

export interface Roots {
  /** As the user wrote them; `-` is standard input. */
  readonly paths: readonly string[]
  /** The directory to which the paths of the report are relative; `undefined` when only standard input is read. */
  readonly base: string | undefined
}

/** Throws a Fault for a path that is not there. */
export function rootsFrom(named: readonly string[]): Roots {
  const paths = named.length === 0 ? ['.'] : named
  const onDisk = paths.filter((path) => path !== '-')
  return { paths, base: onDisk.length === 0 ? undefined : scannedPaths('.', onDisk).base }
}

/** Refuses what would be read in two ways at once. */
export function checkInput({ paths }: Roots, { staged, since }: ScanOptions): void {
  if (staged === true && since !== undefined) throw new Fault('usage', 'give `--staged` or `--since`, not both')
  if (paths.includes('-') && (staged === true || since !== undefined)) {
    throw new Fault('usage', 'standard input has no history: scan `-` without `--staged` and `--since`')
  }
}

export async function keyFrom(file: string): Promise<FingerprintKey> {
  const key = await bytesOf(file, 'the key file')
  if (key.length < KEY_BYTES_MIN) {
    throw new Fault(
      'usage',
      `the key file \`${file}\` holds ${key.length} bytes and needs ${KEY_BYTES_MIN}: make one with openssl rand -out ${file} 32`,
    )
  }
  return givenKey(key)
}

/** The content of a file that the user named; `what` says in words what for. */
export async function bytesOf(file: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new Fault('usage', `${what} \`${file}\` cannot be read (${codeOf(cause)})`, { cause })
  }
}

export interface Input {
  readonly roots: Roots
  readonly options: ScanOptions
  readonly settings: Settings
  readonly key: FingerprintKey
  readonly progress: Progress
}

export async function readInput({ roots, options, settings, key, progress }: Input): Promise<ReadResult> {
  const piped = roots.paths.includes('-') ? standardInput() : undefined
  let read = await readTree('.', {
    connectors: CONNECTORS,
    key,
    paths: roots.paths,
    ...(piped === undefined ? {} : { stdin: piped.chunks }),
    onProgress: (state) => {
      progress.show(state)
    },
    ...fromOptions(options),
    ...fromConfig(settings.config, options),
    exclude: [...(options.exclude ?? []), ...settings.config.scan.exclude, ...ownOutput(roots, options)],
  })
  const unrecognised = piped?.unrecognised(read)
  if (unrecognised !== undefined) {
    read = { ...read, problems: [...read.problems, { type: 'problem', file: 'stdin', message: unrecognised }] }
  }
  for (const feed of settings.people) read = await withPeople(read, feed)
  return read
}

function fromOptions(options: ScanOptions): Partial<ReadOptions> {
  return {
    ...(options.include === undefined ? {} : { include: options.include }),
    gitignore: options.gitignore ?? false,
    includeDependencies: options.dependencies ?? false,
    archives: options.archives,
    history: options.history,
    staged: options.staged ?? false,
    ...(options.since === undefined ? {} : { since: options.since }),
    ...(options.workers === undefined ? {} : { workers: options.workers }),
  }
}

/** What the command line says comes before what the settings say. */
function fromConfig(config: Config, options: ScanOptions): Partial<ReadOptions> {
  const { limits } = config.scan
  const { maxFileSize, maxArchiveDepth, timeLimit } = options
  return readingRules(config, {
    ...limits,
    ...(maxFileSize === undefined ? {} : { fileBytesMax: maxFileSize }),
    ...(maxArchiveDepth === undefined ? {} : { archiveDepthMax: maxArchiveDepth }),
    ...(timeLimit === undefined ? {} : { secondsMax: timeLimit }),
  })
}

/** The report of the last scan is no input of this one. As patterns that match exactly these files. */
function ownOutput({ base }: Roots, { output, html }: ScanOptions): string[] {
  if (base === undefined) return []
  return [output, html].flatMap((file) => {
    if (file === undefined) return []
    const below = relative(base, resolve(file)).split(sep).join('/')
    return below.startsWith('../') ? [] : `/${below.replaceAll(/[\\*?[\]!# ]/g, String.raw`\$&`)}`
  })
}

/** A feed counts before what the tree says of people: it is what the user pointed at. */
async function withPeople(read: ReadResult, file: string): Promise<ReadResult> {
  await bytesOf(file, 'the people feed')
  const feed = await readTree(file, { connectors: CONNECTORS.filter(({ id }) => id === 'people'), workers: 0 })
  if (!feed.facts.some(({ type }) => type === 'person' || type === 'team')) {
    throw new Fault(
      'usage',
      `\`${file}\` holds no people: it needs a header with id, email and status, or team_id and lead`,
    )
  }
  return { ...read, facts: [...feed.facts, ...read.facts], problems: [...feed.problems, ...read.problems] }
}
