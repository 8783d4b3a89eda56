// What an enforcement point that observes would refuse by itself, without a question to anybody: nobody authenticated, no route, a path
// that two programs could read as two. Recorded as the denial that it would be, so that who reads those misses none.
import { levelOfAction, newId } from '#kernel'
import type { DecisionPoint } from '../authzen/index.ts'
import type { Reason } from '../decide/index.ts'
import type { Enforced } from './enforce.ts'
import type { RouteTable } from './route-table.ts'

/** Whatever else a client sends for a method is one more. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/**
 * The resource is the point itself, never the path: that is whatever a client makes up. Resolves once it is recorded; what was decided
 * is recorded already, but for an allowance whose obligation nobody fulfils.
 */
export async function recordWouldDeny(
  { state, now, onDecided }: DecisionPoint,
  table: RouteTable,
  method: string,
  { wouldDeny, decisionId, reason: why }: Enforced,
): Promise<void> {
  if (!wouldDeny || (decisionId !== undefined && why !== 'obligation_unknown')) return
  // the words of an enforcement point stand beside those of decisions
  const reason = why as Reason
  const at = now()
  const action = { name: `http:${METHODS.has(method) ? method : 'other'}` }
  await onDecided?.({
    id: newId('decision'),
    question: {
      subject: { type: '', id: '' },
      action,
      resource: { type: 'route', id: `route://${table.name}` },
      point: table.name,
      enforced: false,
    },
    decision: {
      allowed: false,
      reason,
      // of nobody: it was not asked who it is, and no change of policies would let it pass
      chain: [],
      level: levelOfAction(action.name),
      highRisk: false,
      obligations: [],
      errors: [],
      decidedAt: at,
      expiresAt: at,
      endsAt: at,
      position: state().position,
    },
  })
}
