// NHI5: an agent is given a whole home or file system, the container engine, or a shell that asks nobody.
import { isAttributes, isTrue, wordOf, wordsOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'
import type { Dossier } from '../dossier.ts'
import type { FindingDraft } from '../finding.ts'

export const agentBroadReach: Detector = {
  id: 'agent-broad-reach',
  title: 'an agent reaches everything on the machine',
  severityRule: 'critical for a shell that runs unasked, high for the container engine or a whole home or file system',
  owasp: ['NHI5:2025'],
  controls: ['PR.AA-05', 'PR.PS-01'],
  needs: 'MCP client configurations',
  blindSpot:
    'what a server may do beyond its arguments (a sandbox around it, limits in its own configuration) is not seen',
  remediation:
    'Give the server the one folder that the task needs, read-only where it can be; take tools that run commands off the list of those that need no approval.',
  *onPrincipal(dossier) {
    const { principal } = dossier
    if (principal.nativeType !== 'mcp-server' || principal.enabled === false) return
    const { attributes } = principal
    const broad = attributes['broadFiles']
    if (isAttributes(broad)) {
      const what = wordOf(broad, 'what') ?? 'home'
      const path = wordOf(broad, 'path') ?? ''
      yield draft(dossier, 'files', 'high', `is given a whole ${what} (\`${path}\`)`, [
        'keys, tokens and history of everything else on the machine lie there',
      ])
    }
    if (isTrue(attributes, 'containerEngine')) {
      yield draft(dossier, 'container', 'high', 'controls the container engine', [
        'whoever controls the engine is root on its host',
      ])
    }
    const approved = wordsOf(attributes, 'autoApprove')
    if (isTrue(attributes, 'shell') && approved.length > 0) {
      yield draft(dossier, 'shell', 'critical', 'runs commands without asking', [
        `tools that run unasked: ${approved.slice(0, 10).join(', ')}`,
        'a page or a file that the agent reads can tell it what to run',
      ])
    }
  },
}

function draft(
  { principal }: Dossier,
  discriminator: string,
  severity: FindingDraft['severity'],
  what: string,
  reasons: readonly string[],
): FindingDraft {
  return {
    subject: { principalId: principal.id, externalId: principal.externalId },
    discriminator,
    severity,
    severityReasons: reasons,
    title: `the MCP server ${principal.name} ${what}`,
    locations: principal.provenance.slice(0, 1),
    evidence: {
      files: [...wordsOf(principal.attributes, 'files')],
      autoApprove: [...wordsOf(principal.attributes, 'autoApprove')],
    },
  }
}
