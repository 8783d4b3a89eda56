// NHI2: a job is handed more secrets than it names: all of them at once, or all passed on to somebody else's workflow.
import { isTrue, wordOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'
import { isFirstParty, workflowJobOf } from '../workflow-job.ts'

export const workflowSecretsExposed: Detector = {
  id: 'workflow-secrets-exposed',
  title: 'a workflow hands out every secret at once',
  severityRule: "high: each secret of the repository and organisation is in the job, or in a third party's workflow",
  owasp: ['NHI2:2025', 'NHI5:2025'],
  controls: ['PR.AA-05', 'GV.SC-07'],
  needs: 'workflow files',
  blindSpot:
    'secrets that a script collects by name one by one are not counted; inheriting within the own owners is let pass',
  remediation:
    'Name the secrets that are needed, one by one: in `env` of the step that uses each, or under `secrets:` of the called workflow.',
  *onPrincipal(dossier, estate) {
    const { principal } = dossier
    const job = workflowJobOf(dossier)
    if (job === undefined) return
    const subject = { principalId: principal.id, externalId: principal.externalId }
    if (isTrue(principal.attributes, 'secretsDumped')) {
      yield {
        subject,
        discriminator: 'toJSON',
        severity: 'high',
        severityReasons: ['one step, or one action it runs, can read every secret of the repository'],
        title: `${principal.name} turns all secrets into one value`,
        locations: principal.provenance.slice(0, 1),
        evidence: { how: 'toJSON(secrets)' },
      }
    }
    for (const { relation, attributes, provenance } of dossier.out) {
      const owner = wordOf(attributes, 'owner')
      if (relation !== 'uses' || !isTrue(attributes, 'secretsInherit') || owner === undefined) continue
      if (isFirstParty(owner, estate.settings, job.repositoryOwner)) continue
      const action = wordOf(attributes, 'action') ?? owner
      yield {
        subject,
        discriminator: `inherit ${action.toLowerCase()}`,
        severity: 'high',
        severityReasons: [`every secret that the repository can see is given to ${owner}'s workflow`],
        title: `${principal.name} passes every secret on to ${action}`,
        locations: [provenance],
        evidence: { how: 'secrets: inherit', workflow: action },
      }
    }
  },
}
