// Versions of the policies: proposed by one, approved by another, put in force, replaced; each step an entry.
import type { Instant } from '#kernel'
import type { RecordTable } from '#db/history'

export const POLICY_VERSION: RecordTable = { schema: 'access', table: 'policy_version' }

export const POLICY_STATES = ['proposed', 'approved', 'active', 'superseded', 'refused'] as const
export type PolicyState = (typeof POLICY_STATES)[number]

export interface PolicyVersionRecord {
  /** From 1, in the order of proposing. */
  readonly number: number
  readonly state: PolicyState
  /** SHA-256 of text and schema, hex; the text itself stands in `access.policy_text`. */
  readonly textHash: string
  /** SHA-256 of what the text was compiled to, as `hashOfCompiled` makes it; absent in versions of before it was kept. */
  readonly compiledHash?: string
  readonly comment: string
  readonly proposedBy: string
  /** Natural persons who may have proposed it: none of them approves. */
  readonly proposedBehind: readonly string[]
  readonly approvals: readonly { readonly by: string; readonly at: Instant }[]
  readonly activatedAt?: Instant
}
