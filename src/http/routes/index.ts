// All endpoints, in the order in which the document lists them. A new one is declared in its resource's file.
import type { AnyEndpoint } from '../endpoint.ts'
import { ACCESS } from './access.ts'
import { ACCESS_REQUEST_TASKS } from './access-request-tasks.ts'
import { ACCESS_REQUESTS } from './access-requests.ts'
import { ALARMS } from './alarms.ts'
import { BREAK_GLASS_USES } from './break-glass.ts'
import { BOOTSTRAP_ROUTES } from './bootstrap.ts'
import { CONNECTIONS } from './connections.ts'
import { CONTAINMENTS } from './containments.ts'
import { CONTROL_ROUTES } from './controls.ts'
import { CREDENTIALS } from './credentials.ts'
import { DECISION_COUNTS } from './decision-counts.ts'
import { ENTRIES } from './entries.ts'
import { EXPLANATIONS } from './explanations.ts'
import { IDENTITY_REQUESTS } from './identity-requests.ts'
import { MATCHES } from './matches.ts'
import { ME } from './me.ts'
import { OCSF_EVENTS } from './ocsf-events.ts'
import { OWNERSHIP } from './ownership.ts'
import { PEOPLE } from './people.ts'
import { PLANS } from './plans.ts'
import { POLICIES } from './policies.ts'
import { POLICY_COMPARISON } from './policy-comparison.ts'
import { PRINCIPAL_FACTS } from './principal-facts.ts'
import { PRINCIPAL_LIFE } from './principal-life.ts'
import { PRINCIPAL_PROOF } from './principal-proof.ts'
import { PRINCIPALS } from './principals.ts'
import { ROLE_ROUTES } from './roles.ts'
import { TARGETS } from './targets.ts'
import { TARGET_LOGINS } from './target-logins.ts'
import { TOKENS } from './tokens.ts'
import { VENDORS } from './vendors.ts'

export const ENDPOINTS: readonly AnyEndpoint[] = [
  ...PRINCIPALS,
  ...PRINCIPAL_FACTS,
  ...PRINCIPAL_LIFE,
  ...PRINCIPAL_PROOF,
  ...OWNERSHIP,
  ...CREDENTIALS,
  ...PEOPLE,
  ...VENDORS,
  ...IDENTITY_REQUESTS,
  ...MATCHES,
  ...ACCESS,
  ...ACCESS_REQUESTS,
  ...ACCESS_REQUEST_TASKS,
  ...BREAK_GLASS_USES,
  ...POLICIES,
  ...DECISION_COUNTS,
  ...POLICY_COMPARISON,
  ...EXPLANATIONS,
  ...CONNECTIONS,
  ...TARGETS,
  ...TARGET_LOGINS,
  ...CONTAINMENTS,
  ...PLANS,
  ...ALARMS,
  ...ENTRIES,
  ...OCSF_EVENTS,
  ...CONTROL_ROUTES,
  ...TOKENS,
  ...ROLE_ROUTES,
  ...BOOTSTRAP_ROUTES,
  ...ME,
]
