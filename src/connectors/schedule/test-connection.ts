// Whether a connection can be read, and what would be read: a short read that writes nothing.
import { readTree } from '#connectors'
import type { ReadResult } from '#connectors'
import { checkInput } from './connection.ts'
import type { ConnectionInput, ConnectionsLayer } from './connection.ts'
import { placeOf } from './place.ts'
import { summariseBlindSpots, summariseProblems } from './problems.ts'
import type { BlindSpotKind, ProblemKind } from './problems.ts'
import { getConnection } from './read-connections.ts'
import { assertReadable, readTarget } from './read-target.ts'
import { readOptionsOf } from './run-files.ts'

const SECONDS = 10
const FILES = 5000

export interface ConnectionTest {
  /** Where it would read, after every link. */
  readonly path: string
  /** False when the test ended before everything was seen; a run goes on to the end. */
  readonly complete: boolean
  readonly files: number
  readonly bytes: number
  /** Facts by type: principal, credential, … */
  readonly found: Readonly<Record<string, number>>
  /** Facts by the connector that read them. */
  readonly readBy: Readonly<Record<string, number>>
  readonly problems: readonly ProblemKind[]
  readonly blindSpots: readonly BlindSpotKind[]
}

/** A connection that is there, or one that is only thought of. Faults: not_found, unprocessable. Writes nothing. */
export async function testConnection(
  layer: ConnectionsLayer,
  of: { readonly id: string } | Omit<ConnectionInput, 'name' | 'schedule'>,
): Promise<ConnectionTest> {
  const input = 'id' in of ? (await getConnection(layer, of.id)).data : of
  checkInput({ ...input, name: 'test' })
  const { type, options = {} } = input
  if (type === 'target') {
    const { path } = input.settings
    await assertReadable(layer, type, input.settings)
    return answerOf(path, await readTarget(layer.targets, path, AbortSignal.timeout(SECONDS * 1000)))
  }
  const place = await placeOf(input.settings.path, layer.places)
  const reading = readOptionsOf({ type, options }, place, layer.reading)
  const read = await readTree(place.path, {
    ...reading,
    history: false,
    limits: { ...reading.limits, seconds: SECONDS, files: FILES },
  })
  return answerOf(place.path, read)
}

function answerOf(path: string, read: ReadResult): ConnectionTest {
  return {
    path,
    complete: !read.stats.partial,
    files: read.stats.files,
    bytes: read.stats.bytes,
    found: countBy(read, ({ type: kind }) => kind),
    readBy: countBy(read, ({ provenance }) => provenance.connector),
    problems: summariseProblems(read.problems),
    blindSpots: summariseBlindSpots(read.blindSpots),
  }
}

function countBy({ facts }: ReadResult, nameOf: (fact: ReadResult['facts'][number]) => string): Record<string, number> {
  const counts = new Map<string, number>()
  for (const fact of facts) counts.set(nameOf(fact), (counts.get(nameOf(fact)) ?? 0) + 1)
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}
