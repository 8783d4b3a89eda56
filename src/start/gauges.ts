// What a server tells of itself in numbers, beside requests: pools, the sequencer's lag, runs, principals.
import { breakGlassByState, unsettledGrants } from '#access/records'
import { runStanding } from '#connections'
import type { ConnectionsLayer } from '#connections'
import type { Database, PoolState } from '#db'
import { logBacklog } from '#evidence'
import type { Gauge } from '#http'
import { principalsByState } from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import type { Clock } from '#kernel'

/** Several gauges of one scrape share an answer; counting the whole roll is worth once a minute. */
const SCRAPE_MS = 1000
const ROLL_MS = 60_000

export interface Watched {
  readonly database: Database
  readonly identity: IdentityLayer
  readonly connections: ConnectionsLayer
  readonly clock: Clock
}

/** Documented in docs/guides/production.md; a name there is a name that somebody's alarms hang on. */
export function gaugesOf({ database, identity, connections, clock }: Watched): readonly Gauge[] {
  const backlog = remembered(SCRAPE_MS, async () => await logBacklog(database.layer('evidence')))
  const runs = remembered(SCRAPE_MS, async () => await runStanding(connections))
  const states = remembered(ROLL_MS, async () => await principalsByState(identity))
  const pool = (name: string, help: string, of: (state: PoolState) => number): Gauge => ({
    name: `reeve_pool_${name}`,
    help,
    label: 'layer',
    read: () => Promise.resolve(Object.fromEntries(database.pools().map((state) => [state.layer, of(state)]))),
  })
  return [
    pool('connections_max', 'connections that the layer may have', ({ max }) => max),
    pool('connections_open', 'connections that the layer has', ({ open }) => open),
    pool('connections_in_use', 'connections in a transaction', ({ inUse }) => inUse),
    pool('waiting', 'transactions that wait for a connection', ({ waiting }) => waiting),
    {
      name: 'reeve_log_entries',
      help: 'entries that have their place in the log',
      read: async () => (await backlog()).size,
    },
    {
      name: 'reeve_log_unplaced_entries',
      help: 'entries that wait for their place in the log',
      read: async () => (await backlog()).unplaced,
    },
    {
      name: 'reeve_log_lag_seconds',
      help: 'age of the oldest entry without a place; 0 where all have theirs',
      read: async () => {
        const { since } = await backlog()
        return since === undefined ? 0 : Math.max(0, (Date.parse(clock()) - Date.parse(since)) / 1000)
      },
    },
    {
      name: 'reeve_runs_open',
      help: 'runs of connections that have not ended',
      label: 'state',
      read: async () => (await runs()).open,
    },
    {
      name: 'reeve_connections',
      help: 'connections by the state of their newest run',
      label: 'newest_run',
      read: async () => (await runs()).newest,
    },
    {
      name: 'reeve_grants_unsettled',
      help: 'grants whose target was not told yet, or not seen to have done what it was told',
      label: 'state',
      read: async () => await unsettledGrants(database.layer('access')),
    },
    {
      name: 'reeve_break_glass_uses',
      help: 'uses of break-glass, by whether another person has reviewed them',
      label: 'state',
      read: async () => await breakGlassByState(database.layer('access')),
    },
    { name: 'reeve_principals', help: 'principals by state, counted once a minute', label: 'state', read: states },
  ]
}

/** The answer is good for a while; a failure is not kept. Asked twice at once, it reads once. */
function remembered<T>(forMs: number, read: () => Promise<T>): () => Promise<T> {
  let until = 0
  let answer: Promise<T> | undefined
  return async () => {
    if (answer !== undefined && performance.now() < until) return await answer
    const asked = read()
    answer = asked
    until = performance.now() + forMs
    try {
      return await asked
    } catch (error) {
      if (answer === asked) answer = undefined
      throw error
    }
  }
}
