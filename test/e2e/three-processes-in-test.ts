// A server and two decision points of it as processes: one asked over a Unix socket, the other over TCP with a token.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { environmentOf, estate, until } from './decision-estate-in-test.ts'
import type { DecisionEstate } from './decision-estate-in-test.ts'
import { decidedAt, startPoint } from './point-in-test.ts'
import type { Asked, PointProcess } from './point-in-test.ts'
import { startServer } from './server-in-test.ts'
import type { ServerInTest } from './server-in-test.ts'

const CALLER = 'c'.repeat(40)

/** Asks one process; answers the reason. */
type Asking = (name: string, asked?: Asked) => Promise<string>

export interface ThreeProcesses {
  readonly base: TestDatabase
  readonly server: ServerInTest
  readonly world: DecisionEstate
  readonly points: readonly PointProcess[]
  /** The server first. */
  readonly three: readonly Asking[]
  /** Until all three give this reason; how long that took each, in milliseconds from `since`. */
  readonly all: (name: string, reason: string, limitMs: number, asked?: Asked, since?: number) => Promise<number[]>
  /** Fails where a point did not end well. */
  readonly end: () => Promise<void>
}

export async function threeProcesses(staleAfter = '4s'): Promise<ThreeProcesses> {
  const base = await testDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'reeve-points-'))
  const server = await startServer({ dataDirectory: join(folder, 'data'), env: environmentOf(base) })
  const world = await estate(base, join(folder, 'data', 'keys'))
  const token = join(folder, 'pdp.token')
  const caller = join(folder, 'caller.token')
  await writeFile(token, await world.clientToken('sidecar', ['decide:follow']), { mode: 0o600 })
  await writeFile(caller, CALLER, { mode: 0o600 })
  const always = ['--server', server.url, '--token-file', token, '--stale-after', staleAfter]
  const points = await Promise.all([
    startPoint([...always, '--listen', `unix:${join(folder, 'pdp.sock')}`, '--spool', join(folder, 'spool')]),
    startPoint([...always, '--listen', '127.0.0.1:0', '--caller-token-file', caller]),
  ])
  const asking =
    (address: string, bearer?: string): Asking =>
    async (name, asked) =>
      (await decidedAt(address, name, bearer, asked)).reason
  const three = [
    asking(server.url, world.pdpToken),
    asking(points[0]?.address ?? ''),
    asking(points[1]?.address ?? '', CALLER),
  ]
  const all: ThreeProcesses['all'] = async (name, reason, limitMs, asked, since = performance.now()) =>
    await Promise.all(
      three.map(async (ask) => await until(async () => (await ask(name, asked)) === reason, limitMs, since)),
    )
  const end = async (): Promise<void> => {
    const codes = await Promise.all(points.map(async (point) => await point.stop()))
    await server.kill()
    await base.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    assert.deepEqual(codes, [0, 0])
  }
  return { base, server, world, points, three, all, end }
}
