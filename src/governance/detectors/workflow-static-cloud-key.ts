// NHI4: a job logs in to a cloud with a stored key although it could do so with its own short-lived identity.
import { lineOf, recordsOf, wordOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'
import { placeInJob, workflowJobOf } from '../workflow-job.ts'

const CLOUDS: Readonly<Record<string, { name: string; instead: string }>> = {
  aws: {
    name: 'AWS',
    instead:
      'Make an IAM role that trusts token.actions.githubusercontent.com for this repository and branch, set `role-to-assume` and `permissions: id-token: write`',
  },
  azure: {
    name: 'Azure',
    instead:
      'Add a federated credential for this repository and environment to the app registration, and give azure/login `client-id`, `tenant-id` and `subscription-id` with `permissions: id-token: write`',
  },
  gcp: {
    name: 'Google Cloud',
    instead:
      'Make a workload identity provider for this repository, and give google-github-actions/auth `workload_identity_provider` with `permissions: id-token: write`',
  },
}

export const workflowStaticCloudKey: Detector = {
  id: 'workflow-static-cloud-key',
  title: 'a workflow uses a stored cloud key where federation exists',
  severityRule: 'high when the job deploys to production, medium otherwise',
  owasp: ['NHI4:2025', 'NHI6:2025', 'NHI7:2025'],
  controls: ['PR.AA-03', 'PR.AA-01'],
  needs: 'workflow files',
  blindSpot:
    'keys that a script reads under names of its own are not recognised; other clouds than AWS, Azure and Google Cloud are not covered',
  remediation:
    'Let the job exchange its own OIDC token for a role, then delete the key at the cloud and the secret at GitHub.',
  *onPrincipal(dossier) {
    const { principal, classification } = dossier
    if (workflowJobOf(dossier) === undefined) return
    const keys = recordsOf(principal.attributes, 'staticCloudKeys')
    for (const provider of new Set(keys.map((key) => wordOf(key, 'provider') ?? ''))) {
      const cloud = CLOUDS[provider]
      const own = keys.filter((key) => wordOf(key, 'provider') === provider)
      const first = own[0]
      if (cloud === undefined || first === undefined) continue
      const production = classification.environment.value === 'production'
      const secrets = own.flatMap((key) => wordOf(key, 'secret') ?? [])
      yield {
        subject: { principalId: principal.id, externalId: principal.externalId },
        discriminator: provider,
        severity: production ? 'high' : 'medium',
        severityReasons: [
          ...(production ? [classification.environment.reason] : []),
          'a stored key works from anywhere until somebody deletes it',
        ],
        title: `${principal.name} logs in to ${cloud.name} with a stored key (${secrets.join(', ')})`,
        locations: placeInJob(dossier, lineOf(first)),
        evidence: { provider, secrets, inputs: own.flatMap((key) => wordOf(key, 'input') ?? []) },
        remediation: `${cloud.instead}. Then delete the key at ${cloud.name} and the secret at GitHub.`,
      }
    }
  },
}
