// NHI6: a machine of one's own runs what public repositories send it, pull requests of strangers included.
import { isTrue } from '../attribute.ts'
import type { Detector } from '../detector.ts'

export const runnerSelfHostedPublic: Detector = {
  id: 'runner-self-hosted-public',
  title: 'a self-hosted runner is open to public repositories',
  severityRule: 'high; medium when the runner is thrown away after each job',
  owasp: ['NHI6:2025', 'NHI8:2025'],
  controls: ['PR.IR-01', 'PR.PS-01'],
  needs: 'self-hosted runners with their group, and the runner groups, from the REST API',
  blindSpot:
    'runners without a `runner_group_id` in the export cannot be matched to a group; the network that the machine stands in is not known',
  remediation:
    'Clear "Allow public repositories" on the runner group, or limit the group to named workflows; serve public repositories by GitHub-hosted or single-use runners without access to your network.',
  *onPrincipal({ principal, groups }, estate) {
    if (principal.nativeType !== 'self-hosted-runner') return
    for (const id of groups) {
      const group = estate.dossier(id)?.principal
      if (group === undefined || !isTrue(group.attributes, 'allowsPublicRepositories')) continue
      if (isTrue(group.attributes, 'restrictedToWorkflows')) continue
      const single = isTrue(principal.attributes, 'ephemeral')
      yield {
        subject: { principalId: principal.id, externalId: principal.externalId },
        discriminator: group.externalId,
        severity: single ? 'medium' : 'high',
        severityReasons: [
          `its group ${group.name} takes jobs of public repositories`,
          single
            ? 'the machine is thrown away after each job, but stands in your network while it runs'
            : 'what one job leaves on the machine meets the secrets of the next',
        ],
        title: `the self-hosted runner ${principal.name} takes jobs of public repositories`,
        locations: [...principal.provenance.slice(0, 1), ...group.provenance.slice(0, 1)],
        evidence: { group: group.name, ephemeral: single },
      }
    }
  },
}
