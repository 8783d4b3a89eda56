// What a login with a credential came to, at one place. INVARIANT: `refused` is only what the server itself, or a pooler
// speaking for it, said of this login; whatever else happens proves nothing.
import type { TargetAddress } from '#connectors/target'

/** What the prober's process is given, as one line on its standard input. SECURITY: it holds the secret. */
export interface ProbeJob {
  readonly places: readonly TargetAddress[]
  readonly user: string
  readonly secret: string
  readonly database: string
  /** Certificates that may sign the server's; absent where TLS is off. */
  readonly ca?: readonly string[]
  /** One statement that needs the right in question, tried in a transaction that is rolled back. */
  readonly attempt?: string
  readonly milliseconds: number
  /** What the session is called at the server. */
  readonly application: string
  /** Whether a place is answered that asks in clear or as MD5. */
  readonly inClear?: boolean
}

export interface PlaceAnswer {
  readonly place: string
  readonly at: string
  readonly outcome: 'accepted' | 'refused' | 'unproven'
  readonly sqlstate?: string
  /** The target's own words, or why nothing is proved. */
  readonly answer: string
  /** Let in without being asked for a password: then any would have done. */
  readonly unasked?: true
  /** Whom a pooler signed in as at the server, in its place. */
  readonly as?: string
  /** The password was asked for and taken for the right one, whatever came of the login. */
  readonly passed?: true
  /** Who refused the login: the server for what the role is, the server for the password, or a pooler in front. */
  readonly refusedFor?: 'role' | 'password' | 'pooler'
  /** It wanted the password in clear or as MD5, and got none. */
  readonly inClear?: true
}

export interface ProbeAnswer {
  /** Where the prober ran. */
  readonly prober: string
  readonly places: readonly PlaceAnswer[]
}

/** What a server or a pooler answered; `routine` is the server's own and in no language. */
export interface Refusal {
  readonly sqlstate: string
  readonly routine: string | undefined
  readonly text: string
}

type Judged = Omit<PlaceAnswer, 'place' | 'at'>

const NOT_ABOUT_IT: Readonly<Record<string, string>> = {
  '42501': 'the login itself passed; this database is closed to the role, another may not be',
  '3D000': 'the login itself passed; there is no such database',
  '53300': 'no connection was free',
  '57P03': 'the server is starting or stopping',
  '57P01': 'the server ended the connection',
  '55000': 'the login itself passed; this database takes no connections',
}

/** What PgBouncer says of a login, all of it under 08P01 (1.18): these words, and no others, refuse the credential. */
const POOLER_REFUSES = /^(?:SASL|password) authentication failed$/
const POOLER_WITHOUT_SERVER = /^(?:server login (?:failed|has been failing)|query_wait_timeout)/

/** After the password was looked at. */
const LOGIN_PASSED = new Set(['42501', '3D000', '55000'])

/** `asked`: whether the password was asked for before the refusal. A server names the routine that answers, a pooler does not. */
export function judgeLogin({ sqlstate, routine, text }: Refusal, asked: boolean): Judged {
  const refused = (refusedFor: PlaceAnswer['refusedFor']): Judged => ({
    outcome: 'refused',
    sqlstate,
    answer: text,
    ...(refusedFor !== undefined && { refusedFor }),
  })
  const unproven = (why: string): Judged => ({ outcome: 'unproven', sqlstate, answer: `${why} (${text})` })
  const passed = asked && routine !== undefined ? ({ passed: true } as const) : {}
  if (sqlstate === '28P01')
    return asked
      ? refused(routine === undefined ? 'pooler' : 'password')
      : unproven('it refused before it asked for the password')
  if (sqlstate === '28000') {
    // the role is not there or may not log in: true from wherever it is tried, and said to who had the right password
    if (routine === 'InitializeSessionUserId') return { ...refused('role'), ...passed }
    if (routine === 'ClientAuthentication') return unproven('this prober may not connect from where it is')
    // a password that LDAP, PAM or RADIUS was asked about; all else (channel binding) is not about the password
    if (routine === 'auth_failed' && asked) return refused('password')
    return unproven(asked ? 'that is not about the password' : 'it wanted another proof than a password')
  }
  if (sqlstate === '08P01' && routine === undefined) {
    if (POOLER_REFUSES.test(text))
      return asked ? refused('pooler') : unproven('it refused before it asked for the password')
    if (POOLER_WITHOUT_SERVER.test(text)) return unproven('the pooler has no session for it at the server')
  }
  const judged = unproven(NOT_ABOUT_IT[sqlstate] ?? 'that says nothing of the credential')
  return LOGIN_PASSED.has(sqlstate) ? { ...judged, ...passed } : judged
}

/**
 * A pooler that quotes the server's refusal of this login speaks for the server (PgBouncer from 1.19 on: `server login has been
 * failing, cached error: …`). INVARIANT: only the very words that the server itself said to the same prober just now, and only of a
 * password that is nobody's: one that leaked the pooler has taken by then, and under another name of a database it may sign in as
 * somebody else.
 */
export function relayed(places: readonly PlaceAnswer[]): PlaceAnswer[] {
  const [server, ...entrances] = places
  if (server === undefined) return []
  if (server.outcome !== 'refused' || server.answer.length < 12) return [...places]
  const speaksForIt = ({ outcome, sqlstate, answer }: PlaceAnswer): boolean =>
    outcome === 'unproven' && sqlstate === '08P01' && answer.includes(server.answer)
  const { refusedFor = 'pooler' } = server
  const asRefused = (one: PlaceAnswer): PlaceAnswer => ({ ...one, outcome: 'refused', refusedFor })
  return [server, ...entrances.map((one) => (speaksForIt(one) ? asRefused(one) : one))]
}
