// A target whose primary is lost, with what no standby had heard of, and whose standby takes its place at the same address.
import type { Major, TestPostgres } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { cutOff, startStandby } from '../../src/connectors/postgresql/standby-in-test.ts'
import { planWorld } from './plan-world.ts'
import type { PlanWorld } from './plan-world.ts'

const SETTINGS = { max_connections: '100' }

export interface FailingOver {
  /** Its server is the one that stands at the address. */
  readonly world: PlanWorld
  /** A standby has all that was done by now, and hears of nothing more. */
  readonly standBy: () => Promise<void>
  /** The primary is gone, and the standby in its place. */
  readonly failOver: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function failingOver(major: Major): Promise<FailingOver> {
  const world = await planWorld(major)
  const { proxy } = world
  const standbys: TestPostgres[] = []
  return {
    world,
    standBy: async () => {
      standbys.push(await startStandby(world.postgres, SETTINGS))
      await cutOff(world.postgres)
    },
    failOver: async () => {
      const next = standbys.at(-1)
      if (next === undefined) throw new Error('nothing stands by')
      proxy.refuses = true
      proxy.cut()
      await world.postgres.kill()
      await next.sql('select pg_promote()')
      world.postgres = next
      proxy.target = next.port
      proxy.refuses = false
    },
    close: async () => {
      await world.close()
      for (const one of standbys) await one.stop()
    },
  }
}
