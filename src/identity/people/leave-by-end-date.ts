// Whose last day is over has left, whether or not a feed comes that day.
import type { Act, Id } from '#kernel'
import { sql } from '#db'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import { applyPlan } from './apply-plan.ts'
import { hasEnded } from './end-date.ts'
import type { FeedOutcome } from './feed-outcome.ts'
import type { PersonChange } from './feed-plan.ts'
import { boundOn, heldOf } from './leaver-bound.ts'
import { holdFeeds, keepHold, readRollOfPeople } from './read-people.ts'

/** Under which those are held who would leave by their dates. */
const SOURCE = 'end dates'
const CHANGES_MAX = 500

/**
 * One batch, in one transaction; safe to repeat. The bound on leavers holds here too: who is held leaves when their feed is
 * sent and confirmed, for it says the same of them. `undefined` where nobody's last day is over.
 */
export async function leaveByEndDate(identity: IdentityLayer, act: Act): Promise<FeedOutcome | undefined> {
  const changed: Id<'principal'>[] = []
  const guarded = new Set(await identity.administrators?.())
  const outcome = await operate(identity, act, async (tx) => {
    changed.length = 0
    const [any] = await tx.query(sql`
      select 1 from identity.person where status <> 'leaver' and data ->> 'endAt' <= ${act.at}::text limit 1`)
    if (any === undefined) return null
    await holdFeeds(tx)
    const roll = await readRollOfPeople(tx, SOURCE, act.at)
    const leaving = [...roll.people.values()]
      .filter(({ data }) => data.status !== 'leaver' && hasEnded(data, act.at))
      .map((current): PersonChange => {
        const { principalId: _same, ...data } = current.data
        return { what: 'left', current, next: { ...data, status: 'leaver' }, fields: ['status'] }
      })
    if (leaving.length === 0 && roll.heldBefore === undefined) return null
    const { applied, held } = boundOn({ leaving, guarded }, (of) =>
      heldOf(of, undefined, roll, identity.settings, false),
    )
    await keepHold(tx, act, SOURCE, roll.heldBefore, { held, unnamed: [] })
    const plan = {
      people: applied,
      teams: [],
      missing: [],
      unchanged: 0,
      problems: [],
      ...(held === undefined ? {} : { held }),
    }
    return await applyPlan(
      tx,
      identity,
      act,
      { rows: { source: SOURCE, people: new Map() }, roll, plan },
      CHANGES_MAX,
      changed,
    )
  })
  if (changed.length > 0) identity.onPrincipalChanged?.(changed)
  const left = outcome?.leavers.map(({ personId }) => personId) ?? []
  if (left.length > 0) await identity.onPeopleLeft?.(left)
  return outcome ?? undefined
}
