// A decision point in this process: follows a server, and answers from memory.
import { DECISION_LIMITS, DecisionLog, evaluate, evaluateAll } from '#access/decisions'
import type { DecisionPoint, DecisionState, EvaluationAnswer, EvaluationsAnswer } from '#access/point'
import { RECORDS_BYTES_MAX, sendRecords } from './send-records.ts'
import { ServerFollower } from './follow-server.ts'

export interface LocalDecisionPointOptions {
  /** `https://reeve.example`, or `http://127.0.0.1:7330`. */
  readonly server: string
  /** Of scope `decide:follow`; asked at each connection, so that a rotated one counts. */
  readonly token: () => Promise<string>
  /** What was last known to be complete longer ago than this decides nothing. */
  readonly staleAfterMs?: number
  /**
   * A folder of its own, where what was decided waits until the server has it. Without it nothing is recorded, and acts of high
   * risk are denied.
   */
  readonly spool?: string
  readonly say?: (event: string) => void
}

export interface LocalDecisionPoint {
  /** Resolves when the whole state is known. Before, every answer is a denial. */
  readonly ready: Promise<void>
  readonly isFresh: () => boolean
  readonly state: () => DecisionState
  /** Milliseconds since 1970, by the clock of the server. */
  readonly now: () => number
  /** Writes it down; for whoever evaluates by themselves. */
  readonly onDecided: NonNullable<DecisionPoint['onDecided']>
  /** A body of AuthZEN's Access Evaluation API. Throws Fault('invalid') that names the field. */
  evaluate(body: Readonly<Record<string, unknown>>): Promise<EvaluationAnswer>
  evaluateAll(body: Readonly<Record<string, unknown>>): Promise<EvaluationsAnswer>
  stop(): Promise<void>
}

/** SECURITY: what needs an entry does not happen without one. */
const unrecorded: LocalDecisionPoint['onDecided'] = ({ question, decision }) =>
  decision.allowed && decision.highRisk && question.enforced !== false ? Promise.resolve(false) : undefined

export async function openDecisionPoint(options: LocalDecisionPointOptions): Promise<LocalDecisionPoint> {
  const { staleAfterMs = DECISION_LIMITS.staleAfterMs, say = () => undefined } = options
  const { server, token, spool } = options
  const log =
    spool === undefined
      ? undefined
      : await DecisionLog.open({
          folder: spool,
          say,
          bytesMax: RECORDS_BYTES_MAX,
          send: async (id, lines) => sendRecords(server, await token(), id, lines),
        })
  const follower = new ServerFollower({ ...options, staleAfterMs, say })
  const point = {
    state: () => follower.state,
    now: follower.now,
    onDecided: log?.onDecided ?? unrecorded,
  }
  return {
    ready: follower.ready,
    isFresh: () => follower.isFresh,
    ...point,
    evaluate: async (body) => await evaluate(point, body),
    evaluateAll: async (body) => await evaluateAll(point, body),
    stop: async () => {
      await log?.close()
      await follower.stop()
    },
  }
}
