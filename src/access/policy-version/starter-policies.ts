// Puts the starter policies in force on a new server.
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import { sql } from '#db'
import type { AccessLayer } from '../observe/records.ts'
import { STARTER_POLICIES } from './starter-text.ts'
import { activatePolicies, approvePolicies, proposePolicies } from './write-policies.ts'

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
