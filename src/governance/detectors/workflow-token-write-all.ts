// NHI5: a workflow asks for every right of the repository's token.
import { wordsOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'
import { workflowJobOf } from '../workflow-job.ts'

export const workflowTokenWriteAll: Detector = {
  id: 'workflow-token-write-all',
  title: 'a workflow gives its token every right',
  severityRule: 'high; critical when a stranger can set the workflow off',
  owasp: ['NHI5:2025', 'NHI6:2025'],
  controls: ['PR.AA-05', 'PR.PS-06'],
  needs: 'workflow files',
  blindSpot:
    'a workflow that states nothing gets the default of the repository or organisation, which may be just as wide',
  remediation:
    'State `permissions: {}` for the workflow, and for each job only the scopes that its steps need (often `contents: read`).',
  *onPrincipal(dossier) {
    const { principal } = dossier
    const job = workflowJobOf(dossier)
    if (job === undefined || job.permissions !== 'write-all') return
    // one line of the workflow gives the rights to several jobs: the first of them stands for all
    const sharing = wordsOf(principal.attributes, 'sharesPermissionsWith')
    if (job.permissionsSource === 'workflow' && !principal.externalId.endsWith(`#${sharing[0] ?? ''}`)) return
    const open = job.strangerTriggers.length > 0
    yield {
      subject: { principalId: principal.id, externalId: principal.externalId },
      severity: open ? 'critical' : 'high',
      severityReasons: [
        ...(open ? [`strangers can set it off by ${job.strangerTriggers.join(', ')}`] : []),
        'any step, and any action it runs, may push code, publish releases and packages and approve deployments',
      ],
      title: `${principal.name} runs with a token that may write everything`,
      locations: dossier.credentials
        .filter(({ name }) => name === 'GITHUB_TOKEN')
        .flatMap(({ sightings }) => sightings.slice(0, 1)),
      evidence: { stated: job.permissionsSource, jobs: sharing.length > 0 ? [...sharing] : [principal.name] },
    }
  },
}
