// Alarms are taken from where they are kept and sent to their receivers, by one server of those that share the database.
import type { ServerSettings } from '#config'
import type { ReeveDatabase } from '#db'
import { sendAlarms } from '#effect'
import type { EffectLayer } from '#effect'
import type { AlarmTest } from '#http'
import { resolveText } from '#keys'
import type { Keys } from '#keys'
import { Fault, messageOf, newId } from '#kernel'
import type { Clock } from '#kernel'
import { repeatOnOneServer } from '../one-server.ts'
import type { Undo } from '../undo.ts'
import { mailReceivers } from './mail.ts'
import type { AlarmMessage, AlarmReceiver } from './receiver.ts'
import { webhookReceiver } from './webhook.ts'

const EVERY_MS = 1000

/** Throws Fault('config_invalid') for what would be told in clear. */
export function alarmReceivers({ webhooks = [], mail }: ServerSettings['alarms'] = {}, keys: Keys): AlarmReceiver[] {
  // the operator's own settings name it: what targets may name is another matter
  const secretOf = async (reference: string): Promise<string> => await resolveText(reference)
  return [
    ...webhooks.map((url) => webhookReceiver(url, keys)),
    ...(mail === undefined ? [] : mailReceivers(mail, secretOf)),
  ]
}

export function startAlarms(parts: {
  readonly opened: Pick<ReeveDatabase, 'connectionFor'>
  readonly effect: EffectLayer
  readonly receivers: readonly AlarmReceiver[]
  readonly undo: Undo
  readonly say: (event: string) => void
}): void {
  const { opened, effect, receivers, undo, say } = parts
  if (receivers.length === 0) return
  const send = async (name: string, message: AlarmMessage): Promise<void> => {
    const receiver = receivers.find((one) => one.name === name)
    if (receiver === undefined) throw new Error('this receiver is not among the settings any more')
    await receiver.send(message)
  }
  // also of a kind that is not among the settings any more: what waits for it is given up in the end, and the log says so
  for (const kind of ['webhook', 'mail'] as const) {
    const sending = repeatOnOneServer(
      { name: `reeve alarms by ${kind}`, connection: opened.connectionFor('effect') },
      async () =>
        await sendAlarms(effect, kind, async ({ receiver, event, about, ...alarm }) => {
          const [what, named] = about.startsWith('grt_') ? ['grant', { grantId: about }] : ['plan', { planId: about }]
          const title = `Reeve: ${what} ${about} is ${IN_WORDS[event]}`
          await send(receiver, { ...alarm, ...named, type: `${what}_${event}`, title })
        }),
      { everyMs: EVERY_MS, onFailure: (error) => say(`alarms are sent again in a second: ${messageOf(error)}`) },
    )
    undo.later(`the sending of alarms by ${kind}`, async () => sending.stop())
  }
}

const IN_WORDS = {
  unproven: 'unproven',
  rolled_back: 'rolled back',
  needs_approval: 'waiting for an approval',
  needs_credential: 'waiting for its credential',
} as const

/** Sent at once, beside what waits. Throws Fault('not_found') where nobody of that name is told. */
export async function testAlarms(receivers: readonly AlarmReceiver[], clock: Clock, to?: string): Promise<AlarmTest[]> {
  const asked = receivers.filter(({ name }) => to === undefined || name === to)
  if (to !== undefined && asked.length === 0)
    throw new Fault('not_found', 'no receiver has this name: `reeve alarms test` without one tells all of them')
  const message: AlarmMessage = {
    id: newId('alarm'),
    at: clock(),
    type: 'test',
    title: 'Reeve: a test alarm',
    detail: 'somebody tries whether alarms arrive: no plan is concerned',
    next: 'nothing',
  }
  return await Promise.all(
    asked.map(async ({ name, send }) =>
      send(message).then(
        (detail) => ({ receiver: name, delivered: true, detail }),
        (error: unknown) => ({ receiver: name, delivered: false, detail: messageOf(error) }),
      ),
    ),
  )
}
