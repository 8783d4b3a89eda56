// Who can do something, by a right of their own or as somebody else, each with a shortest path.
import type { AccessGraph } from './access-graph.ts'
import { together } from './covers.ts'
import type { Covered } from './covers.ts'
import { rightOf, taken } from './questions.ts'
import type { At, EffectiveRight, GraphPage } from './questions.ts'
import type { RightRows } from './right-rows.ts'
import { stepsFrom, walkBack } from './walk.ts'

export interface WhoCan {
  /** Of the principal. */
  readonly id: string
  /** `unknown`: conditions that no source decides stand between. */
  readonly covered: 'yes' | 'unknown'
  readonly right: EffectiveRight
}

/** Everybody who can do it, by a right of their own or as somebody else; the shortest paths first. */
export function whoCan(
  graph: AccessGraph,
  asked: At & {
    readonly action: string
    readonly resource: string
    /** Nobody else is told of. */
    readonly among?: ReadonlySet<string>
  },
  page: GraphPage,
): WhoCan[] {
  const own = holders(graph, asked)
  const escalations = asked.escalations ?? false
  const firm = nodesOf(own, (covered) => covered === 'yes')
  const sure = walkBack(graph, firm, { onlyCertain: true, escalations })
  const maybe = walkBack(
    graph,
    nodesOf(own, () => true),
    { onlyCertain: false, escalations },
  )
  const found = [...maybe.keys()].map((node) => {
    const covered: WhoCan['covered'] = sure.has(node) ? 'yes' : 'unknown'
    const { steps, end } = stepsFrom(graph, covered === 'yes' ? sure : maybe, node)
    return { id: graph.principals.id(node), covered, steps, end }
  })
  const seen = found.filter(({ id }) => asked.among?.has(id) !== false)
  seen.sort((a, b) => a.steps.length - b.steps.length || (a.id < b.id ? -1 : 1))
  return taken(seen, page, ({ id }) => id).map(({ id, covered, steps, end }) => {
    const best = own.get(end)
    if (best === undefined) throw new Error('every path ends at a holder')
    return { id, covered, right: rightOf(graph, best.rows, best.row, steps) }
  })
}

interface Holder {
  readonly covered: Covered
  readonly rows: RightRows
  readonly row: number
}

/** Who covers it by their own rights, denials taken off, with the right that says so by the shortest path. */
function holders(graph: AccessGraph, asked: Parameters<typeof whoCan>[1]): Map<number, Holder> {
  const { action, resource, now } = asked
  const tallies = new Map<number, Tally>()
  for (const right of graph.rights.candidates(action)) {
    const covered = graph.rights.covers(right, action, resource)
    if (covered === 'no') continue
    const { effect, granted } = graph.rights.right(right)
    for (const [rows, row] of graph.holdersOf(right, now)) {
      const node = rows.holder(row)
      const tally = tallies.get(node) ?? { stated: new Set() }
      tallies.set(node, tally)
      if (granted) tally.grant = better(graph, tally.grant, { covered, rows, row })
      else {
        tally.stated.add(`${effect} ${covered}`)
        if (effect === 'allow') tally.right = better(graph, tally.right, { covered, rows, row })
      }
    }
  }
  return concluded(tallies)
}

/** Of one principal. SECURITY: what a system denies does not take away what Reeve grants, nor the other way round. */
interface Tally {
  /** Of what sources show: effect and how far it is covered. */
  readonly stated: Set<string>
  right?: Holder
  grant?: Holder
}

function concluded(tallies: ReadonlyMap<number, Tally>): Map<number, Holder> {
  const own = new Map<number, Holder>()
  for (const [node, { stated, right, grant }] of tallies) {
    const shown = together([...stated].map(parsed))
    // a right that is denied is not told as the one by which they can
    const best = grant === undefined || shown === 'yes' ? right : grant
    const covered = grant === undefined ? shown : 'yes'
    if (covered !== 'no' && best !== undefined) own.set(node, { ...best, covered })
  }
  return own
}

function parsed(word: string): { effect: 'allow' | 'deny'; covered: Covered } {
  const [effect, covered] = word.split(' ') as ['allow' | 'deny', Covered]
  return { effect, covered }
}

function better(graph: AccessGraph, known: Holder | undefined, other: Holder): Holder {
  if (known === undefined) return other
  if (known.covered !== other.covered) return known.covered === 'yes' ? known : other
  const detour = ({ rows, row }: Holder): number => graph.words.of(rows.words(row)).path.length
  return detour(other) < detour(known) ? other : known
}

function nodesOf(own: ReadonlyMap<number, Holder>, take: (covered: Covered) => boolean): number[] {
  return [...own].flatMap(([node, { covered }]) => (take(covered) ? node : []))
}
