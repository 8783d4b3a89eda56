// Breadth first along the ways, so that the first path found is a shortest one. Each principal once: cycles end by themselves.
import type { AccessGraph } from './access-graph.ts'
import { NONE } from './columns.ts'
import type { Follow, Step } from './way-rows.ts'

/** Longer paths are not followed. */
export const STEPS_MAX = 10

/** Nodes in the order in which they were reached; with each the way by which, -1 for where it began. */
export type Walked = ReadonlyMap<number, number>

export function walkFrom(graph: AccessGraph, start: number, follow: Follow): Walked {
  const { ways } = graph
  return walk(
    [start],
    (node) => ways.out(node),
    (row) => ways.to(row),
    (row) => ways.isOf(row, follow),
  )
}

/** From where these are reached. */
export function walkBack(graph: AccessGraph, start: Iterable<number>, follow: Follow): Walked {
  const { ways } = graph
  return walk(
    start,
    (node) => ways.into(node),
    (row) => ways.from(row),
    (row) => ways.isOf(row, follow),
  )
}

function walk(
  start: Iterable<number>,
  edges: (node: number) => Iterable<number>,
  other: (row: number) => number,
  follows: (row: number) => boolean,
): Map<number, number> {
  const reached = new Map<number, number>()
  for (const node of start) reached.set(node, NONE)
  let ring = [...reached.keys()]
  for (let steps = 0; steps < STEPS_MAX && ring.length > 0; steps++) {
    const next: number[] = []
    for (const node of ring) {
      for (const row of edges(node)) {
        const to = other(row)
        if (to === NONE || reached.has(to) || !follows(row)) continue
        reached.set(to, row)
        next.push(to)
      }
    }
    ring = next
  }
  return reached
}

/** The steps from where `walkFrom` began to the node. */
export function stepsTo(graph: AccessGraph, walked: Walked, node: number): Step[] {
  const steps: Step[] = []
  for (let row = walked.get(node) ?? NONE; row !== NONE; row = walked.get(graph.ways.from(row)) ?? NONE) {
    steps.push(graph.ways.step(row, graph.principals))
  }
  return steps.reverse()
}

/** The steps from the node to where `walkBack` began, and that node. */
export function stepsFrom(
  graph: AccessGraph,
  walked: Walked,
  node: number,
): { readonly steps: Step[]; readonly end: number } {
  const steps: Step[] = []
  let end = node
  for (let row = walked.get(node) ?? NONE; row !== NONE; row = walked.get(end) ?? NONE) {
    steps.push(graph.ways.step(row, graph.principals))
    end = graph.ways.to(row)
  }
  return { steps, end }
}
