// Reads what the user named: each file once, offered to every connector, in an order that does not depend on the machine.
import { availableParallelism } from 'node:os'
import type { BlindSpot, Fact, OwnershipFact, ReadProblem } from '#kernel'
import { ephemeralKey } from './fingerprint.ts'
import type { FingerprintKey } from './fingerprint.ts'
import { commitAuthors } from './git/commit-authors.ts'
import { limitsOf } from './limits.ts'
import type { Limits } from './limits.ts'
import type { ReadOptions } from './read-options.ts'
import { maskPaths } from './mask-paths.ts'
import { Reading } from './run/reading.ts'
import type { WorkResult } from './run/work.ts'
import { Sources } from './sources.ts'

export interface ReadStats {
  /** Files read, members of archives and versions of history counted. */
  readonly files: number
  readonly bytes: number
  /** Files found and not read: too large, unreadable, binary beyond the size of a certificate. */
  readonly skipped: number
  readonly commits: number
  /** True when something that was to be read was not: a limit, the time, damage. */
  readonly partial: boolean
}

export interface ReadResult {
  readonly facts: readonly Fact[]
  readonly problems: readonly ReadProblem[]
  readonly blindSpots: readonly BlindSpot[]
  readonly stats: ReadStats
}

const WORKERS_MAX = 4

/**
 * The same input gives the same result, whatever the number of threads. Throws `Fault` when a named path is not there or
 * a revision is not known; everything else that goes wrong is a problem in the result.
 */
export async function readTree(root: string, options: ReadOptions): Promise<ReadResult> {
  const limits = limitsOf(options.limits)
  const key = options.key ?? ephemeralKey()
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), limits.seconds * 1000)
  const ended = (): void => deadline.abort()
  options.signal?.addEventListener('abort', ended)
  if (options.signal?.aborted === true) ended()
  const sources = new Sources(root, options, limits, deadline.signal)
  const count = { files: 0, bytes: 0 }
  const reading = new Reading({
    connectors: options.connectors,
    signal: deadline.signal,
    workers: options.workers ?? Math.min(WORKERS_MAX, availableParallelism()),
    settings: {
      key,
      limits,
      scopes: options.scopes ?? [],
      csvMappings: options.csvMappings ?? [],
      csvMappingsBeside: sources.csvMappingsBeside,
    },
    ...(options.connectorsFrom === undefined ? {} : { connectorsFrom: options.connectorsFrom }),
    ...(options.hereFileBytesMax === undefined ? {} : { hereFileBytesMax: options.hereFileBytesMax }),
    expected: () => sources.totals,
    onRead(files, bytes, path) {
      count.files += files
      count.bytes += bytes
      options.onProgress?.({ ...count, reading: path, ...sources.totals })
    },
  })
  let left: string | undefined
  try {
    for await (const item of sources.items()) {
      if (deadline.signal.aborted) {
        left = item.identity.path
        break
      }
      await reading.take(item)
    }
    const results = await reading.finish()
    return resultOf(results, sources, { limits, timedOut: deadline.signal.aborted, left, key })
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', ended)
    await reading.stop()
  }
}

interface Ending {
  readonly limits: Limits
  readonly timedOut: boolean
  readonly left: string | undefined
  readonly key: FingerprintKey
}

function resultOf(
  results: readonly WorkResult[],
  sources: Sources,
  { limits, timedOut, left, key }: Ending,
): ReadResult {
  const facts: Fact[] = []
  const problems: ReadProblem[] = []
  const blindSpots: BlindSpot[] = []
  let bytes = 0
  let skipped = sources.skipped
  for (const result of results) {
    bytes += result.bytes
    if (result.outcome !== 'read') skipped += 1
    for (const observation of result.observations) {
      if (observation.type === 'problem') problems.push(observation)
      else if (observation.type === 'blind_spot') blindSpots.push(observation)
      else facts.push(observation)
    }
  }
  const owners: readonly OwnershipFact[] = commitAuthors(facts, sources.histories)
  facts.push(...owners)
  problems.push(...sources.problems)
  blindSpots.push(...sources.blindSpots())
  if (timedOut) {
    const message = `the read was stopped after ${limits.seconds} seconds, so what comes after was not read; raise --time-limit`
    problems.push({ type: 'problem', file: left ?? '.', message })
  }
  const masked = maskPaths<Fact | ReadProblem | BlindSpot>([...facts, ...problems, ...blindSpots], key)
  return {
    facts: masked.slice(0, facts.length) as Fact[],
    problems: masked.slice(facts.length, facts.length + problems.length) as ReadProblem[],
    blindSpots: distinct(masked.slice(facts.length + problems.length) as BlindSpot[]),
    stats: {
      files: results.filter(({ outcome }) => outcome === 'read').length,
      bytes,
      skipped,
      commits: sources.histories.reduce((sum, { commits }) => sum + commits, 0),
      partial: problems.length > 0 || sources.cutShort,
    },
  }
}

function distinct(spots: readonly BlindSpot[]): readonly BlindSpot[] {
  const seen = new Set<string>()
  return spots.filter(({ connector, message, file }) => {
    const key = JSON.stringify([connector, message, file])
    return seen.has(key) ? false : seen.add(key)
  })
}
