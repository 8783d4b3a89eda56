// The rights of a principal as its policies state them: one entitlement per policy statement that reaches it.
import { awsAction, deriveId } from '#kernel'
import type { Json, Provenance } from '#kernel'
import type { Entitlement } from '../../entitlement.ts'
import { summariseActions } from './action-summary.ts'
import type { AwsPrincipal } from './estate.ts'
import type { Statement } from './policy.ts'

/** A right outside the permission boundary is stated too: the boundary stands in its conditions. */
export function entitlementsOf(principal: AwsPrincipal): Entitlement[] {
  const list: Entitlement[] = []
  for (const { policy, path } of principal.set.holdings) {
    for (const statement of policy.statements) {
      const conditions = conditionsOf(principal, statement)
      list.push({
        id: deriveId('entitlement', principal.id, policy.ref, String(statement.index), ...path),
        principalId: principal.id,
        system: 'aws',
        permission: `${policy.name}${statement.sid === undefined ? '' : `/${statement.sid}`}`,
        effect: statement.effect,
        actions: statement.notAction ? ['aws:*'] : statement.actions.map(({ text }) => awsAction(text)),
        resources: statement.notResource ? ['*'] : statement.resources.map(({ text }) => text),
        level: levelOf(statement),
        ...(conditions === undefined ? {} : { conditions }),
        path: [...path.map((group) => `group ${group}`), `policy ${policy.name}`],
        provenance: policy.provenance ?? placeOf(principal),
      })
    }
  }
  return list
}

/** A known AWS-managed policy has no place of its own: the principal's stands for it. */
function placeOf(principal: AwsPrincipal): Provenance {
  return principal.principal.provenance[0] ?? { connector: 'aws', file: '' }
}

function conditionsOf(principal: AwsPrincipal, statement: Statement): Json | undefined {
  const parts: Record<string, Json> = {}
  if (statement.conditionBlock !== undefined) parts['Condition'] = statement.conditionBlock
  if (statement.notAction) parts['NotAction'] = statement.actions.map(({ text }) => text)
  if (statement.notResource) parts['NotResource'] = statement.resources.map(({ text }) => text)
  if (principal.boundaryArn !== undefined && statement.effect === 'allow')
    parts['PermissionsBoundary'] = principal.boundaryArn
  return Object.keys(parts).length === 0 ? undefined : parts
}

function levelOf(statement: Statement): Entitlement['level'] {
  const { byKind, wholeServices, nearlyAll, unknown } = summariseActions(statement)
  const everywhere = statement.notResource || statement.resources.some((pattern) => pattern.matchesAll)
  if ((nearlyAll || wholeServices.includes('iam')) && everywhere) return 'admin'
  const writes =
    byKind['iam-write'].length + byKind['guard-write'].length + byKind['data-write'].length + byKind.write.length
  if (writes > 0) return 'write'
  const reads =
    byKind['secret-read'].length + byKind['data-read'].length + byKind['parameter-read'].length + byKind.read.length
  return reads > 0 && unknown.length === 0 ? 'read' : 'unknown'
}
