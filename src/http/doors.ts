// What the server is given: every layer that its routes act through, and how it is set up.
import type { IdentityLayer } from '#identity/roll'
import type { GraphThread } from '#access/decisions'
import type { Administration } from '#access/records'
import type { EffectLayer } from '#effect'
import type { ConnectionsLayer } from '#connections'
import type { listEntries, NoteVerifier, TileFolder } from '#evidence'
import type { ControlReader } from '#governance'
import type { Instant } from '#kernel'
import type { ContainDoor } from './contain-door.ts'
import type { LoginDoor } from './login-door.ts'
import type { DecisionsDoor } from './decisions/door.ts'

/** One number of the metrics that is read when somebody asks, or one for each value of a label. */
export interface Gauge {
  readonly name: string
  readonly help: string
  readonly label?: string
  /** By value of the label, where there is one. */
  readonly read: () => Promise<number | Readonly<Record<string, number>>>
}

/** What became of a test alarm at one receiver: its answer, or why it did not take it. */
export interface AlarmTest {
  readonly receiver: string
  readonly delivered: boolean
  readonly detail: string
}

export interface Doors {
  readonly identity: IdentityLayer
  readonly access: Administration
  /** Absent where the server decides nothing. */
  readonly decisions?: DecisionsDoor
  /** Who can do what, across systems. Absent where the server keeps no graph. */
  readonly graph?: Pick<GraphThread, 'ask'>
  /** What is done to targets. Absent where the server acts on none. */
  readonly effect?: EffectLayer
  /** Sends a test alarm to each receiver, or to that of one name. Absent where nobody is told. */
  readonly testAlarms?: (to?: string) => Promise<readonly AlarmTest[]>
  /** From what leaked to what is held. Absent where the server acts on no targets. */
  readonly contain?: ContainDoor
  /** Getting in at a target by a grant. Absent where the server acts on no targets. */
  readonly logins?: LoginDoor
  readonly evidence: Parameters<typeof listEntries>[0]
  /** The files of the log. Absent where the server keeps none. */
  readonly tiles?: TileFolder
  /** Why this server signs nothing, `undefined` where it signs. Absent where it keeps none. */
  readonly refusesToSign?: () => string | undefined
  /** The keys of the witnesses that it asks: nobody else's cosignature counts. */
  readonly witnesses?: readonly NoteVerifier[]
  /** Absent where the server reads no sources by itself. */
  readonly connections?: ConnectionsLayer
  /** Which release of Reeve events name. */
  readonly release?: string
  /** What controls are judged over: now, or as it stood at an instant. */
  readonly controls?: (past?: Instant) => ControlReader
  /** What others tell of themselves: pools, the sequencer's lag, runs. */
  readonly gauges?: readonly Gauge[]
  /** Keyed fingerprints of a secret that Reeve itself makes, so that it is recognised where a scan finds it. */
  readonly fingerprint?: (secret: string) => readonly { readonly keyId: string; readonly value: string }[]
}

export interface HttpSettings {
  readonly release: string
  /** `Host` headers that are answered, without port. Absent: any behind a proxy, loopback names else. */
  readonly hosts?: readonly string[]
  /** A proxy in front ends TLS and sets X-Forwarded-For. */
  readonly behindProxy: boolean
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly perTokenPerMinute: number
  /** Requests for decisions, which cost a hundredth of others; a batch is one. */
  readonly decisionsPerTokenPerMinute: number
  /** Refused authentications of one address. */
  readonly failuresPerAddressPerMinute: number
  /** Where log lines go; nowhere without it. */
  readonly log?: { write(line: string): void }
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error'
}

export const HTTP_SETTINGS: HttpSettings = {
  release: '0.0.0',
  behindProxy: false,
  perTokenPerMinute: 1200,
  decisionsPerTokenPerMinute: 1_000_000,
  failuresPerAddressPerMinute: 30,
}
