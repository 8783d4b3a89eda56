// What is asked of the graph: what a principal may do and whom it reaches, each with the way.
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import type { AccessGraph } from './access-graph.ts'
import { NONE } from './columns.ts'
import type { Right } from './covers.ts'
import type { RightRows } from './right-rows.ts'
import { stepsTo, walkFrom } from './walk.ts'
import type { Walked } from './walk.ts'
import type { Step } from './way-rows.ts'
import type { RightWords } from './words.ts'

export interface GraphPage {
  /** The id of the last item before. */
  readonly after?: string
  readonly limit: number
}

export interface At {
  /** Milliseconds since 1970: grants in force then. */
  readonly now: number
  /** Also along what takes more than acting as another. */
  readonly escalations?: boolean
}

export interface EffectiveRight extends Right, RightWords {
  /** Of the entitlement or grant. */
  readonly id: string
  /** Who holds it. */
  readonly principalId: string
  readonly effect: 'allow' | 'deny'
  /** From who was asked for to who holds it; none where they are the same. */
  readonly steps: readonly Step[]
  /** Held without a group, a role or another principal on the way. */
  readonly direct: boolean
  /** Of a grant that has an end. */
  readonly until?: Instant
}

/** Of the principal itself first, then of whom it can act as, the nearest first. */
export function effectiveRights(
  graph: AccessGraph,
  { principalId, ...at }: At & { readonly principalId: string },
  page: GraphPage,
): EffectiveRight[] {
  const start = graph.node(principalId)
  if (start === NONE) return []
  const walked = walkFrom(graph, start, { onlyCertain: false, escalations: at.escalations ?? false })
  return taken(inOrder(graph, walked, at.now), page, ({ rows, row }) => rows.id(row)).map(({ node, rows, row }) =>
    rightOf(graph, rows, row, stepsTo(graph, walked, node)),
  )
}

interface Place {
  readonly node: number
  readonly rows: RightRows
  readonly row: number
}

/** In the order of ids for each holder, so that pages hold together while rows come and go. */
function* inOrder(graph: AccessGraph, walked: Walked, now: number): Generator<Place> {
  for (const node of walked.keys()) {
    const held = [...graph.rowsOf(node, now)].map(([rows, row]) => ({ id: rows.id(row), rows, row }))
    for (const { rows, row } of held.sort((a, b) => (a.id < b.id ? -1 : 1))) yield { node, rows, row }
  }
}

export function rightOf(graph: AccessGraph, rows: RightRows, row: number, steps: readonly Step[]): EffectiveRight {
  const { granted: _granted, ...right } = graph.rights.right(rows.right(row))
  const words = graph.words.of(rows.words(row))
  const until = graph.untilOf(rows, row)
  const principalId = graph.principals.id(rows.holder(row))
  const direct = steps.length === 0 && !words.path.some(isIndirect)
  const more = { steps, direct, ...(until !== undefined && { until: new Date(until).toISOString() as Instant }) }
  return { id: rows.id(row), principalId, ...right, ...words, ...more }
}

/** A policy or binding of its own is no detour; a group is. */
const isIndirect = (part: string): boolean =>
  !/^(?:policy|role|clusterrole|rolebinding|clusterrolebinding) /i.test(part)

export interface Reached {
  /** Of the last step. */
  readonly id: string
  readonly steps: readonly Step[]
}

/** Whom it can come to act as, and to what else; the nearest first. */
export function reach(
  graph: AccessGraph,
  { principalId, escalations = true }: At & { readonly principalId: string },
  page: GraphPage,
): Reached[] {
  const start = graph.node(principalId)
  if (start === NONE) return []
  const follow = { onlyCertain: false, escalations }
  const walked = walkFrom(graph, start, follow)
  return taken(lastSteps(graph, walked), page, (row) => graph.ways.id(row)).map((row) => {
    const before = stepsTo(graph, walked, graph.ways.from(row))
    return { id: graph.ways.id(row), steps: [...before, graph.ways.step(row, graph.principals)] }
  })

  function* lastSteps(of: AccessGraph, reached: Walked): Generator<number> {
    for (const row of reached.values()) if (row !== NONE) yield row
    if (!escalations) return
    for (const node of reached.keys()) for (const row of of.ways.out(node)) if (of.ways.to(row) === NONE) yield row
  }
}

/** Throws Fault('conflict') where what the page goes on after is not there any more. */
export function taken<T>(items: Iterable<T>, { after, limit }: GraphPage, idOf: (item: T) => string): T[] {
  const page: T[] = []
  let begun = after === undefined
  for (const item of items) {
    if (begun && page.push(item) >= limit) return page
    begun ||= idOf(item) === after
  }
  if (!begun) throw new Fault('conflict', 'what the page before ended with is gone; begin again without a cursor')
  return page
}
