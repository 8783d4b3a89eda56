// Joiner, mover, leaver: a people feed becomes changes of the roll. A feed that was applied changes nothing when it comes
// again, and one that was broken off goes on where it stopped.
import type { Act, Id } from '#kernel'
import type { Tx } from '#db'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import { adoptByEmail } from './adopt.ts'
import { applyPlan } from './apply-plan.ts'
import { feedRows } from './feed-rows.ts'
import type { FeedRows, PeopleFeed } from './feed-rows.ts'
import { together } from './feed-outcome.ts'
import type { FeedOutcome } from './feed-outcome.ts'
import { planFeed } from './feed-plan.ts'
import { holdFeeds, keepHold, noteLeavers, readRollOfPeople, unnamedOf, withoutTakenRefs } from './read-people.ts'

export interface FeedToApply extends PeopleFeed {
  /** A person has looked at the leavers that were held, and they did leave. */
  readonly confirmLeavers?: boolean
  /** No person who may confirm leavers sends it: then who administers the roll leaves by such a person's word only. */
  readonly byMachine?: boolean
}

/** People that one transaction changes; with what they own it stays within seconds. */
const CHANGES_MAX = 5000

/**
 * Applies a feed: in one transaction, or in several of `changesMax` people each, leavers first. Each transaction is whole:
 * a leaver and what they owned change together. Bad rows are problems with their line; the rest applies.
 */
export async function applyPeopleFeed(
  identity: IdentityLayer,
  act: Act,
  feed: FeedToApply,
  changesMax = CHANGES_MAX,
): Promise<FeedOutcome> {
  const rows = feedRows(feed, act.at)
  const guarded = await guardedFrom(identity, feed)
  let outcome: FeedOutcome | undefined
  for (let step = 0; ; step++) {
    const { idempotency, ...rest } = act
    const keyed =
      idempotency === undefined ? rest : { ...rest, idempotency: { ...idempotency, key: keyOf(idempotency.key, step) } }
    const changed: Id<'principal'>[] = []
    const made = await operate(identity, keyed, async (tx) => {
      changed.length = 0
      return await applyStep(tx, identity, act, rows, { ...feed, guarded, changesMax, first: step === 0 }, changed)
    })
    if (changed.length > 0) identity.onPrincipalChanged?.(changed)
    if (made.leavers.length > 0) await identity.onPeopleLeft?.(made.leavers.map(({ personId }) => personId))
    outcome = together(outcome, made)
    if (made.remaining === 0) return outcome
  }
}

/** Asked before the transaction: who administers is another layer's to know. */
async function guardedFrom(identity: IdentityLayer, { byMachine = false }: FeedToApply): Promise<ReadonlySet<string>> {
  return new Set(byMachine ? await identity.administrators?.() : [])
}

const keyOf = (key: string, step: number): string => (step === 0 ? key : `${key} step ${step}`)

/** What `applyPeopleFeed` would do, from the same plan and the same code for what leavers leave behind. */
export async function previewPeopleFeed(identity: IdentityLayer, act: Act, feed: FeedToApply): Promise<FeedOutcome> {
  const rows = feedRows(feed, act.at)
  const guarded = await guardedFrom(identity, feed)
  let outcome: FeedOutcome | undefined
  const backOut = new Error('a preview writes nothing')
  try {
    await identity.db.transaction(
      async (tx) => {
        const changesMax = Number.POSITIVE_INFINITY
        outcome = await applyStep(
          tx,
          identity,
          act,
          rows,
          { ...feed, guarded, changesMax, first: true, previewed: true },
          [],
        )
        throw backOut
      },
      { statementTimeoutMs: 120_000 },
    )
  } catch (error) {
    if (error !== backOut) throw error
  }
  if (outcome === undefined) throw new Error('a preview that was backed out has an outcome')
  return outcome
}

interface StepOptions {
  readonly confirmLeavers?: boolean
  readonly changesMax: number
  /** Whose leaving waits for a person's word. */
  readonly guarded: ReadonlySet<string>
  /** The first of the feed's transactions. */
  readonly first: boolean
  readonly previewed?: boolean
}

async function applyStep(
  tx: Tx,
  identity: IdentityLayer,
  act: Act,
  given: FeedRows,
  { confirmLeavers = false, changesMax, first, previewed = false, guarded }: StepOptions,
  changed: Id<'principal'>[],
): Promise<FeedOutcome> {
  await holdFeeds(tx)
  const adoption = adoptByEmail(given, await readRollOfPeople(tx, given.source, act.at))
  const { roll } = adoption
  const rows = await withoutTakenRefs(tx, adoption)
  const plan = planFeed({ ...adoption, rows }, identity.settings, confirmLeavers, guarded)
  const unnamed = unnamedOf(roll, rows, plan.confirmed !== undefined)
  await keepHold(tx, act, rows.source, roll.heldBefore, {
    held: plan.held,
    unnamed,
    confirmed: plan.confirmed !== undefined,
  })
  if (plan.confirmed !== undefined && first) {
    await noteLeavers(tx, act, rows.source, 'people_feed.confirmed', plan.confirmed)
  }
  return await applyPlan(tx, identity, act, { rows, roll, plan, previewed }, changesMax, changed)
}
