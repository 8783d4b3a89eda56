// NHI5: a container of a compose file can take over the host that it runs on.
import type { Detector } from '../detector.ts'
import { placeOf, subjectOf } from '../subject.ts'

export const composeHostControl: Detector = {
  id: 'compose-host-control',
  title: 'a container can take over its host',
  severityRule: 'high',
  owasp: ['NHI5:2025', 'NHI6:2025'],
  controls: ['PR.AA-05', 'PR.PS-01'],
  needs: 'docker-compose files',
  blindSpot:
    'what an override file or `docker run` adds is not seen; a rootless runtime, which softens this, is not known',
  remediation:
    'Take away `privileged`, the runtime socket and the root mount; give the one capability or device that is needed, or put a proxy that allows a few calls in front of the socket.',
  *onPrincipal({ principal, access }) {
    if (principal.nativeType !== 'compose-service') return
    for (const { permission, level, system, provenance } of access.entitlements) {
      if (system !== 'docker-compose' || level !== 'admin') continue
      yield {
        subject: subjectOf(principal),
        discriminator: permission,
        severity: 'high',
        severityReasons: [`${permission}: whoever gets into the container has the host and all that runs on it`],
        title: `compose service ${principal.name} can take over its host (${permission})`,
        locations: [placeOf(provenance)],
        evidence: { permission, image: principal.attributes['image'] ?? null },
      }
    }
  },
}
