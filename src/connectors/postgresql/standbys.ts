// Standbys of a target: a login that is denied reaches them by the log, what is open there goes on and is seen by nobody who asks
// the primary only. Those that the settings name are asked and acted on, too.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Examined, TargetAddress, TargetCall } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import type { OtherWay } from './other-ways.ts'
import { literal } from './sql-text.ts'
import { spelled, TargetError } from './target-error.ts'

interface Streaming {
  readonly application: string
  /** Null on a Unix socket. */
  readonly address: string | null
}

interface Named {
  readonly isStandby: boolean
  /** Where it was asked, as it sees it itself. */
  readonly address: string | null
  readonly system: string
  /** Null where there is no such role yet, or any more. */
  readonly login: boolean | null
}

const STANDBYS_MAX = 100
const CAUGHT_UP_MS = 1000
const PAUSE_MS = 20

/** The same call, asking a standby. */
export const atStandby = <Call extends TargetCall>(call: Call, address: TargetAddress): Call => ({
  ...call,
  settings: { ...call.settings, address },
})

export const standbysIn = ({ settings }: Pick<TargetCall, 'settings'>): readonly TargetAddress[] =>
  settings.standbys ?? []

/** One that can't be reached is seen by who verifies, and stands in the way of none of the others. */
export async function atEachStandby<Call extends TargetCall>(
  call: Call,
  act: (there: Call) => Promise<void>,
): Promise<void> {
  const acted = standbysIn(call).map(async (place) => {
    try {
      await act(atStandby(call, place))
    } catch (error) {
      if (!(error instanceof TargetError)) throw error
    }
  })
  await Promise.all(acted)
}

/** What was done at the server arrives at a standby by the log, a little later: waits until it has, or for a second. */
export async function untilNone(
  standby: Administrator,
  { signal }: Pick<TargetCall, 'signal'>,
  query: string,
  roles: readonly string[],
): Promise<void> {
  for (const until = Date.now() + CAUGHT_UP_MS; (await standby.rows(query, [roles])).length > 0;)
    if (Date.now() > until) return
    else await sleep(PAUSE_MS, undefined, { signal })
}

export interface AskedEach<T> {
  /** `at` is the standby; absent at the server itself. */
  readonly answers: readonly { readonly at?: string; readonly answer: T }[]
  readonly unasked: readonly { readonly at: string; readonly why: string }[]
}

/** At the server and at each standby that its settings name. A standby that can't be asked keeps nobody from asking the rest. */
export async function askEach<T>(call: TargetCall, ask: (server: Administrator) => Promise<T>): Promise<AskedEach<T>> {
  const session = { for: 'asking' } as const
  const answers: { at?: string; answer: T }[] = [{ answer: await asAdministrator(call, session, ask) }]
  const unasked: { at: string; why: string }[] = []
  for (const place of standbysIn(call)) {
    const at = spelled(place)
    try {
      answers.push({ at, answer: await asAdministrator(atStandby(call, place), session, ask) })
    } catch (error) {
      if (!(error instanceof TargetError)) throw error
      unasked.push({ at, why: error.message })
    }
  }
  return { answers, unasked }
}

/**
 * Those that stream from this server now. Who receives the log and replays nothing of it (an archive) has no sessions; logical
 * replication has a slot of its own kind. What follows a standby, or reads an archive, is not seen here.
 */
export async function streamingFrom(administrator: Administrator): Promise<Streaming[]> {
  return await administrator.rows<Streaming>(
    `select coalesce(nullif(r.application_name, ''), 'a standby') as application, host(r.client_addr) as address
     from pg_stat_replication r
     where r.state is distinct from 'backup' and not (r.state = 'streaming' and r.replay_lsn is null)
       and not exists (select from pg_replication_slots s where s.active_pid = r.pid and s.slot_type = 'logical')
     order by 2, 1 limit ${STANDBYS_MAX}`,
  )
}

export async function isInRecovery(server: Administrator): Promise<boolean> {
  const [row] = await server.rows<{ isStandby: boolean }>('select pg_is_in_recovery() as "isStandby"')
  return row?.isStandby === true
}

const ASKED = `select pg_is_in_recovery() as "isStandby", host(inet_server_addr()) as address,
  (select system_identifier::text from pg_control_system()) as system,
  (select rolcanlogin from pg_roles where rolname = $1) as login`

/** What is not seen of them, and what is not as it has to be. */
export async function standbyWays(
  administrator: Administrator,
  call: TargetCall,
  account: string,
): Promise<{ readonly ways: OtherWay[]; readonly seen: string }> {
  const streaming = await streamingFrom(administrator)
  const [here] = await administrator.rows<Named>(ASKED, [account])
  const ways: OtherWay[] = here?.isStandby === true ? [notThePrimary(spelled(call.settings.address))] : []
  const looked: (string | null)[] = []
  for (const place of standbysIn(call)) {
    const there = await askedAt(atStandby(call, place), account)
    const wrong = typeof there === 'string' ? there : wrongWith(there, here, account)
    if (wrong !== undefined) ways.push(wayAt(spelled(place), wrong))
    if (typeof there !== 'string' && there.isStandby && there.system === here?.system) looked.push(there.address)
  }
  for (const { application, address } of streaming) {
    const at = looked.indexOf(address)
    // each that was looked at answers for one that streams from there
    if (at === -1) ways.push(unseen(application, address, account))
    else looked.splice(at, 1)
  }
  return { ways, seen: `${streaming.length} standbys stream from it, ${standbysIn(call).length} are named` }
}

/** Those that are named can be asked and follow it, and none streams that is not named. */
export async function examineStandbys(administrator: Administrator, call: TargetCall): Promise<Examined> {
  const check = 'each standby is named, and can be asked'
  const { ways, seen } = await standbyWays(administrator, call, call.settings.administrator.user)
  if (ways.length === 0) return { check, outcome: 'ok', detail: seen }
  return { check, outcome: 'missing', detail: ways.map(({ way }) => way).join('; ') }
}

/** Why not, where it can't be asked. */
async function askedAt(call: TargetCall, account: string): Promise<Named | string> {
  try {
    const [there] = await asAdministrator(call, { for: 'asking' }, (standby) => standby.rows<Named>(ASKED, [account]))
    return there ?? 'it did not answer'
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    return error.message
  }
}

function wrongWith(there: Named, here: Named | undefined, account: string): string | undefined {
  if (there.system !== here?.system) return 'it is another system than the target'
  if (!there.isStandby) return 'it is no standby any more'
  // who asks before anything is held asks for nothing to have arrived
  return here.login === false && there.login === true
    ? `${account} may still log in there: it has not caught up`
    : undefined
}

const wayAt = (place: string, wrong: string): OtherWay => ({
  by: 'standby',
  way: `the standby ${place}: ${wrong}`,
  next: `see to the standby ${place}, then run the plan again; where it is gone, take it out of the settings and make the plan again`,
})

export const ITSELF_A_STANDBY = 'the server is itself a standby: what is at its primary is not seen'

const notThePrimary = (place: string): OtherWay => ({
  by: 'standby',
  way: `${place}: ${ITSELF_A_STANDBY}`,
  next: 'point the target at the primary, or promote the server that is to be it; then run the plan again',
})

const unseen = (application: string, address: string | null, account: string): OtherWay => ({
  by: 'standby',
  way: `sessions at the standby ${application} (${address ?? 'a Unix socket'}) are not seen, and go on`,
  next:
    'name it under `standbys` of the target and make the plan again; or there: ' +
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${literal(account)}`,
})
