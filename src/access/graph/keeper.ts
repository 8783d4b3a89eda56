// Keeps the graph of now up to date and builds one of the past when it is asked for. One question at a time.
import type { LayerDatabase } from '#db'
import type { TwoTimes } from '#db/history'
import { AccessGraph } from './access-graph.ts'
import { effectiveRights, reach } from './questions.ts'
import type { EffectiveRight, GraphPage, Reached } from './questions.ts'
import { changedSince, everythingInGraph, positionNow } from './read-graph.ts'
import { whoCan } from './who-can.ts'
import type { WhoCan } from './who-can.ts'

export type GraphQuestion = (
  | { readonly kind: 'rights'; readonly principalId: string; readonly escalations?: boolean }
  | { readonly kind: 'reach'; readonly principalId: string; readonly escalations?: boolean }
  | {
      readonly kind: 'who_can'
      readonly action: string
      readonly resource: string
      readonly escalations?: boolean
      /** Nobody else is told of. */
      readonly among?: readonly string[]
    }
) & {
  readonly page: GraphPage
  /** Milliseconds since 1970; of the past, that moment. */
  readonly now: number
  readonly times?: TwoTimes
}

export interface GraphAnswers {
  readonly rights: EffectiveRight[]
  readonly reach: Reached[]
  readonly who_can: WhoCan[]
}

/** More changes than this are read as a whole anew. */
const CHANGES_MAX = 200_000

export class GraphKeeper {
  readonly #db: LayerDatabase
  #now: { readonly graph: AccessGraph; position: string } | undefined
  /** The last one that was asked for; pages of one question ask for the same. */
  #past: { readonly key: string; readonly graph: AccessGraph } | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(db: LayerDatabase) {
    this.#db = db
  }

  /** From everything that was committed before the call. */
  async ask<K extends keyof GraphAnswers>(question: Extract<GraphQuestion, { kind: K }>): Promise<GraphAnswers[K]>
  async ask(question: GraphQuestion): Promise<GraphAnswers[keyof GraphAnswers]> {
    const turn = this.#turn.then(async () => answer(await this.#graphFor(question.times), question))
    this.#turn = turn.catch(() => undefined)
    return await turn
  }

  async #graphFor(times: TwoTimes | undefined): Promise<AccessGraph> {
    if (times !== undefined) return await this.#pastGraph(times)
    if (this.#now !== undefined && (await this.#catchUp(this.#now))) return this.#now.graph
    const position = await positionNow(this.#db)
    this.#now = { graph: await this.#read(), position }
    return this.#now.graph
  }

  async #catchUp(now: { readonly graph: AccessGraph; position: string }): Promise<boolean> {
    const changed = await changedSince(this.#db, now.position, CHANGES_MAX)
    if (changed === 'anew') return false
    for (const change of changed.changes) now.graph.apply(change)
    now.position = changed.position
    return true
  }

  async #pastGraph(times: TwoTimes): Promise<AccessGraph> {
    const key = `${times.asOf} ${times.asKnownAt}`
    if (this.#past?.key !== key) {
      this.#past = undefined
      this.#past = { key, graph: await this.#read(times) }
    }
    return this.#past.graph
  }

  async #read(times?: TwoTimes): Promise<AccessGraph> {
    const graph = new AccessGraph()
    for await (const change of everythingInGraph(this.#db, times)) graph.apply(change)
    return graph
  }
}

function answer(graph: AccessGraph, question: GraphQuestion): GraphAnswers[keyof GraphAnswers] {
  const { page } = question
  if (question.kind === 'rights') return effectiveRights(graph, question, page)
  if (question.kind === 'reach') return reach(graph, question, page)
  const { among, ...asked } = question
  return whoCan(graph, { ...asked, ...(among !== undefined && { among: new Set(among) }) }, page)
}
