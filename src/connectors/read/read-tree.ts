// Reads a tree of files: each file once, offered to every connector, in a stable order.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fact, BlindSpot, ReadProblem } from '#kernel'
import { untrustedFile } from '../input/untrusted-file.ts'
import type { Connector, ReadContext } from '../port.ts'
import { ephemeralKey, fingerprintOf, hintOf } from './fingerprint.ts'
import type { FingerprintKey } from './fingerprint.ts'
import { readFileFacts } from './read-file.ts'

export interface ReadOptions {
  readonly connectors: readonly Connector[]
  readonly key?: FingerprintKey
  readonly onProgress?: (progress: { readonly files: number; readonly bytes: number; readonly reading: string }) => void
}

export interface ReadResult {
  readonly facts: readonly Fact[]
  readonly problems: readonly ReadProblem[]
  readonly blindSpots: readonly BlindSpot[]
  readonly stats: { readonly files: number; readonly bytes: number; readonly skipped: number }
}

export async function readTree(root: string, options: ReadOptions): Promise<ReadResult> {
  const key = options.key ?? ephemeralKey()
  const context: ReadContext = {
    fingerprint: (secret) => fingerprintOf(key, secret),
    hint: hintOf,
    scopeOf: () => '',
    csvMapping: () => undefined,
  }
  const facts: Fact[] = []
  const problems: ReadProblem[] = []
  const blindSpots: BlindSpot[] = []
  let files = 0
  let bytes = 0
  for await (const path of walk(root, '')) {
    const content = await readFile(join(root, path))
    files += 1
    bytes += content.length
    options.onProgress?.({ files, bytes, reading: path })
    for (const observation of readFileFacts(
      untrustedFile({ path, origin: 'tree' }, content),
      options.connectors,
      context,
    )) {
      if (observation.type === 'problem') problems.push(observation)
      else if (observation.type === 'blind_spot') blindSpots.push(observation)
      else facts.push(observation)
    }
  }
  return { facts, problems, blindSpots, stats: { files, bytes, skipped: 0 } }
}

async function* walk(root: string, below: string): AsyncGenerator<string> {
  if ((await stat(join(root, below))).isFile()) {
    yield below
    return
  }
  const entries = await readdir(join(root, below), { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory() && entry.name !== '.git' && entry.name !== 'node_modules') yield* walk(root, path)
    else if (entry.isFile()) yield path
  }
}
