// NHI3: a third party's identity holds high privilege.
import type { System } from '#kernel'
import type { Detector } from '../detector.ts'
import { definitionOf, isPrivileged, subjectOf } from '../subject.ts'

/** Their apps, servers and agents have rules that know what each kind of right means there. */
const JUDGED_ELSEWHERE: ReadonlySet<System> = new Set(['entra', 'github', 'mcp', 'a2a'])

export const vendorPrivileged: Detector = {
  id: 'vendor-privileged',
  title: "a third party's identity holds high privilege",
  severityRule: 'medium; high for privilege tier admin',
  owasp: ['NHI3:2025', 'NHI5:2025'],
  controls: ['GV.SC-07', 'GV.SC-10', 'PR.AA-05'],
  needs: 'an input that says which third party runs the identity, and its rights',
  blindSpot:
    'a vendor that the inputs do not name is not seen; apps of Entra and GitHub and servers of agents have rules of their own',
  remediation:
    'Cut its rights to what the contract needs, keep the contract’s end and a contact with the record, and practise switching it off in one act.',
  *onPrincipal({ principal, access }) {
    const { vendor, system, enabled, kind } = principal
    if (vendor === undefined || JUDGED_ELSEWHERE.has(system) || enabled === false || kind === 'group') return
    // AWS's own service-linked roles
    if (vendor === 'AWS') return
    if (!isPrivileged(access.tier)) return
    yield {
      subject: subjectOf(principal),
      severity: access.tier === 'admin' ? 'high' : 'medium',
      severityReasons: [`privilege tier ${access.tier}`, `it is run by ${vendor}`, ...access.reasons.slice(0, 2)],
      title: `${vendor} holds privilege tier ${access.tier} through ${principal.nativeType} ${principal.name}`,
      locations: definitionOf(principal),
      evidence: { vendor, tier: access.tier, because: access.reasons.slice(0, 5) },
    }
  },
}
