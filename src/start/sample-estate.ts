// The sample estate in the roll, for a first look: a connection like any other, made once.
import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection, getRun, listConnections, listRuns, runConnection } from '#connections'
import type { ConnectionsLayer, Run } from '#connections'
import type { Act } from '#kernel'

const NAME = 'sample estate'
const WAIT_MS = 120_000

/** Says in words what became of it. Waits for its first import, within bounds. */
export async function haveSampleEstate(layer: ConnectionsLayer, act: Act, path: string): Promise<string> {
  const { items } = await listConnections(layer, { limit: 200 })
  const known = items.find(({ data }) => data.name === NAME && data.state !== 'removed')
  const id = known?.id ?? (await createConnection(layer, act, { name: NAME, type: 'files', settings: { path } })).id
  const [last] = (await listRuns(layer, { connectionId: id, limit: 1 })).items
  const run = last === undefined || last.state === 'failed' ? await runConnection(layer, act, id) : last
  return inWords(await ended(layer, run))
}

async function ended(layer: ConnectionsLayer, run: Run): Promise<Run> {
  const until = Date.now() + WAIT_MS
  let now = run
  while ((now.state === 'queued' || now.state === 'running') && Date.now() < until) {
    await sleep(200)
    now = await getRun(layer, run.id)
  }
  return now
}

function inWords({ state, counts, failure }: Run): string {
  if (state === 'queued' || state === 'running') return 'the sample estate is still being read'
  if (state === 'failed') return `the sample estate could not be read: ${failure ?? 'see its run'}`
  const count = (kind: string): number => {
    const { created = 0, unchanged = 0, updated = 0 } = (counts[kind] ?? {}) as Readonly<Record<string, number>>
    return created + unchanged + updated
  }
  return `the sample estate is in the roll: ${count('principals')} principals, ${count('credentials')} credentials`
}
