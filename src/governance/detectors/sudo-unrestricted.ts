// NHI5: an account that no person uses may become root without being asked anything.
import { isAttributes, isTrue, wordOf, wordsOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'
import { placeOf, subjectOf } from '../subject.ts'

export const sudoUnrestricted: Detector = {
  id: 'sudo-unrestricted',
  title: 'an account may run anything as root without a password',
  severityRule: 'high',
  owasp: ['NHI5:2025'],
  controls: ['PR.AA-05'],
  needs: 'sudoers and its drop-ins',
  blindSpot:
    'sudoers does not tell a person from a machine: every single account but root is judged, groups of people are not; rules kept in a directory are not seen',
  remediation:
    'List the commands that the account needs, with their arguments, instead of `ALL`; exclusions by `!` do not hold, since a shell or a copy gets around them.',
  *onPrincipal({ principal, access }) {
    if (principal.system !== 'host' || principal.kind === 'human' || principal.kind === 'group') return
    if (principal.name === 'root' || principal.name === '#0') return
    const found = access.entitlements.filter(({ conditions }) => {
      if (!isAttributes(conditions) || wordOf(conditions, 'tool') !== 'sudo' || isTrue(conditions, 'password'))
        return false
      const runas = wordsOf(conditions, 'runas')
      return wordOf(conditions, 'command') === 'ALL' && (runas.includes('ALL') || runas.includes('root'))
    })
    const [first] = found
    if (first === undefined) return
    const except = found.flatMap(({ conditions }) => (isAttributes(conditions) ? wordsOf(conditions, 'except') : []))
    yield {
      subject: subjectOf(principal),
      severity: 'high',
      severityReasons: [
        'whoever gets into the account is root at once',
        ...(except.length > 0 ? ['the commands that are taken away can be reached by a copy or a shell'] : []),
      ],
      title: `${principal.name} may run anything as root without a password on ${first.resources.join(', ')}`,
      locations: found.map(({ provenance }) => placeOf(provenance)),
      evidence: { rules: found.map(({ permission }) => permission), except },
    }
  },
}
