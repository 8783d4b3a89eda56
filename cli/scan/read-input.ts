// What a scan reads, from its options.
import { readFile, stat } from 'node:fs/promises'
import { CONNECTORS, givenKey, readTree } from '#connectors'
import type { FingerprintKey, ReadResult } from '#connectors'
import { Fault } from '#kernel'
import type { Progress } from '../terminal/progress.ts'
import { codeOf } from '../terminal/write-out.ts'
import type { ScanOptions } from './options.ts'
import type { Settings } from './settings.ts'

const KEY_BYTES_MIN = 32

/** The paths to scan, each of which is there. */
export async function rootsFrom(paths: readonly string[]): Promise<readonly [string, ...string[]]> {
  const [first = '.', ...others] = paths
  for (const path of [first, ...others]) {
    try {
      await stat(path)
    } catch (cause) {
      const why = codeOf(cause) === 'ENOENT' ? 'does not exist' : `cannot be read (${codeOf(cause)})`
      throw new Fault('unreadable_input', `\`${path}\` ${why}`, { cause })
    }
  }
  return [first, ...others]
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
  readonly roots: readonly [string, ...string[]]
  readonly options: ScanOptions
  readonly settings: Settings
  readonly key: FingerprintKey
  readonly progress: Progress
}

export async function readInput({ roots, settings, key, progress }: Input): Promise<ReadResult> {
  let read = await readTree(roots[0], {
    connectors: CONNECTORS,
    key,
    onProgress: (state) => {
      progress.show(state)
    },
  })
  for (const feed of settings.people) read = await withPeople(read, feed)
  return read
}

/** A feed counts before what the tree says of people: it is what the user pointed at. */
async function withPeople(read: ReadResult, file: string): Promise<ReadResult> {
  await bytesOf(file, 'the people feed')
  const feed = await readTree(file, { connectors: CONNECTORS.filter(({ id }) => id === 'people') })
  if (!feed.facts.some(({ type }) => type === 'person' || type === 'team')) {
    throw new Fault(
      'usage',
      `\`${file}\` holds no people: it needs a header with id, email and status, or team_id and lead`,
    )
  }
  return { ...read, facts: [...feed.facts, ...read.facts], problems: [...feed.problems, ...read.problems] }
}
