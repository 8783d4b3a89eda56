// What a run of files does: reads the place with the connectors of its type, and hands what was read to sync.
import { CONNECTORS, readTree } from '#connectors'
import type { FingerprintKey, ReadOptions, ReadResult } from '#connectors'
import type { Act, Clock } from '#kernel'
import { CONNECTION_TYPES } from './connection.ts'
import type { ConnectionData, Places } from './connection.ts'
import type { RunHandler, RunInput } from './perform.ts'
import { placeOf } from './place.ts'
import type { Place } from './place.ts'
import { actOf } from './run-lifecycle.ts'
import type { RunOutcome } from './run-lifecycle.ts'
import type { Counts, RunProgress } from './run.ts'

/** What is read becomes changes in the roll. Called again after a crash with the same source, it goes on or begins anew. */
export type Sync = (input: {
  /** The connection's id and name. */
  readonly source: { readonly id: string; readonly name: string }
  readonly runId: string
  readonly read: ReadResult
  readonly keyId: string
  /** Leavers that were held by an earlier run are confirmed. */
  readonly confirmLeavers: boolean
  readonly act: Act
  readonly signal: AbortSignal
  readonly onProgress: (progress: RunProgress) => void
}) => Promise<{
  readonly counts: Counts
  /** Why it waits for a person, where it does. */
  readonly held?: string
}>

export interface FilesOptions {
  readonly places: Places
  readonly clock: Clock
  /** The fingerprint key in use, asked for at each run. */
  readonly key: () => FingerprintKey & { readonly keyId: string }
  /** What holds for every connection; what one says of itself comes first. */
  readonly reading?: Reading
  readonly sync: Sync
}

/** To the roll a removed connection is a source that is whole and empty. People stay: only a feed says who left. */
async function endSeen(
  { clock, key, sync }: Pick<FilesOptions, 'clock' | 'key' | 'sync'>,
  { connection, run, signal, progress }: RunInput,
): Promise<RunOutcome> {
  const { keyId } = key()
  const { counts } = await sync({
    source: { id: connection.id, name: connection.data.name },
    runId: run.id,
    read: NOTHING,
    keyId,
    confirmLeavers: false,
    act: { ...actOf(run, clock()), reason: 'the connection was removed' },
    signal,
    onProgress: progress,
  })
  return { state: 'succeeded', counts, fingerprintKeyId: keyId }
}

const NOTHING: ReadResult = {
  facts: [],
  problems: [],
  blindSpots: [],
  stats: { files: 0, bytes: 0, skipped: 0, commits: 0, partial: false },
}

/** Rules of the server for what is read, in the words of the reader. */
export type Reading = Pick<ReadOptions, 'exclude' | 'limits' | 'scopes' | 'csvMappings'>

export function runFiles({ places, clock, key, reading, sync }: FilesOptions): RunHandler {
  return async ({ connection, run, signal, progress }) => {
    const { data, id } = connection
    if (data.state === 'removed') return await endSeen({ clock, key, sync }, { connection, run, signal, progress })
    const place = await placeOf(data.settings.path, places)
    const { keyId, key: bytes } = key()
    const read = await readTree(place.path, {
      ...readOptionsOf(data, place, reading),
      key: { keyId, key: bytes },
      signal,
      onProgress: ({ reading: _path, ...counts }) => progress({ ...counts, step: 'reading' }),
    })
    signal.throwIfAborted()
    const { problems, blindSpots, stats } = read
    const { counts, held } = await sync({
      source: { id, name: data.name },
      runId: run.id,
      read,
      keyId,
      confirmLeavers: run.confirmLeavers,
      act: actOf(run, clock()),
      signal,
      onProgress: progress,
    })
    return {
      state: held !== undefined ? 'held' : stats.partial ? 'partial' : 'succeeded',
      counts: { ...counts, read: { files: stats.files, bytes: stats.bytes, skipped: stats.skipped } },
      problems,
      blindSpots,
      fingerprintKeyId: keyId,
      ...(held === undefined ? {} : { failure: held }),
    }
  }
}

/** The options of the connection in the words of the reader, before those of the server. */
export function readOptionsOf(
  { type, options }: Pick<ConnectionData, 'type' | 'options'>,
  place: Place,
  reading: Reading = {},
): Omit<ReadOptions, 'key'> {
  const { include, exclude = [], gitignore, dependencies, archives, history, secondsMax, scopes = [] } = options
  const { connectors: ids }: { readonly connectors: readonly string[] | undefined } = CONNECTION_TYPES[type]
  return {
    connectors: ids === undefined ? CONNECTORS : CONNECTORS.filter((connector) => ids.includes(connector.id)),
    // the folder of Reeve itself last: no pattern brings it back in
    exclude: [...(reading.exclude ?? []), ...exclude, ...place.exclude],
    ...(include === undefined ? {} : { include }),
    ...(gitignore === undefined ? {} : { gitignore }),
    ...(dependencies === undefined ? {} : { includeDependencies: dependencies }),
    ...(archives === undefined ? {} : { archives }),
    history: history ?? type === 'files',
    limits: { ...reading.limits, ...(secondsMax === undefined ? {} : { seconds: secondsMax }) },
    scopes: [...scopes, ...(reading.scopes ?? [])],
    csvMappings: reading.csvMappings ?? [],
  }
}
