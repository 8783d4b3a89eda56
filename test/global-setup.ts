// Before the whole test run: one PostgreSQL cluster for every test file; after it: gone. See src/db/database-in-test.ts.
import { CLUSTER_VARIABLE, databaseUnavailable, startTestCluster } from '../src/db/database-in-test.ts'

let stop: (() => Promise<void>) | undefined

export async function globalSetup(): Promise<void> {
  if (databaseUnavailable() !== false) return
  const [cluster, stopCluster] = await startTestCluster()
  process.env[CLUSTER_VARIABLE] = JSON.stringify(cluster)
  stop = stopCluster
}

export async function globalTeardown(): Promise<void> {
  await stop?.()
}
