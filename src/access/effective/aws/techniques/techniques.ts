// The one table of privilege-escalation techniques, and the actions that it is about.
import { IAM_TECHNIQUES } from './iam.ts'
import { PASS_ROLE_TECHNIQUES } from './pass-role.ts'
import { REWRITE_TECHNIQUES } from './rewrite.ts'
import { RUNNING_TECHNIQUES } from './running.ts'
import type { Technique } from './technique.ts'

export const TECHNIQUES: readonly Technique[] = [
  ...IAM_TECHNIQUES,
  ...REWRITE_TECHNIQUES,
  ...PASS_ROLE_TECHNIQUES,
  ...RUNNING_TECHNIQUES,
]

/** Lower case. */
export const TECHNIQUE_ACTIONS: ReadonlySet<string> = new Set(
  TECHNIQUES.flatMap((technique) => technique.steps.map(([action]) => action.toLowerCase())),
)
