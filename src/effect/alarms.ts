// What a person has to be told: written in the transaction of what it tells of, so that none is lost, and sent until it is taken.
import { msAfter, newId, REEVE } from '#kernel'
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase, Tx } from '#db'
import { appendEntry } from '#evidence/port'
import type { Entry } from '#evidence/port'
import type { Alarm, EffectLayer } from './layer.ts'

const FIRST_DELAY_MS = 2000
const DELAY_MAX_MS = 60 * 60_000
/** About a day and a half of tries. */
const ATTEMPTS_MAX = 40

/** One row for each receiver. */
export async function keepAlarm(tx: Tx, { receivers = [] }: EffectLayer, at: Instant, alarm: Alarm): Promise<void> {
  const id = newId('alarm')
  const { about, receiptId, event, detail, next } = alarm
  for (const receiver of receivers)
    await tx.execute(sql`
      insert into effect.alarm (id, receiver, about, receipt_id, event, detail, next, at, next_at)
      values (${id}, ${receiver}, ${about}, ${receiptId ?? null}, ${event}, ${detail}, ${next}, ${at}, ${at})`)
}

export interface AlarmToSend extends Omit<Alarm, 'receiptId'> {
  readonly id: string
  readonly receiptId: string | null
  readonly receiver: string
  readonly at: Instant
  readonly attempts: number
}

/** Throws why it was not taken. SECURITY: its message is kept and shown. */
export type SendAlarm = (alarm: AlarmToSend) => Promise<void>

/** What its name begins with. */
type ReceiverKind = 'webhook' | 'mail'

/** How many are sent in one pass: mail goes one after another, and a pass must be over within a minute, however slow its server. */
const MOST: Readonly<Record<ReceiverKind, number>> = { webhook: 50, mail: 3 }

/** What was never tried is due, whatever clock it was written by, and what waits for longer than anything does. Those of one kind, so that a slow one holds up no other; by one process at a time. A receiver may be told twice, after a crash between its answer and the note of it: by the same id. */
export async function sendAlarms(layer: EffectLayer, kind: ReceiverKind, send: SendAlarm): Promise<'more' | 'done'> {
  const { db, clock } = layer
  const now = clock()
  const due = await db.transaction(
    async (tx) =>
      await tx.query<AlarmToSend>(sql`
        select id, receiver, about, receipt_id as "receiptId", event, detail, next, at, attempts from effect.alarm
        where next_at is not null and (attempts = 0 or next_at <= ${now} or next_at > ${msAfter(now, DELAY_MAX_MS)})
          and split_part(receiver, ':', 1) = ${kind} order by next_at, id limit ${MOST[kind]}`),
    { readOnly: true },
  )
  await Promise.all(due.map(async (alarm) => await sendOne(layer, alarm, send)))
  return due.length === MOST[kind] ? 'more' : 'done'
}

/** Those that were taken, or given up, before this instant; but of a grant, which is told of once. */
export async function forgetAlarms(db: LayerDatabase, before: Instant): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(
      sql`delete from effect.alarm where next_at is null and at < ${before} and about not like 'grt\\_%'`,
    )
  })
}

async function sendOne({ db, clock }: EffectLayer, alarm: AlarmToSend, send: SendAlarm): Promise<void> {
  const failure = await send(alarm).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : 'it could not be sent').slice(0, 300),
  )
  const at = clock()
  const attempts = alarm.attempts + 1
  const delay = Math.min(FIRST_DELAY_MS * 2 ** Math.min(alarm.attempts, 20), DELAY_MAX_MS)
  const again = failure === undefined || attempts >= ATTEMPTS_MAX ? null : msAfter(at, delay)
  await db.transaction(async (tx) => {
    await tx.execute(sql`
      update effect.alarm set attempts = ${attempts}, next_at = ${again}, failure = ${failure ?? null},
        taken_at = ${failure === undefined ? at : null}
      where id = ${alarm.id} and receiver = ${alarm.receiver}`)
    // the rows are forgotten in a month: that somebody was told, or nobody, is in the log
    if (again === null) await appendEntry(tx, entryOf(alarm, at, failure === undefined))
  })
}

/** SECURITY: the kind of the receiver alone: an address is a person's. */
const entryOf = ({ id, about, receiptId, event, receiver }: AlarmToSend, at: Instant, taken: boolean): Entry => ({
  id: newId('entry'),
  layer: 'effect',
  type: taken ? 'alarm.taken' : 'alarm.given_up',
  at,
  actor: REEVE,
  subjects: [about],
  content: {
    alarm: id,
    event,
    by: receiver.slice(0, receiver.indexOf(':')),
    ...(receiptId !== null && { receipt: receiptId }),
  },
})
