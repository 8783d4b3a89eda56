// NHI4: an agent that serves anybody, or a server that is talked to over a link without TLS.
import { isTrue, wordOf, wordsOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'

export const agentUnauthenticated: Detector = {
  id: 'agent-unauthenticated',
  title: 'an agent or tool server that nobody has to prove anything to',
  severityRule:
    'high for an agent card without any authentication and for secrets sent over plain http; medium for plain http without them',
  owasp: ['NHI4:2025'],
  controls: ['PR.AA-03', 'PR.DS-02'],
  needs: 'A2A agent cards, MCP client configurations',
  blindSpot:
    'a gateway in front of the agent may ask for what the card does not say; remote MCP servers that ask for OAuth at run time look the same as those that do not',
  remediation:
    'Declare `securitySchemes` and `security` in the card and refuse callers without them; reach remote servers by https only.',
  *onPrincipal(dossier) {
    const { principal } = dossier
    const { attributes } = principal
    if (principal.enabled === false || isTrue(attributes, 'localHost')) return
    const subject = { principalId: principal.id, externalId: principal.externalId }
    const locations = principal.provenance.slice(0, 1)
    const host = wordOf(attributes, 'host') ?? null
    if (principal.nativeType === 'a2a-agent' && wordOf(attributes, 'authentication') === 'none') {
      yield {
        subject,
        discriminator: 'card',
        severity: 'high',
        severityReasons: ['the card asks callers for nothing, so anybody who reaches it may use its skills'],
        title: `the agent ${principal.name} asks its callers for no authentication`,
        locations,
        evidence: { host, skills: [...wordsOf(attributes, 'skills')] },
      }
    }
    if (principal.nativeType === 'mcp-server' && wordOf(attributes, 'scheme') === 'http') {
      const secrets = dossier.uses.flatMap((credential) => credential.name ?? [])
      yield {
        subject,
        discriminator: 'link',
        severity: secrets.length > 0 ? 'high' : 'medium',
        severityReasons: [
          ...(secrets.length > 0 ? [`secrets travel in the clear: ${secrets.slice(0, 10).join(', ')}`] : []),
          'whoever is on the way can read the calls and answer in the place of the server',
        ],
        title: `the MCP server ${principal.name} is reached over plain http`,
        locations,
        evidence: { host },
      }
    }
  },
}
