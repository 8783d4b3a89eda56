// The effect layer of a server, as every operation of it is given it; and how each runs: one transaction, once per key.
import { Fault } from '#kernel'
import type { Act, Clock } from '#kernel'
import { refusedBy, transactOnce } from '#db'
import type { LayerDatabase, Tx } from '#db'
import type { TargetAdapter, TargetCall } from '#connectors/target'
import type { OfferedCredentials } from './offered.ts'
import type { CurrentTarget, TargetRecord } from './records.ts'

export interface EffectLayer {
  readonly db: LayerDatabase
  readonly clock: Clock
  readonly adapters: readonly TargetAdapter[]
  /** What is behind a reference, by the rules of the operator. SECURITY: read when it is needed, and never kept. */
  readonly secretOf: (reference: string, hosts: readonly string[]) => Promise<string>
  readonly offered: OfferedCredentials
  /** Keyed fingerprints of a credential, the newest key first. SECURITY: all that is kept of it. */
  readonly marksOf: (secret: string) => readonly string[]
  /** The name of this host, for receipts. */
  readonly host: string
  /** A plan can go on; whoever misses it finds it within a second. */
  readonly onChanged?: () => void
  /** Ids of some grants that are at a target, or may be; nothing where nobody keeps grants. */
  readonly grantsAt?: (target: CurrentTarget) => Promise<readonly string[]>
  /** Names of those who are told what a person has to know. */
  readonly receivers?: readonly string[]
  /** A plan came to its end or needs a person, or a grant is unproven. */
  readonly onAlarm?: (alarm: Alarm) => void
}

/** What a person has to be told. */
export interface Alarm {
  /** The id of a plan, or of a grant. */
  readonly about: string
  /** Of the plan that came to its end. */
  readonly receiptId?: string
  readonly event: 'unproven' | 'rolled_back' | 'needs_approval' | 'needs_credential'
  readonly detail: string
  readonly next: string
}

/** The answer is plain JSON. */
export async function operate<R>(layer: EffectLayer, act: Act, work: (tx: Tx) => Promise<R>): Promise<R> {
  const answer = await transactOnce(layer.db, act, work)
  layer.onChanged?.()
  return answer
}

/** Throws Fault('unprocessable') for a system that nothing here acts on. */
export function adapterOf({ adapters }: EffectLayer, { settings }: TargetRecord): TargetAdapter {
  const found = adapters.find(({ system }) => system === settings.system)
  if (found === undefined) throw new Fault('unprocessable', `this release does not act on \`${settings.system}\``)
  return found
}

export const callOf = (
  { secretOf, clock }: EffectLayer,
  { settings }: TargetRecord,
  signal: AbortSignal,
): TargetCall => ({
  settings,
  // wherever the administrative role signs in
  secretOf: async (reference) =>
    await secretOf(
      reference,
      [settings.address, ...(settings.standbys ?? [])].map(({ host }) => host),
    ),
  signal,
  clock,
})

const ANOTHER_PLAN = {
  code: 'conflict',
  detail: 'another plan acts on this account: `reeve plan list` shows it',
} as const

/** PostgreSQL lets one plan at a time act on one account. */
export const alone = async <T>(work: () => Promise<T>): Promise<T> => await refusedBy('plan_one', ANOTHER_PLAN, work)
