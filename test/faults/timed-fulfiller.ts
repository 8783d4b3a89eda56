// What carries grants to a PostgreSQL of a test on a port of its own, as the server wires it for a target.
import type { GrantFulfiller } from '#access/decisions'
import { postgresqlTarget } from '#connectors/postgresql'
import type { TargetCall, TargetSettings } from '#connectors/target'
import { systemClock } from '#kernel'

const PASSWORD = 'only in this test'

export function timedFulfiller(port: number): GrantFulfiller {
  const { timed } = postgresqlTarget
  if (timed === undefined) throw new Error('PostgreSQL has rights for a time')
  const settings: TargetSettings = {
    system: 'postgresql',
    name: 'main',
    address: { host: '127.0.0.1', port },
    database: 'postgres',
    administrator: { user: 'reeve_admin', password: 'file:/administrator' },
    tls: 'off',
    entrances: [],
  }
  const call = (signal: AbortSignal): TargetCall => ({
    settings,
    secretOf: async () => PASSWORD,
    signal,
    clock: systemClock,
  })
  return {
    name: 'postgresql:main',
    reaches: (right) => timed.reaches(settings, right),
    activate: async (grant, signal) => await timed.give(call(signal), grant),
    end: async (grant, signal) => await timed.take(call(signal), grant),
    verify: async (grant, signal) => await timed.see(call(signal), grant),
  }
}
