// Alarms go to webhooks, signed as Standard Webhooks 1.0.0 has it: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
import { createHash } from 'node:crypto'
import type { Keys } from '#keys'
import { Fault } from '#kernel'
import { inClear, isThisMachine } from './receiver.ts'
import type { AlarmMessage, AlarmReceiver } from './receiver.ts'

const ANSWER_MS = 10_000

/** Throws Fault('config_invalid') for a URL that would be asked in clear, or that holds a password. */
export function webhookReceiver(text: string, keys: Keys): AlarmReceiver {
  const url = new URL(text)
  if (url.protocol !== 'https:' && !isThisMachine(url.hostname)) throw inClear('webhooks', url.hostname, 'write https')
  if (url.username !== '' || url.password !== '')
    throw new Fault(
      'config_invalid',
      `\`server.alarms.webhooks\`: the URL of \`${url.host}\` holds a password: take it out`,
    )
  // the path of many is a secret, and there may be two at one host
  const mark = createHash('sha256').update(url.href).digest('hex').slice(0, 8)
  return { name: `webhook:${url.host}:${mark}`, send: async (message) => await post(url, keys, message) }
}

/** Taken is a 2xx. SECURITY: no redirect is followed, and nothing of the answer is kept. */
async function post(
  url: URL,
  keys: Keys,
  { id, at, type, planId, grantId, detail, next }: AlarmMessage,
): Promise<string> {
  const body = JSON.stringify({ type, timestamp: at, data: { planId, grantId, detail, next } })
  const timestamp = String(Math.floor(Date.now() / 1000))
  // under a key that is retiring, too: who receives takes the new one when they come to it
  const signatures = keys
    .keysOf('webhook')
    .map((key) => `v1,${key.mac(`${id}.${timestamp}.${body}`).toString('base64')}`)
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
  const signal = AbortSignal.timeout(ANSWER_MS)
  const answer = await fetch(url, { method: 'POST', body, headers, redirect: 'manual', signal }).catch(() => {
    throw new Error('it could not be reached, or did not answer in time')
  })
  await answer.body?.cancel()
  if (answer.status >= 300 && answer.status < 400)
    throw new Error(`it answered ${answer.status}: a redirect is not followed, so name where it leads to`)
  if (!answer.ok) throw new Error(`it answered ${answer.status}`)
  return `it answered ${answer.status}`
}
