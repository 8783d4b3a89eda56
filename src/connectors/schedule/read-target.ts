// A target as a source: what is there becomes changes in the roll, as with files.
import type { ReadResult } from '#connectors'
import { Fault } from '#kernel'
import type { BlindSpot, Fact, ReadProblem } from '#kernel'
import type { ConnectionData, ConnectionsLayer, TargetSource } from './connection.ts'
import type { RunHandler } from './perform.ts'
import { placeOf } from './place.ts'
import { actOf } from './run-lifecycle.ts'
import type { FilesOptions } from './run-files.ts'

/** Faults: not_found, unprocessable. */
export async function assertReadable(
  { places, targets }: Pick<ConnectionsLayer, 'places' | 'targets'>,
  type: ConnectionData['type'],
  { path }: ConnectionData['settings'],
): Promise<void> {
  if (type !== 'target') await placeOf(path, places)
  else await sourceOf(targets).assertReadable(path)
}

function sourceOf(targets: TargetSource | undefined): TargetSource {
  if (targets === undefined) throw new Fault('unprocessable', 'this server acts on no targets')
  return targets
}

export async function readTarget(
  targets: TargetSource | undefined,
  name: string,
  signal: AbortSignal,
  onFact: (facts: number) => void = () => undefined,
): Promise<ReadResult> {
  const facts: Fact[] = []
  const problems: ReadProblem[] = []
  const blindSpots: BlindSpot[] = []
  for await (const one of sourceOf(targets).read(name, signal)) {
    if (one.type === 'problem') problems.push(one)
    else if (one.type === 'blind_spot') blindSpots.push(one)
    else onFact(facts.push(one))
  }
  signal.throwIfAborted()
  return {
    facts,
    problems,
    blindSpots,
    stats: { files: 0, bytes: 0, skipped: 0, commits: 0, partial: problems.length > 0 },
  }
}

/** A run of a connection of type `target`. What cannot be entered makes it partial, and a partial one concludes nothing. */
export function runTarget(
  { clock, key, sync }: Pick<FilesOptions, 'clock' | 'key' | 'sync'>,
  targets: TargetSource,
): RunHandler {
  return async ({ connection: { id, data }, run, signal, progress }) => {
    const read = await readTarget(targets, data.settings.path, signal, (facts) => progress({ step: 'reading', facts }))
    const { keyId } = key()
    const { counts } = await sync({
      source: { id, name: data.name },
      runId: run.id,
      read,
      keyId,
      confirmLeavers: false,
      act: actOf(run, clock()),
      signal,
      onProgress: progress,
    })
    const { problems, blindSpots, stats } = read
    return { state: stats.partial ? 'partial' : 'succeeded', counts, problems, blindSpots, fingerprintKeyId: keyId }
  }
}
