// Which sources were watching who gets to know a credential, and since when: without that, an empty list says nothing.
import { Fault, newId } from '#kernel'
import type { Act, Instant } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { appendEntry } from '#evidence/port'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import { optional } from '../layer.ts'
import { EXPOSURES } from './record-exposure.ts'
import type { HowExposed } from './record-exposure.ts'

/** A source that watched one way of knowing, without a gap, from `since` to `until`. */
export interface ExposureWatch {
  readonly source: string
  readonly how: HowExposed
  readonly since: Instant
  readonly until: Instant
}

/**
 * A source says what it has watched: a whole git history, an audit log. It speaks of the credentials that it sees. What
 * touches or overlaps the watch that is known extends it; after a gap the watch begins anew, since nobody knows what
 * happened in between. Entries are written when a watch begins, not each time that it goes on.
 */
export async function recordExposureWatch(identity: IdentityLayer, act: Act, watch: ExposureWatch): Promise<void> {
  await operate(identity, act, async (tx) => {
    await writeExposureWatch(tx, act, watch)
    return null
  })
}

/** In the caller's transaction. */
async function writeExposureWatch(tx: Tx, act: Act, watch: ExposureWatch): Promise<void> {
  const { source, how, since, until } = watch
  if (source === '' || source.length > 200) throw new Fault('unprocessable', '`source` needs 1 to 200 characters')
  if (until < since) throw new Fault('unprocessable', 'a watch ends after it began')
  if (until > act.at) throw new Fault('unprocessable', 'a watch cannot reach into the future')
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`exposure watch ${source} ${how}`}, 0))`)
  const [held] = await tx.query<ExposureWatch>(
    sql`select source, how, since, until from identity.exposure_watch where source = ${source} and how = ${how}`,
  )
  const next = joinWatch(held, watch)
  if (held !== undefined && held.since === next.since && held.until === next.until) return
  await tx.execute(sql`
    insert into identity.exposure_watch (source, how, since, until) values (${source}, ${how}, ${next.since}, ${next.until})
    on conflict (source, how) do update set since = excluded.since, until = excluded.until`)
  if (held?.since === next.since) return
  await appendEntry(tx, {
    id: newId('entry'),
    layer: tx.layer,
    type: 'exposure.watched',
    at: act.at,
    actor: act.actor.id,
    subjects: [],
    ...optional('reason', act.reason),
    content: { source, how, since: next.since },
  })
}

/** What is known to be without a gap when `given` is heard; pure. Of two that do not touch, the later one stands. */
export function joinWatch(held: ExposureWatch | undefined, given: ExposureWatch): ExposureWatch {
  if (held === undefined || given.since > held.until) return given
  if (given.until < held.since) return held
  return {
    ...given,
    since: given.since < held.since ? given.since : held.since,
    until: given.until > held.until ? given.until : held.until,
  }
}

/** Which ways of knowing nobody watched over the whole stretch; pure. `since` unknown means all of them. */
export function unwatched(watches: readonly ExposureWatch[], since: Instant | undefined, until: Instant): HowExposed[] {
  return EXPOSURES.filter(
    (how) => since === undefined || !watches.some((w) => w.how === how && w.since <= since && w.until >= until),
  )
}
