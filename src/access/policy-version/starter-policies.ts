// The policies that a new server begins with. They permit nothing by themselves: rights come from grants. They say what no
// grant may do.
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import { sql } from '#db'
import type { AccessLayer } from '../observe/records.ts'
import { activatePolicies, approvePolicies, proposePolicies } from './write-policies.ts'

export const STARTER_POLICIES = `// Nothing is permitted but by a grant, or by a permit that you add.

@id("no-standing-administration")
forbid (principal, action, resource)
when { context.level == "admin" && context.granted == "standing" };

@id("no-cross-environment")
forbid (principal, action, resource)
when {
  context.resource has environment &&
  principal.environment != "unknown" &&
  context.resource.environment != principal.environment
};

@id("no-high-risk-without-owner")
forbid (principal, action, resource)
when { context.level == "admin" && !principal.owned && context.granted != "break_glass" };

@id("agents-read-only-unless-granted")
forbid (principal, action, resource)
when { principal.kind == "ai_agent" && context.level != "read" && context.granted == "no" };

// What may be asked for, and who has to agree: none, manager, owner, approver, two.

@id("ask-to-read") @approval("approver")
permit (principal, action == Action::"reeve:request", resource)
when { context.level == "read" && context.granted != "break_glass" };

@id("ask-to-change") @approval("approver")
permit (principal, action == Action::"reeve:request", resource)
when { ["write", "unknown"].contains(context.level) && context.granted != "break_glass" };

@id("ask-to-administer") @approval("two")
permit (principal, action == Action::"reeve:request", resource)
when { context.level == "admin" && context.granted == "just_in_time" };

@id("ask-in-an-emergency") @approval("none")
permit (principal, action == Action::"reeve:request", resource)
when { context.granted == "break_glass" && principal.kind == "human" };
`

/** Once: where there is any version already, nothing is done. Reeve proposes and approves it as what it ships with. */
export async function installStarterPolicies(access: AccessLayer, act: Act): Promise<boolean> {
  const [any] = await access.db.transaction(
    async (tx) => await tx.query(sql`select from access.policy_version limit 1`),
    { readOnly: true },
  )
  if (any !== undefined) return false
  const proposed = await proposePolicies(access, act, {
    text: STARTER_POLICIES,
    comment: 'what a new server begins with',
    behind: [],
  })
  if (proposed.version === undefined) {
    throw new Fault('unprocessable', `the starter policies: ${proposed.problems[0]?.message ?? 'unknown'}`)
  }
  const { number } = proposed.version.data
  await approvePolicies(access, act, { number, behind: ['reeve'] })
  await activatePolicies(access, act, { number })
  return true
}
