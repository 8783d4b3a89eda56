// Alarms go to people by e-mail: over TLS but on this machine, one message at a time, from the settings and our own words alone.
import { createTransport } from 'nodemailer'
import type { NodemailerError } from 'nodemailer'
import type { ServerSettings } from '#config'
import { messageOf, plainWords } from '#kernel'
import { inClear, isThisMachine } from './receiver.ts'
import type { AlarmMessage, AlarmReceiver } from './receiver.ts'

export type MailSettings = NonNullable<NonNullable<ServerSettings['alarms']>['mail']>
type SecretOf = (reference: string) => Promise<string>

const STEP_MS = 10_000
const WHOLE_MS = 20_000
/** A server that could not be reached is left alone for so long: what else is due is told the same, and holds nobody up. */
const LEFT_ALONE_MS = 10_000
const RESPONSE_BYTES_MAX = 8192

/** One for each address, so that one that is refused holds no other up. Throws Fault('config_invalid') for mail in clear. */
export function mailReceivers(settings: MailSettings, secretOf: SecretOf): AlarmReceiver[] {
  const { host } = placeOf(settings)
  if (settings.tls === 'off' && !isThisMachine(host)) throw inClear('mail', host, 'leave `tls` out, or write implicit')
  const send = oneAtATime(settings, secretOf)
  return settings.to.map((to) => ({ name: `mail:${to}`, send: async (message) => await send(to, message) }))
}

type Send = (to: string, message: AlarmMessage) => Promise<string>

function oneAtATime(settings: MailSettings, secretOf: SecretOf): Send {
  let last: Promise<unknown> = Promise.resolve()
  let away = { until: 0, why: '' }
  const next: Send = async (to, message) => {
    if (performance.now() < away.until) throw new Error(away.why)
    try {
      return await sendOne(settings, secretOf, to, message)
    } catch (error) {
      const why = messageOf(error)
      if (!(error instanceof OfThisMessage)) away = { until: performance.now() + LEFT_ALONE_MS, why }
      throw new Error(why, { cause: error })
    }
  }
  return async (to, message) => {
    const sending = last.then(async () => await next(to, message))
    last = sending.catch(() => undefined)
    return await sending
  }
}

/** The server is there, and does not take this one. */
class OfThisMessage extends Error {}

async function sendOne(settings: MailSettings, secretOf: SecretOf, to: string, message: AlarmMessage): Promise<string> {
  const { host, port } = placeOf(settings)
  const { tls = 'starttls', user, password, ca, from } = settings
  const pass = password === undefined ? undefined : await secretOf(password)
  const authority = ca === undefined ? undefined : await secretOf(ca)
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'off',
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(authority !== undefined && { ca: authority }) },
    ...(user !== undefined && pass !== undefined && { auth: { user, pass } }),
    connectionTimeout: STEP_MS,
    greetingTimeout: STEP_MS,
    socketTimeout: STEP_MS,
    dnsTimeout: STEP_MS,
    maxResponseSize: RESPONSE_BYTES_MAX,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    const { response } = await transport.sendMail({
      from,
      to,
      subject: message.title,
      text: textOf(message),
      date: new Date(message.at),
      messageId: `<${message.id}@${from.slice(from.indexOf('@') + 1)}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal: AbortSignal.timeout(WHOLE_MS),
    })
    return `it answered ${withoutSecret(response, user, pass)}`
  } catch (error) {
    throw reasonOf(error as NodemailerError, user, pass)
  } finally {
    transport.close()
  }
}

const textOf = ({ title, detail, next, id }: AlarmMessage): string =>
  [`${title}.`, '', plainWords(detail), '', `What to do: ${plainWords(next)}`, '', `(${id})`, ''].join('\n')

/** SECURITY: the words of a server may repeat what was sent to it. */
function withoutSecret(text: string, user = '', pass = ''): string {
  const told = pass === '' ? [] : [pass, base64(pass), base64(`\0${user}\0${pass}`)]
  return told.some((secret) => text.includes(secret)) ? text.slice(0, 3) : plainWords(text).slice(0, 200)
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const WORDS: Readonly<Record<string, string>> = {
  EDNS: 'its name is not known',
  ETIMEDOUT: 'it did not answer in time',
  EABORT: 'it did not answer in time',
  ETLS: 'it does not speak TLS as it must: look at `tls` and `ca`',
}

function reasonOf(
  { code = '', command, response, responseCode }: NodemailerError,
  user?: string,
  pass?: string,
): Error {
  if (responseCode === undefined || response === undefined)
    return new Error(`${WORDS[code] ?? 'it could not be reached, or spoken to over TLS'} (${code})`)
  const why = `it answered ${withoutSecret(response, user, pass)}${command === undefined ? '' : ` to ${plainWords(command).slice(0, 20)}`}`
  return code === 'EENVELOPE' || code === 'EMESSAGE' ? new OfThisMessage(why) : new Error(why)
}

function placeOf({ server }: MailSettings): { readonly host: string; readonly port: number } {
  const at = server.lastIndexOf(':')
  return { host: server.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port: Number(server.slice(at + 1)) }
}
