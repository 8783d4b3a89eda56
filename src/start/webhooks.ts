// Alarms go to webhooks, signed as Standard Webhooks 1.0.0 has it: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
import type { ReeveDatabase } from '#db'
import { sendAlarms } from '#effect'
import type { AlarmToSend, EffectLayer } from '#effect'
import type { Keys } from '#keys'
import { messageOf } from '#kernel'
import { repeatOnOneServer } from './one-server.ts'
import type { Undo } from './undo.ts'

const EVERY_MS = 1000
const ANSWER_MS = 10_000

/** By one server of those that share the database. */
export function startWebhooks(parts: {
  readonly opened: Pick<ReeveDatabase, 'connectionFor'>
  readonly effect: EffectLayer
  readonly keys: Keys
  readonly undo: Undo
  readonly say: (event: string) => void
}): void {
  const { opened, effect, keys, undo, say } = parts
  if ((effect.receivers ?? []).length === 0) return
  const sending = repeatOnOneServer(
    { name: 'reeve alarms', connection: opened.connectionFor('effect') },
    async () => await sendAlarms(effect, async (alarm) => await post(keys, alarm)),
    {
      everyMs: EVERY_MS,
      onFailure: (error) => say(`alarms are sent again in a second: ${messageOf(error)}`),
    },
  )
  undo.later('the sending of alarms', async () => sending.stop())
}

/** Taken is a 2xx. SECURITY: no redirect is followed, and nothing of the answer is kept. */
async function post(keys: Keys, { id, receiver, at, planId, event, detail, next }: AlarmToSend): Promise<void> {
  const body = JSON.stringify({ type: `plan_${event}`, timestamp: at, data: { planId, detail, next } })
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = keys.keyInUse('webhook').mac(`${id}.${timestamp}.${body}`).toString('base64')
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  }
  const signal = AbortSignal.timeout(ANSWER_MS)
  const answer = await fetch(receiver, { method: 'POST', body, headers, redirect: 'error', signal }).catch(() => {
    throw new Error('it could not be reached, or did not answer in time')
  })
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`it answered ${answer.status}`)
}
