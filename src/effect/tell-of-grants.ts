// A grant that its target was not seen to refuse is told to whoever has to know, once. What keeps grants says which they are, as
// often as it likes: it may have died before it was heard.
import { sql } from '#db'
import { keepAlarm } from './alarms.ts'
import type { Alarm, EffectLayer } from './layer.ts'

export interface UnprovenGrant {
  readonly id: string
  /** What was given, in words. */
  readonly right: string
  readonly reason: string
}

const TEXT_CHARACTERS_MAX = 500

export async function tellOfGrants(layer: EffectLayer, grants: readonly UnprovenGrant[]): Promise<void> {
  if (grants.length === 0) return
  const ids = grants.map(({ id }) => id)
  const at = layer.clock()
  const told = await layer.db.transaction(async (tx) => {
    const known = await tx.query<{ about: string }>(
      sql`select distinct about from effect.alarm where about = any(${ids}::text[])`,
    )
    const before = new Set(known.map(({ about }) => about))
    const alarms = grants.filter(({ id }) => !before.has(id)).map(alarmOf)
    for (const alarm of alarms) await keepAlarm(tx, layer, at, alarm)
    return alarms
  })
  for (const alarm of told) layer.onAlarm?.(alarm)
}

const alarmOf = ({ id, right, reason }: UnprovenGrant): Alarm => ({
  about: id,
  event: 'unproven',
  detail: `${right}: its time is over, and the target was not seen to refuse it: ${reason}`.slice(
    0,
    TEXT_CHARACTERS_MAX,
  ),
  next: `see at the target to what the reason names; it is tried again within hours, and \`reeve grant show ${id}\` says what became of it`,
})
