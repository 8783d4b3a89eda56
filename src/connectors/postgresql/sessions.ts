// Who is signed in as a role now. What a session became by SET ROLE is not in `pg_stat_activity`: it stands there as who it
// signed in as.
import { parseInstant } from '#kernel'
import type { Instant } from '#kernel'
import type { TargetCall, TargetSession } from '#connectors/target'
import type { Administrator } from './administrator.ts'
import { askEach } from './standbys.ts'

const SESSIONS_MAX = 1000
const TEXT_CHARACTERS_MAX = 100

export interface Session extends TargetSession {
  readonly pid: number
  /** The standby where it is; absent at the server itself. */
  readonly at?: string
  /** `client backend`, `walsender`, `logical replication apply worker`, … */
  readonly kind: string
}

interface Row {
  readonly pid: number
  readonly application: string | null
  readonly from: string | null
  readonly database: string | null
  readonly started: string | null
  readonly state: string | null
  readonly kind: string | null
}

/**
 * The oldest first; at most a thousand, since nothing is concluded from a list that was cut but that it is not empty. By `oid`,
 * where it is known: what is open of a role that was dropped, or renamed, has that and no name, or another.
 */
export async function sessionsOf(administrator: Administrator, account: string, oid?: string): Promise<Session[]> {
  const rows = await administrator.rows<Row>(
    `select pid, left(application_name, ${TEXT_CHARACTERS_MAX}) as application,
       coalesce(host(client_addr), case when client_port = -1 then 'a Unix socket' end) as from, datname as database,
       to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as started, state, backend_type as kind
     from pg_stat_activity where ${oid === undefined ? 'usename = $1::text' : 'usesysid = $1::oid'}
     order by backend_start, pid limit ${SESSIONS_MAX}`,
    [oid ?? account],
  )
  return rows.map((row) => ({
    pid: row.pid,
    application: row.application ?? '',
    from: row.from ?? 'unknown',
    database: row.database ?? '',
    startedAt: parseInstant(row.started) ?? ('1970-01-01T00:00:00.000Z' as Instant),
    state: row.state ?? 'unknown',
    kind: row.kind ?? 'unknown',
  }))
}

export interface Everywhere {
  readonly sessions: readonly Session[]
  /** Standbys that could not be asked, and why. */
  readonly unasked: readonly string[]
}

/** At the server and at each standby that its settings name. */
export async function sessionsEverywhere(
  call: TargetCall,
  { account, oid }: { readonly account: string; readonly oid?: string | undefined },
): Promise<Everywhere> {
  const { answers, unasked } = await askEach(call, async (server) => await sessionsOf(server, account, oid))
  return {
    sessions: answers.flatMap(({ at, answer }) =>
      at === undefined
        ? answer
        : answer.map((one) => Object.assign(one, { database: `${one.database} at the standby ${at}`, at })),
    ),
    unasked: unasked.map(({ at, why }) => `sessions at the standby ${at}: ${why}`),
  }
}

/** In words, by where they come from: `3 sessions of billing-app from 10.0.0.7 on shop`. */
export function described(sessions: readonly Session[]): string[] {
  const groups = Map.groupBy(sessions, ({ application, from, database }) =>
    [application === '' ? 'no named application' : application, from, database].join('\0'),
  )
  return [...groups].map(([key, group]) => {
    const [application, from, database] = key.split('\0')
    const count = group.length === 1 ? '1 session' : `${group.length} sessions`
    return `${count} of ${application} from ${from} on ${database}`
  })
}
