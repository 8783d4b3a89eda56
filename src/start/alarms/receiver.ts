// Who is told what a person has to know: each receiver has a name that is kept and shown, and takes one message at a time.
import { Fault } from '#kernel'
import type { Instant } from '#kernel'

export interface AlarmMessage {
  readonly id: string
  readonly at: Instant
  /** `plan_unproven`, …, `grant_unproven`, or `test`. */
  readonly type: string
  /** One line of our own words, with an id at most: it stands where strangers' words must not. */
  readonly title: string
  readonly planId?: string
  readonly grantId?: string
  readonly detail: string
  readonly next: string
}

export interface AlarmReceiver {
  /** SECURITY: kept and shown, so nothing of a URL but its host. */
  readonly name: string
  /** The answer with which it was taken, in words. Throws why it was not. SECURITY: both are shown, the reason is kept. */
  readonly send: (message: AlarmMessage) => Promise<string>
}

/** SECURITY: what is told goes over no network in clear. */
export const isThisMachine = (host: string): boolean =>
  /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[?::1\]?)$/.test(host)

export const inClear = (setting: string, host: string, write: string): Fault =>
  new Fault('config_invalid', `\`server.alarms.${setting}\`: \`${host}\` is not this machine: ${write}`)
