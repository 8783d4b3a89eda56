// A decision point in this process: follows a server, and answers from memory.
import { evaluate, evaluateAll } from '#access/decisions'
import type { DecisionPoint, DecisionState, EvaluationAnswer, EvaluationsAnswer } from '#access/decisions'
import { ServerFollower } from './follow-server.ts'

export interface LocalDecisionPointOptions {
  /** `https://reeve.example`, or `http://127.0.0.1:7330`. */
  readonly server: string
  /** Of scope `decide:follow`; asked at each connection, so that a rotated one counts. */
  readonly token: () => Promise<string>
  /** What was last known to be complete longer ago than this decides nothing. */
  readonly staleAfterMs?: number
  readonly say?: (event: string) => void
}

export interface LocalDecisionPoint {
  /** Resolves when the whole state is known. Before, every answer is a denial. */
  readonly ready: Promise<void>
  readonly isFresh: () => boolean
  readonly state: () => DecisionState
  /** Milliseconds since 1970, by the clock of the server. */
  readonly now: () => number
  /** A body of AuthZEN's Access Evaluation API. Throws Fault('invalid') that names the field. */
  evaluate(body: Readonly<Record<string, unknown>>): Promise<EvaluationAnswer>
  evaluateAll(body: Readonly<Record<string, unknown>>): Promise<EvaluationsAnswer>
  stop(): Promise<void>
}

const STALE_AFTER_MS = 120_000

export function openDecisionPoint(options: LocalDecisionPointOptions): LocalDecisionPoint {
  const { staleAfterMs = STALE_AFTER_MS, say = () => undefined } = options
  const follower = new ServerFollower({ ...options, staleAfterMs, say })
  const point: DecisionPoint = { state: () => follower.state, now: follower.now }
  return {
    ready: follower.ready,
    isFresh: () => follower.isFresh,
    ...point,
    evaluate: async (body) => await evaluate(point, body),
    evaluateAll: async (body) => await evaluateAll(point, body),
    stop: async () => follower.stop(),
  }
}
