// NHI6: a trigger that runs with the repository's own rights checks out the code of a stranger's pull request.
import { isTrue, lineOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'
import { placeInJob, stakesOf, UNKNOWN_STAKES, workflowJobOf } from '../workflow-job.ts'

export const workflowPullRequestTarget: Detector = {
  id: 'workflow-pull-request-target',
  title: "a stranger's code runs with the repository's rights",
  severityRule:
    'critical when the job holds secrets, a writing token or an OIDC token; high when the rights of its token are the unknown default',
  owasp: ['NHI6:2025', 'NHI2:2025'],
  controls: ['PR.PS-06', 'PR.AA-05'],
  needs: 'workflow files',
  blindSpot:
    'an approval that a protected environment or a label asks for is not seen, nor is a checkout hidden in a script of the repository',
  remediation:
    'Build pull requests under `pull_request`, which has no secrets; do what needs rights in a second workflow that only reads the results. Where the head must be checked out, let the job run only for the own repository (`github.event.pull_request.head.repo.full_name == github.repository`).',
  *onPrincipal(dossier) {
    const { principal } = dossier
    const job = workflowJobOf(dossier)
    if (job === undefined || !isTrue(principal.attributes, 'checksOutPullRequestHead')) return
    const { certain, unknown } = stakesOf(job)
    if (certain.length === 0 && !unknown) return
    yield {
      subject: { principalId: principal.id, externalId: principal.externalId },
      severity: unknown ? 'high' : 'critical',
      severityReasons: [
        `whoever opens a pull request decides what runs on ${job.strangerTriggers.join(', ')}`,
        ...(unknown ? [UNKNOWN_STAKES] : certain),
      ],
      title: `${principal.name} checks out the code of pull requests while it holds the rights of the repository`,
      locations: placeInJob(dossier, lineOf(principal.attributes, 'checkoutLine')),
      evidence: { triggers: [...job.strangerTriggers], secrets: [...job.secrets], writes: [...job.writes] },
    }
  },
}
