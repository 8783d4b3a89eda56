// NHI6: text that anybody can write is pasted into a script of a privileged job.
import { lineOf, wordOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'
import { injectionsOf, placeInJob, stakesOf, UNKNOWN_STAKES, workflowJobOf } from '../workflow-job.ts'

export const workflowScriptInjection: Detector = {
  id: 'workflow-script-injection',
  title: "a stranger's text becomes part of a script",
  severityRule:
    'critical when the job holds secrets, a writing token or an OIDC token; high when the rights of its token are the unknown default; low when it holds nothing',
  owasp: ['NHI6:2025'],
  controls: ['PR.PS-06'],
  needs: 'workflow files',
  blindSpot:
    'fields that travel through outputs of other steps or artefacts are not followed; workflows that strangers cannot set off are left out',
  remediation:
    'Give the field to the step as an environment variable (`env: TITLE: ${{ github.event.issue.title }}`) and use it as "$TITLE"; never write it to $GITHUB_ENV or $GITHUB_PATH.',
  *onPrincipal(dossier) {
    const { principal } = dossier
    const job = workflowJobOf(dossier)
    if (job === undefined) return
    const { certain, unknown } = stakesOf(job)
    const severity = certain.length > 0 ? 'critical' : unknown ? 'high' : 'low'
    const stake = unknown ? [UNKNOWN_STAKES] : certain
    for (const injection of injectionsOf(dossier)) {
      const field = wordOf(injection, 'field') ?? 'an event field'
      const into = wordOf(injection, 'into') ?? 'run'
      const step = wordOf(injection, 'step') ?? ''
      yield {
        subject: { principalId: principal.id, externalId: principal.externalId },
        discriminator: `${step} ${into} ${field}`,
        severity,
        severityReasons: [
          `anybody can set it off by ${job.strangerTriggers.join(', ')}`,
          ...(stake.length > 0 ? stake : ['the job holds nothing, but can poison the caches of the default branch']),
        ],
        title:
          into === 'environment-file'
            ? `${principal.name} lets \`${field}\` set variables or the path of later steps`
            : `${principal.name} pastes \`${field}\` into a script`,
        locations: placeInJob(dossier, lineOf(injection)),
        evidence: { field, into, step, triggers: [...job.strangerTriggers] },
      }
    }
  },
}
