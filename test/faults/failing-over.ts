// A target whose primary is lost, with what no standby had heard of, and whose standby takes its place at the same address.
import { cutOff, startStandby } from '../../src/connectors/postgresql/standby-in-test.ts'
import type { TestPostgres } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { planWorld } from './plan-world.ts'
import type { Major } from '../../src/connectors/postgresql/postgres-in-test.ts'
import type { PlanWorld } from './plan-world.ts'

const SETTINGS = { max_connections: '100' }

export interface FailingOver {
  /** Its server is always the one that stands at the address. */
  readonly world: PlanWorld
  /** A standby has all that was done by now, and hears of nothing more. */
  readonly standBy: () => Promise<void>
  /** The primary is gone, and the standby in its place. */
  readonly failOver: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function failingOver(major: Major): Promise<FailingOver> {
  const made = await planWorld(major)
  let [primary, standby]: [TestPostgres, TestPostgres | undefined] = [made.postgres, undefined]
  const promoted: TestPostgres[] = []
  const { proxy } = made
  return {
    world: {
      ...made,
      get postgres() {
        return primary
      },
    },
    standBy: async () => {
      standby = await startStandby(primary, SETTINGS)
      await cutOff(primary)
    },
    failOver: async () => {
      if (standby === undefined) throw new Error('nothing stands by')
      proxy.refuses = true
      proxy.cut()
      await primary.kill()
      await standby.sql('select pg_promote()')
      promoted.push(standby)
      primary = standby
      proxy.target = primary.port
      proxy.refuses = false
    },
    close: async () => {
      await made.close()
      for (const one of promoted) await one.stop()
    },
  }
}
