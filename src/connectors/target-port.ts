// The port of targets: what an adapter that acts and probes is given, and what it answers. Adapters see the kernel and this.
//
// Words: a `target` is one configured system; a `step` is one thing that is done there, looked at before, verified after and
// undone where the system can; a `probe` uses a credential and reports what the target itself answered.
import type { Instant, Json, Observation } from '#kernel'

/** Where a target listens. `host` is a name, an address, or the absolute path of a folder with its Unix socket. */
export interface TargetAddress {
  readonly host: string
  readonly port: number
}

/** One configured system, as it is kept. Credentials are references (`file:`, `env:`, `exec:`), never values. */
export interface TargetSettings {
  readonly system: TargetSystem
  /** As resource names spell it: `pg://NAME/database/…`. Lower case, digits, `-`, `.`. */
  readonly name: string
  readonly address: TargetAddress
  /** Where the administrative role signs in. */
  readonly database: string
  readonly administrator: { readonly user: string; readonly password: string }
  /** `off` only on loopback and Unix sockets; `verify` checks the certificate against `ca` (a reference) or the system's. */
  readonly tls: 'off' | 'verify'
  readonly ca?: string
  /** Poolers and proxies in front: whoever gets in there is in. Each is probed too. */
  readonly entrances: readonly TargetAddress[]
  /** A prober also answers who asks for the password in clear or as MD5; else by SCRAM alone. The administrator never does. */
  readonly probeInClear?: boolean
  /** Servers that follow it and let in by themselves: sessions are ended there, too, and each is probed. */
  readonly standbys?: readonly TargetAddress[]
  /** Who takes over what a revoked role owns. */
  readonly successor?: string
}

export const TARGET_SYSTEMS = ['postgresql'] as const
export type TargetSystem = (typeof TARGET_SYSTEMS)[number]

/** What a call of an adapter is made with. */
export interface TargetCall {
  readonly settings: TargetSettings
  /** Resolves a reference of the settings when it is needed. SECURITY: what it answers is never kept, logged or thrown. */
  readonly secretOf: (reference: string) => Promise<string>
  /** Ends the call, with its connections; an adapter sets its own shorter limits for each thing it asks. */
  readonly signal: AbortSignal
  readonly clock: () => Instant
  /** Throws where another server may act by now: asked right before each thing that changes something. */
  readonly mayStillAct?: () => void
}

/** Who or what a plan is about at its target: a role of PostgreSQL. */
export interface TargetSubject {
  readonly account: string
}

/** SECURITY: in process memory only, for as long as a plan runs. */
export interface OfferedCredential {
  /** A password. */
  readonly secret: () => string
  /** A database that it was used on, where that is known; else the target's own. */
  readonly database?: string
}

export interface StepCall extends TargetCall {
  /** Stands in what is made at the target (application names, comments), so that it can be found again. */
  readonly planId: string
  readonly subject: TargetSubject
  readonly credential?: OfferedCredential
  /** What `look` of this step had found before it first acted, however often the step was begun since. */
  readonly before: Json
  /** What `look` of each step that was begun had found at first, by their names, in their order. */
  readonly found?: Readonly<Record<string, Json>>
  /** What this step has seen so far, where it goes on for a time; and when the plan wants it to be over. */
  readonly seen?: Json
  readonly until?: Instant
  /** What earlier steps came to, by their names. */
  readonly earlier: Readonly<Record<string, StepVerdict>>
}

/** What a step finds before it acts. Asking changes nothing. */
export interface Looked {
  /** What is as it should be already: nothing to do but verify. */
  readonly already: boolean
  /** Exactly what would be sent, in order. Empty for a probe. SECURITY: a secret in it is written as `'…'`. */
  readonly statements: readonly string[]
  /** Whom and what it touches, in words: `3 sessions of billing-app from 10.0.0.7`. */
  readonly touches: readonly string[]
  /** What is needed to put it back; plain JSON without secrets. */
  readonly before: Json
  /** Why it can't be done, and what to do about it. */
  readonly blocked?: { readonly reason: string; readonly next: string }
}

/**
 * What a step came to. `verified`: the target itself was seen to be so. `unproven`: it may be or not; `next` says what a
 * person does now. `failed`: the target refused it, and trying again is of no use.
 */
export type StepVerdict =
  | { readonly effect: 'verified'; readonly answer: string; readonly facts?: Json }
  | {
      readonly effect: 'unproven'
      readonly reason: string
      readonly next: string
      readonly facts?: Json
      /** All that stands open, line by line and in the same words while it is the same: what a person may accept. Absent where it was not read whole. */
      readonly open?: readonly string[]
      /** The target was seen to be as this step had found it: there is nothing to put back. */
      readonly untouched?: true
    }
  | { readonly effect: 'failed'; readonly reason: string; readonly next: string }

export interface TargetStep {
  /** Snake case; stands in entries and receipts for ever: `deny_new_logins`. */
  readonly name: string
  /** What it does, in words: `no new logins`. */
  readonly title: string
  /** Whether it only asks (a probe, an inventory). */
  readonly asksOnly?: true
  readonly look: (call: Omit<StepCall, 'before'>) => Promise<Looked>
  /** Idempotent: after a crash it is done again. Throws what can be tried again; else answers `failed`. */
  readonly act: (call: StepCall) => Promise<void>
  /**
   * For what takes hours or days: what it has seen by now, and when it wants to look again; `undefined` once it is over, and
   * `verify` says what it came to.
   */
  readonly goOn?: (call: StepCall) => Promise<{ readonly seen: Json; readonly again: Instant } | undefined>
  /** Sees whether it took effect. For a step that only asks, this is all of it. */
  readonly verify: (call: StepCall) => Promise<StepVerdict>
  /** Puts `before` back. Absent: a point of no return. Idempotent. */
  readonly undo?: (call: StepCall) => Promise<StepVerdict>
}

