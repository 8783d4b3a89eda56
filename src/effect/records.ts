// What effect keeps: targets, plans with each of their steps, receipts, and the switch. Never a secret in any of them.
import type { Id, Instant, Json } from '#kernel'
import type { Current, RecordTable } from '#db/history'
import type { Operation, StepVerdict, TargetSettings } from '#connectors/target'

export const TARGET: RecordTable = { schema: 'effect', table: 'target' }
export const PLAN: RecordTable = { schema: 'effect', table: 'plan' }
export const RECEIPT: RecordTable = { schema: 'effect', table: 'receipt' }
export const RESTRAINT: RecordTable = { schema: 'effect', table: 'restraint' }
/** The record tables of the layer, for whoever checks them all. */
export const EFFECT_TABLES = [TARGET, PLAN, RECEIPT, RESTRAINT] as const

export interface TargetRecord {
  readonly settings: TargetSettings
  readonly state: 'enabled' | 'removed'
}

export const PLAN_STATES = [
  'proposed',
  'running',
  'paused',
  'undoing',
  'verified',
  'unproven',
  'rolled_back',
  'undone',
  'cancelled',
] as const
export type PlanState = (typeof PLAN_STATES)[number]

export const STEP_STATES = ['waiting', 'acting', 'verified', 'unproven', 'failed', 'undone'] as const
type StepState = (typeof STEP_STATES)[number]

export interface StepRecord {
  readonly name: string
  readonly title: string
  readonly asksOnly?: true
  /** It can't be put back. */
  readonly final?: true
  readonly state: StepState
  /** It was found as it should be: there is nothing to put back. */
  readonly already?: true
  /** It was done and seen once; now it is only seen again, and done again only where it is not so any more. */
  readonly seeAgain?: true
  /** Looked at and written down before anything was done, and never again: what is put back. */
  readonly before?: Json
  readonly statements?: readonly string[]
  readonly touches?: readonly string[]
  /** What it has seen so far, where it goes on for a time. */
  readonly seen?: Json
  readonly verdict?: StepVerdict
  readonly attempts?: number
  /** Why the last attempt has to be made again. */
  readonly met?: string
  readonly startedAt?: Instant
  readonly endedAt?: Instant
}

/** The place of the first step that does something: what was asked before it decides nothing. 0 where none does. */
export const firstActIn = (steps: readonly StepRecord[]): number =>
  Math.max(
    steps.findIndex(({ asksOnly }) => asksOnly !== true),
    0,
  )

/** What began at its target and was not put back yet. */
export const toUndo = ({ asksOnly, already, before, state, verdict }: StepRecord): boolean =>
  asksOnly !== true && already !== true && before !== undefined && state !== 'undone' && !isUntouched(verdict)

const isUntouched = (verdict: StepVerdict | undefined): boolean =>
  verdict?.effect === 'unproven' && verdict.untouched === true

/** What a plan is for; `id` names the finding, verdict, grant or request. */
export interface PlanPurpose {
  readonly kind: 'emergency' | 'finding' | 'verdict' | 'expiry' | 'request'
  readonly id?: string
}

export interface PlanRecord {
  readonly operation: Operation
  readonly targetId: Id<'target'>
  /** As it was when the plan was made: what a receipt names. */
  readonly targetName: string
  /** As they stood when the plan was made: what was approved is what is done, there and nowhere else. */
  readonly settings: TargetSettings
  /** The account at the target. */
  readonly account: string
  readonly purpose: PlanPurpose
  readonly reason: string
  /** Who or what it is about in the roll, where that is known. */
  readonly about: readonly string[]
  readonly madeAt: Instant
  readonly plannedBy: string
  /** Natural persons behind it. */
  readonly plannedBehind: readonly string[]
  readonly approval: {
    readonly needed: boolean
    readonly by?: string
    readonly behind?: readonly string[]
    readonly at?: Instant
  }
  /** Whether the credential itself was offered, so that it can be used and be refused. */
  readonly offered: boolean
  /** When it was, the last time: to one server, which is left a moment to begin. */
  readonly offeredAt?: Instant
  /** Its keyed fingerprint: another one proves nothing of this plan. */
  readonly credentialMark?: string
  /** Another person goes on although what was asked is not proven: as long as the answer is the one that was accepted. */
  readonly acceptedWays?: AcceptedWays
  readonly state: PlanState
  readonly steps: readonly StepRecord[]
  /** Why steps are undone: they failed, or a person wants it. */
  readonly undoing?: 'failed' | 'wanted'
  /** When what goes on for a time is to be over. */
  readonly until?: Instant
  /** When it is looked at next; absent where nothing is left to do. */
  readonly nextAt?: Instant
  readonly receiptId?: Id<'receipt'>
}

export interface AcceptedWays {
  readonly by: string
  readonly behind: readonly string[]
  readonly at: Instant
  readonly because: string
  /** Where they were read. */
  readonly receiptId: string
  /** Of what each step found open: another answer is not accepted. */
  readonly hash: string
  readonly ways: readonly {
    readonly step: string
    readonly reason: string
    /** Line by line; absent in what an earlier release wrote, which holds no more. */
    readonly open?: readonly string[]
  }[]
}

export type CurrentPlan = Current<PlanRecord>
export type CurrentTarget = Current<TargetRecord>

export const OUTCOMES = ['verified', 'unproven', 'rolled_back', 'undone'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** What became of a plan, as it is signed into the log: its entry holds all of it by hash. */
export interface ReceiptRecord {
  readonly planId: Id<'plan'>
  readonly operation: Operation
  readonly targetId: Id<'target'>
  readonly targetName: string
  /** Where the target was asked: host and port. */
  readonly address: string
  readonly account: string
  readonly about: readonly string[]
  readonly purpose: PlanPurpose
  readonly outcome: Outcome
  /** Why it is not verified, a line per reason; each with what to do next. */
  readonly reasons: readonly { readonly step: string; readonly reason: string; readonly next: string }[]
  readonly steps: readonly {
    readonly name: string
    readonly effect: StepVerdict['effect'] | 'not done' | 'undone'
    /** The target's own answer. */
    readonly answer: string
    readonly at?: Instant
    readonly facts?: Json
  }[]
  /** What another person accepted, though not proven, so that it went on. */
  readonly acceptedWays?: Omit<AcceptedWays, 'behind'>
  readonly credentialOffered: boolean
  /** The keyed fingerprint of what was tried. */
  readonly credentialMark?: string
  /** The host that did and probed it. */
  readonly carriedOutBy: string
  readonly startedAt: Instant
  readonly endedAt: Instant
}

export type CurrentReceipt = Current<ReceiptRecord>
