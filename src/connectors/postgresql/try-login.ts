// One real login at one place, and the right in question where one is named. SECURITY: the secret is in no text that it answers.
import { Client } from 'pg'
import { judgeLogin } from './probe-answer.ts'
import type { PlaceAnswer, ProbeJob, Refusal } from './probe-answer.ts'
import { NotAnswered, signIn } from './sign-in.ts'
import { spelled } from './target-error.ts'

const TEXT_CHARACTERS_MAX = 300
const NAME_CHARACTERS_MAX = 63

export async function tried(place: ProbeJob['places'][number], given: ProbeJob): Promise<PlaceAnswer> {
  let asked = false
  const isTls = given.ca !== undefined && !place.host.startsWith('/')
  const client = new Client({
    host: place.host,
    port: place.port,
    user: given.user,
    // called when the server asks for it, and not before
    password: () => {
      asked = true
      return given.secret
    },
    database: given.database,
    ssl: isTls ? { ca: [...(given.ca ?? [])], rejectUnauthorized: true } : false,
    enableChannelBinding: isTls,
    application_name: given.application,
    connectionTimeoutMillis: given.milliseconds,
    query_timeout: given.milliseconds,
  })
  client.on('error', () => undefined)
  const of = (judged: Omit<PlaceAnswer, 'place' | 'at'>): PlaceAnswer => ({
    place: spelled(place),
    at: new Date().toISOString(),
    ...judged,
  })
  try {
    await signIn(client, { inClear: given.inClear === true, unasked: true })
  } catch (error) {
    if (error instanceof NotAnswered)
      return of({
        outcome: 'unproven',
        answer: error.message,
        ...(error.wanted === 'in clear' && { inClear: true as const }),
      })
    const refusal = refusalIn(error, given.secret)
    return of(refusal === undefined ? { outcome: 'unproven', answer: brokenBy(error) } : judgeLogin(refusal, asked))
  }
  try {
    const judged = await attempted(client, given, asked)
    const isIn = judged.outcome === 'accepted'
    return of({ ...judged, ...(isIn && (asked ? { passed: true as const } : { unasked: true as const })) })
  } finally {
    void client.end().catch(() => undefined)
  }
}

/** After a login: a session is really had (a pooler lets in before it has one), and the right in question, where one is named. */
async function attempted(client: Client, given: ProbeJob, asked: boolean): Promise<Omit<PlaceAnswer, 'place' | 'at'>> {
  try {
    const { rows } = await client.query<{ name: string }>('select session_user as name')
    const name = String(rows[0]?.name)
    const as = name === given.user ? undefined : whom(name, given)
    const answer = as === undefined ? 'the login was accepted' : `the login was accepted, as ${as}`
    return given.attempt === undefined
      ? { outcome: 'accepted', answer, ...(as !== undefined && { as }) }
      : await rightTried(client, given, given.attempt)
  } catch (error) {
    const refusal = refusalIn(error, given.secret)
    return refusal === undefined ? { outcome: 'unproven', answer: brokenBy(error) } : judgeLogin(refusal, asked)
  }
}

/** A server that was told the password could call itself so. */
const whom = (name: string, { secret }: ProbeJob): string =>
  name.includes(secret) ? 'somebody else' : `\`${name.slice(0, NAME_CHARACTERS_MAX)}\``

async function rightTried(
  client: Client,
  given: ProbeJob,
  statement: string,
): Promise<Omit<PlaceAnswer, 'place' | 'at'>> {
  try {
    await client.query('begin')
    // one statement only: the extended protocol takes no second one
    const attempt = { text: statement, queryMode: 'extended' }
    await client.query(attempt)
    return { outcome: 'accepted', answer: 'the login was accepted, and what was tried was done' }
  } catch (error) {
    const refusal = refusalIn(error, given.secret)
    if (refusal === undefined) return { outcome: 'unproven', answer: `after the login: ${brokenBy(error)}` }
    const outcome = refusal.sqlstate === '42501' ? 'refused' : 'unproven'
    return { outcome, sqlstate: refusal.sqlstate, answer: `after the login: ${refusal.text}` }
  } finally {
    await client.query('rollback').catch(() => undefined)
  }
}

function refusalIn(error: unknown, secret: string): Refusal | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined
  if (typeof error.code !== 'string' || !/^[0-9A-Z]{5}$/.test(error.code)) return undefined
  const routine = 'routine' in error && typeof error.routine === 'string' ? error.routine : undefined
  // a server that asked for the password in clear could say it back
  const said = error.message.includes(secret) ? 'what it said is withheld' : error.message
  return { sqlstate: error.code, routine, text: said.replaceAll(/[\p{C}\s]+/gu, ' ').slice(0, TEXT_CHARACTERS_MAX) }
}

/** From a closed list: what a library or a hostile server words freely is not passed on. */
function brokenBy(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const message = error instanceof Error ? error.message : ''
  if (/timeout/i.test(message) || code === 'ETIMEDOUT') return 'it did not answer in time'
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'the connection was reset'
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return 'nothing listens there'
  if (/^(?:ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(code)) return `it cannot be reached (${code})`
  if (/terminated unexpectedly/.test(message)) return 'it closed the connection without an answer'
  if (/SSL|certificate|TLS|ERR_TLS|SELF_SIGNED/i.test(`${message} ${code}`))
    return 'TLS could not be agreed on or its certificate does not hold'
  return 'it did not speak as a server of PostgreSQL does'
}
