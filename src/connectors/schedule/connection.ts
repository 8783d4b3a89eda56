// A connection: one configured source, when it is read, and what of it. Its credentials are references, never values.
import { assertReference, Fault } from '#kernel'
import type { Clock, Observation } from '#kernel'
import type { LayerDatabase } from '#db'
import type { Current } from '#db/history'
import type { Reading } from './run-files.ts'
import type { Schedule } from './schedule.ts'

export const CONNECTION = { schema: 'connections', table: 'connection' } as const
/** The record tables of the layer, for whoever checks them all. */
export const CONNECTION_TABLES = [CONNECTION] as const

/** What a type of connection is, in one entry each; nothing below enumerates types. */
export const CONNECTION_TYPES = {
  files: {
    title: 'Files and folders on the server: exports, repositories, configuration',
    /** Ids of the connectors that are offered what it reads; all of them without it. */
    connectors: undefined,
    credentials: [],
  },
  people: {
    title: 'A feed of people and teams: a CSV file or a folder of them on the server',
    connectors: ['people'],
    credentials: [],
  },
  target: {
    title: 'A target that Reeve acts on: who is there, and what each may do; the path is its name',
    connectors: [],
    credentials: [],
  },
} as const satisfies Record<string, ConnectionKind>

interface ConnectionKind {
  readonly title: string
  readonly connectors: readonly string[] | undefined
  /** Names of the credentials that it needs, each given as a reference. */
  readonly credentials: readonly string[]
}

export type ConnectionType = keyof typeof CONNECTION_TYPES
export type ConnectionState = 'enabled' | 'paused' | 'removed'

/** What of the path is read; the words are those of `reeve scan` and `reeve.yaml`. */
export interface ImportOptions {
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  readonly gitignore?: boolean
  readonly dependencies?: boolean
  readonly archives?: boolean
  readonly history?: boolean
  readonly secondsMax?: number
  /** Which cluster or host files are from; the first glob that matches counts. */
  readonly scopes?: readonly { readonly glob: string; readonly cluster?: string; readonly host?: string }[]
}

export interface ConnectionSettings {
  /** Absolute, on the server; of a target its name. */
  readonly path: string
}

/** What a person says of a connection. */
export interface ConnectionInput {
  readonly name: string
  readonly type: ConnectionType
  readonly settings: ConnectionSettings
  readonly options?: ImportOptions
  /** By name: `file:PATH`, `env:NAME` or `exec:COMMAND ARG…`. */
  readonly credentials?: Readonly<Record<string, string>>
  /** Without it, it runs when asked. */
  readonly schedule?: Schedule | null
}

export interface ConnectionData {
  readonly name: string
  readonly type: ConnectionType
  readonly settings: ConnectionSettings
  readonly options: ImportOptions
  readonly credentials: Readonly<Record<string, string>>
  readonly schedule: Schedule | null
  readonly state: ConnectionState
}

export type ConnectionRecord = Current<ConnectionData>

/** The connections of a server. Every operation takes it first. */
export interface ConnectionsLayer {
  readonly db: LayerDatabase
  readonly clock: Clock
  readonly places: Places
  /** What the server says of every read, for tests of connections as for their runs. */
  readonly reading?: Reading
  /** How connections of type `target` are read; none are without it. A port, answered by main.ts. */
  readonly targets?: TargetSource
  /** Something changed that the worker acts on: a run was queued, a schedule changed. What it misses, it finds by itself. */
  readonly onChanged?: () => void
  /** What the roll would be without: how many records only this source sees. A port, answered by main.ts. */
  readonly seenOnlyBy?: (sourceId: string) => Promise<Readonly<Record<string, number>>>
}

/** Targets as sources. */
export interface TargetSource {
  /** Throws Fault('not_found') where there is no such target, or it cannot be read. */
  readonly assertReadable: (name: string) => Promise<void>
  /** Everything that is seen there. Throws where it cannot be asked at all. */
  readonly read: (name: string, signal: AbortSignal) => AsyncGenerator<Observation>
}

/** Where connections of type `files` may read. */
export interface Places {
  /** Folders below which a path must lie, after links. */
  readonly importRoots: readonly string[]
  /** Reeve's own data, which no connection reads: keys and the database are in it. */
  readonly dataDirectory: string
}

const NAME_MAX = 200
const PATTERNS_MAX = 500
const PATTERN_LENGTH_MAX = 1000
const SECONDS_MAX = 24 * 60 * 60

/** Throws Fault('unprocessable') where the record would not be one. Where the path leads is said by `placeOf`. */
export function checkInput({ name, type, options = {}, credentials = {} }: Omit<ConnectionInput, 'settings'>): void {
  if (name.trim() !== name || name === '' || name.length > NAME_MAX || UNPRINTABLE.test(name)) {
    throw new Fault(
      'unprocessable',
      `a name has 1 to ${NAME_MAX} printable characters, none of them a space at its ends`,
    )
  }
  for (const patterns of [
    options.include ?? [],
    options.exclude ?? [],
    options.scopes?.map(({ glob }) => glob) ?? [],
  ]) {
    if (patterns.length > PATTERNS_MAX || patterns.some((pattern) => pattern.length > PATTERN_LENGTH_MAX)) {
      throw new Fault('unprocessable', `at most ${PATTERNS_MAX} patterns of ${PATTERN_LENGTH_MAX} characters are taken`)
    }
  }
  const { secondsMax = 1 } = options
  if (!Number.isInteger(secondsMax) || secondsMax < 1 || secondsMax > SECONDS_MAX) {
    throw new Fault('unprocessable', `\`secondsMax\` is a whole number from 1 to ${SECONDS_MAX}`)
  }
  checkCredentials(type, credentials)
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNPRINTABLE = /[\u0000-\u001F\u007F-\u009F\u2028\u2029]/

/** SECURITY: a value given in place of a reference is refused and not repeated. */
function checkCredentials(type: ConnectionType, credentials: Readonly<Record<string, string>>): void {
  const needed: readonly string[] = CONNECTION_TYPES[type].credentials
  for (const [name, reference] of Object.entries(credentials)) {
    assertReference('a credential', reference)
    if (!needed.includes(name))
      throw new Fault('unprocessable', `a connection of type ${type} takes no such credential`)
  }
  const missing = needed.find((name) => !Object.hasOwn(credentials, name))
  if (missing !== undefined) throw new Fault('unprocessable', `the credential \`${missing}\` is not given`)
}
