// The graph of access: building it, what an edge weighs, and its questions, beside maps of sets over the same records.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { AccessGraph } from '../src/access/graph/access-graph.ts'
import { reach } from '../src/access/graph/questions.ts'
import type { GraphChange } from '../src/access/graph/records.ts'
import { whoCan } from '../src/access/graph/who-can.ts'
import { against, median, rounded, type Bench, type Figure } from './figure.ts'
import { asked, estate, someone } from './graph-estate.ts'
import { MapsOfSets } from './graph-peer.ts'

const PEER = 'maps of sets'
const PRINCIPALS = 100_000
const ENTITLEMENTS = 1_000_000

export const graph: Bench = {
  name: 'graph',
  about: 'who can do what among a million entitlements, beside maps of sets',
  defaultScale: 0.1,
  async *run({ scale, say }) {
    const [principals, entitlements] = [Math.round(PRINCIPALS * scale), Math.round(ENTITLEMENTS * scale)]
    const figure = (name: string, rest: Omit<Figure, 'bench' | 'figure' | 'scale'>): Figure => ({
      bench: 'graph',
      figure: name,
      scale,
      ...rest,
    })
    say(`${principals} principals, ${entitlements} entitlements`)
    const ours = measured(new AccessGraph(), estate(principals, entitlements))
    const peer = measured(new MapsOfSets(), estate(principals, entitlements))
    const edges = ours.built.edges
    yield figure('build', { ...against(PEER, ours.ms, peer.ms, 'less'), unit: 'ms' })
    yield figure('memory', {
      ...against(PEER, ours.bytes / edges, peer.bytes / edges, 'less'),
      unit: 'bytes an edge',
      note: `${edges} edges, ${ours.built.rights.size} distinct rights`,
    })
    yield figure('who can', { ...compared(ours.built, peer.built), unit: 'ms' })
    yield figure('reach', { ...reached(ours.built, peer.built, principals), unit: 'ms' })
    const changes = [...estate(principals, Math.min(20_000, entitlements), 1)].filter((change) => 'put' in change)
    yield figure('one change', {
      ...against(PEER, perChange(ours.built, changes), perChange(peer.built, changes), 'less'),
      unit: 'µs',
    })
  },
}

interface Applies {
  apply(change: GraphChange): void
}

function measured<T extends Applies>(
  built: T,
  changes: Iterable<GraphChange>,
): { built: T; ms: number; bytes: number } {
  const before = memory()
  let ms = 0
  let batch: GraphChange[] = []
  // the records themselves are made outside of the time
  const put = (): void => {
    const start = performance.now()
    for (const change of batch) built.apply(change)
    ms += performance.now() - start
    batch = []
  }
  for (const change of changes) if (batch.push(change) >= 10_000) put()
  put()
  return { built, ms, bytes: memory() - before }
}

function memory(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const ALL = { limit: 10_000_000 }

/** Throws where the answers differ. */
function compared(ours: AccessGraph, peer: MapsOfSets): ReturnType<typeof against> {
  const [mine, theirs]: [number[], number[]] = [[], []]
  for (const question of asked()) {
    const found = timed(mine, () => whoCan(ours, { ...question, now: 0 }, ALL))
    const other = timed(theirs, () => peer.whoCan(question.action, question.resource))
    const same = found.length === other.size && found.every(({ id, covered }) => other.get(id) === covered)
    if (!same) throw new Error(`the answers differ: ${JSON.stringify(question)}, ${found.length} and ${other.size}`)
  }
  return against(PEER, median(mine), median(theirs), 'less')
}

function reached(ours: AccessGraph, peer: MapsOfSets, principals: number): ReturnType<typeof against> {
  const [mine, theirs]: [number[], number[]] = [[], []]
  for (let number = 0; number < 500; number++) {
    const principalId = someone(principals, number)
    const found = timed(mine, () => reach(ours, { principalId, now: 0 }, ALL))
    const other = timed(theirs, () => peer.reach(principalId))
    if (found.length !== other.size) throw new Error(`the answers differ: ${found.length} and ${other.size}`)
  }
  return against(PEER, median(mine), median(theirs), 'less')
}

function timed<T>(times: number[], work: () => T): T {
  const start = performance.now()
  const answer = work()
  times.push(performance.now() - start)
  return answer
}

function perChange(built: Applies, changes: readonly GraphChange[]): number {
  const start = performance.now()
  for (const change of changes) built.apply(change)
  return rounded(((performance.now() - start) * 1000) / changes.length)
}