/**
 * Rungs of a hold: `observe` sees for a time who uses the account, and changes nothing; `deny` lets nobody new in, and what is
 * open goes on; `contain` ends that, too. Each can be given back by `restore`. `revoke`: for good.
 */
export const OPERATIONS = ['observe', 'deny', 'contain', 'revoke', 'restore'] as const
export type Operation = (typeof OPERATIONS)[number]

/** One live session of an account, so that consumers of one role are told apart. */
export interface TargetSession {
  readonly application: string
  readonly from: string
  readonly database: string
  readonly startedAt: Instant
  readonly state: string
}

/** What is there of an account at the target now; for the page that a person reads before anything is done. */
export interface AccountFound {
  readonly exists: boolean
  /** In words: `may log in`, `superuser`, `member of reporting`, `owns 14 objects in 2 databases`. */
  readonly facts: readonly string[]
  readonly sessions: readonly TargetSession[]
  /** Rights in the spelling of `kernel/names`, the widest first, bounded. */
  readonly reach: readonly { readonly action: string; readonly resource: string; readonly by: string }[]
  readonly reachCutShort: boolean
  /** Other ways to the same: another role with the same verifier, a role that may become it, a line of trust. */
  readonly otherWays: readonly string[]
  /** What could not be seen, and what would show it. */
  readonly unknown: readonly string[]
}

/** One line of `target doctor`. */
export interface Examined {
  readonly check: string
  readonly outcome: 'ok' | 'missing' | 'too_much' | 'unknown'
  readonly detail: string
  /** What to run at the target, as statements. */
  readonly remedy?: readonly string[]
}

/** A right for a time, as it is made at a target: a login of its own that is there for its window and no longer. */
export interface TimedRight {
  /** Of the grant. Whatever is made at the target carries it: doing the same twice is doing it once. */
  readonly id: string
  readonly requestId: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly until?: Instant
  /** Grows with every step of the grant: a lower one than the target has seen is refused. */
  readonly fence: number
}

/**
 * What the target did of it, or why not. `lasting`: trying again is of no use. `left`: of an end, what it made and stays, in words;
 * absent where that is not known, since it was gone before anybody looked.
 */
export type TimedDone =
  | { readonly done: true; readonly answer: string; readonly left?: readonly string[] }
  | { readonly done: false; readonly reason: string; readonly lasting?: true; readonly left?: readonly string[] }

export type TimedSeen =
  | { readonly effect: 'verified'; readonly answer: string }
  | { readonly effect: 'unproven'; readonly reason: string }

/** Names at the target; `left`: each that is still there, and why. */
export interface TimedReaped {
  readonly gone: readonly string[]
  readonly left: readonly { readonly name: string; readonly reason: string }[]
}

/** SECURITY: the password is answered once, to who has the right, and kept nowhere; after `secondsGood` it opens nothing. */
export interface TimedLogin {
  readonly user: string
  readonly password: string
  readonly database: string
  readonly secondsGood: number
}

/** Rights for a time. Each call may be made again, and calls for several rights at once. */
export interface TimedRights {
  /** Whether any of this right lies there; resources may be patterns. */
  readonly reaches: (settings: TargetSettings, right: Pick<TimedRight, 'actions' | 'resources'>) => boolean
  /** The login is made, and nobody can use it before `login`. */
  readonly give: (call: TargetCall, right: TimedRight) => Promise<TimedDone>
  /** A password for it that is good for a minute, or for what is left of the window. `lost`: it is not there as of that step. */
  readonly login: (call: TargetCall, right: TimedRight) => Promise<TimedLogin | 'lost'>
  /** Its sessions are ended, then it is gone. Also where it never was. */
  readonly take: (call: TargetCall, right: TimedRight) => Promise<TimedDone>
  /** Ends what is here of rights whose time is over by their own word, whoever knows of them: a restore forgets grants. */
  readonly reap: (call: TargetCall) => Promise<TimedReaped>
  /** `verified`: it is not there, no session is left, and the target refused a real login by its name. */
  readonly see: (call: TargetCall, right: TimedRight) => Promise<TimedSeen>
}

export interface TargetAdapter {
  readonly system: TargetSystem
  readonly title: string
  /** Steps of each operation, in order. The last ones probe. */
  readonly operations: Readonly<Record<Operation, readonly TargetStep[]>>
  /** Whether it can be reached and may do what it must, no less and no more. Changes nothing. */
  readonly examine: (call: TargetCall) => Promise<readonly Examined[]>
  readonly find: (call: TargetCall, subject: TargetSubject) => Promise<AccountFound>
  /** Who is there and what each may do, as facts; what could not be seen is said. Streams, and changes nothing. */
  readonly discover?: (call: TargetCall) => AsyncGenerator<Observation>
  /** Absent where the system has none. */
  readonly timed?: TimedRights
  /** Accounts at the target whose password this is, where a caller has only a secret: by a real login of each candidate. */
  readonly accountsOf?: (
    call: TargetCall,
    credential: OfferedCredential,
    candidates: readonly string[],
  ) => Promise<string[]>
}
