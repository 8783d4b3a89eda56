// NHI5: every workflow that states nothing gets a token that may write.
import { isTrue, wordOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'

export const defaultTokenWrite: Detector = {
  id: 'default-token-write',
  title: "workflows' tokens may write by default",
  severityRule: 'high when such a token may also approve pull requests, medium otherwise',
  owasp: ['NHI5:2025'],
  controls: ['PR.AA-05'],
  needs: 'the default workflow permissions of the organisation or repository from the REST API',
  blindSpot:
    'a repository may be stricter or looser than its organisation; each is only judged where its setting was exported',
  remediation:
    'Set the default of GITHUB_TOKEN to read in the Actions settings of the organisation and of each repository, and forbid it to approve pull requests. Jobs that need more state it in `permissions`.',
  *onPrincipal({ principal }) {
    if (principal.system !== 'github' || wordOf(principal.attributes, 'defaultWorkflowPermissions') !== 'write') return
    const approves = isTrue(principal.attributes, 'approvesPullRequests')
    const place = principal.provenance.find(({ object }) => object === 'default workflow permissions')
    yield {
      subject: { principalId: principal.id, externalId: principal.externalId },
      severity: approves ? 'high' : 'medium',
      severityReasons: [
        ...(approves ? ['a workflow may approve the pull request that it made itself'] : []),
        'any job that forgets `permissions` may push code and publish releases',
      ],
      title: `in ${principal.name} the token of every workflow may write by default`,
      locations: place === undefined ? principal.provenance.slice(0, 1) : [place],
      evidence: { default: 'write', approvesPullRequests: approves },
    }
  },
}
