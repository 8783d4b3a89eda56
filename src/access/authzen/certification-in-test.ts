// The fixture of the certification scenario of the Authorization API 1.0 (openid/authzen), section 2, as records of the
// roll, grants and policies of ours.
import type { DecisionState, PrincipalFacts } from '../decide/index.ts'
import { facts, grant, stateWith } from '../decide/state-in-test.ts'

const person = (name: string, rest: Partial<PrincipalFacts> = {}): PrincipalFacts =>
  facts(name, { kind: 'human', system: 'people', ...rest })

/** Rules 1 to 4 are grants; 5 to 8 are what policies make of properties. */
const POLICIES = `
@id("archived-is-read-only")
forbid (principal, action == Action::"write", resource)
when {
  (context.resource has status && context.resource.status == "archived") ||
  (!(context.resource has status) && resource has status && resource.status == "archived")
}
unless {
  (context.subject has role && context.subject.role == "admin") ||
  (principal.hasTag("role") && principal.getTag("role") == "admin")
};

@id("admins-write-what-is-archived")
permit (principal, action == Action::"write", resource)
when {
  (context.resource has status && context.resource.status == "archived") ||
  (resource has status && resource.status == "archived")
}
when {
  (context.subject has role && context.subject.role == "admin") ||
  (principal.hasTag("role") && principal.getTag("role") == "admin")
};

@id("nothing-is-deleted-for-good")
forbid (principal, action == Action::"delete", resource)
unless { context.action has soft && context.action.soft };
`

export async function certificationState(): Promise<DecisionState> {
  const state = await stateWith(
    [person('alice'), person('bob', { labels: { role: 'admin' } })],
    [
      grant('grt_alice', 'alice', { actions: ['read', 'write', 'delete'], resources: ['record://*'] }),
      grant('grt_bob', 'bob', { actions: ['read'], resources: ['record://*'] }),
    ],
    POLICIES,
  )
  state.putResource({ type: 'record', id: 'record-1', properties: { status: 'active' } })
  state.putResource({ type: 'record', id: 'record-2', properties: { status: 'archived' } })
  return state
}
