// What a run of files does: reads the place with the connectors of its type, and hands what was read to sync.
import { CONNECTORS, readTree } from '#connectors'
import type { FingerprintKey, ReadResult } from '#connectors'
import type { Act, Clock } from '#kernel'
import { CONNECTION_TYPES } from './connection.ts'
import type { ConnectionData, Places } from './connection.ts'
import type { RunHandler } from './perform.ts'
import { placeOf } from './place.ts'
import type { Place } from './place.ts'
import { actOf } from './run-lifecycle.ts'
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
  readonly sync: Sync
}

export function runFiles({ places, clock, key, sync }: FilesOptions): RunHandler {
  return async ({ connection, run, signal, progress }) => {
    const { data, id } = connection
    const place = await placeOf(data.settings.path, places)
    const { keyId, key: bytes } = key()
    const read = await readTree(place.path, {
      ...readOptionsOf(data, place),
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

/** The options of the connection in the words of the reader. */
export function readOptionsOf(
  { type, options }: Pick<ConnectionData, 'type' | 'options'>,
  place: Place,
): Omit<Parameters<typeof readTree>[1], 'key'> {
  const { include, exclude = [], gitignore, dependencies, archives, history, secondsMax, scopes } = options
  const { connectors: ids }: { readonly connectors: readonly string[] | undefined } = CONNECTION_TYPES[type]
  return {
    connectors: ids === undefined ? CONNECTORS : CONNECTORS.filter((connector) => ids.includes(connector.id)),
    exclude: [...exclude, ...place.exclude],
    ...(include === undefined ? {} : { include }),
    ...(gitignore === undefined ? {} : { gitignore }),
    ...(dependencies === undefined ? {} : { includeDependencies: dependencies }),
    ...(archives === undefined ? {} : { archives }),
    history: history ?? type === 'files',
    ...(secondsMax === undefined ? {} : { limits: { seconds: secondsMax } }),
    ...(scopes === undefined ? {} : { scopes }),
  }
}
