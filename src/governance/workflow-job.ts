// A job of a workflow as detectors see it: what its token, its secrets and its triggers put at stake.
import type { Location } from '#kernel'
import { isTrue, recordsOf, wordOf, wordsOf } from './attribute.ts'
import type { Dossier, GovernanceSettings } from './dossier.ts'

export interface WorkflowJob {
  readonly repositoryOwner: string | undefined
  readonly permissions: 'write-all' | 'read-all' | 'default' | 'stated'
  readonly permissionsSource: string
  readonly writes: readonly string[]
  readonly idToken: boolean
  readonly secrets: readonly string[]
  readonly secretsInherit: boolean
  readonly strangerTriggers: readonly string[]
}

/** `undefined` for a principal that is no job, or that is only mentioned. */
export function workflowJobOf({ principal }: Dossier): WorkflowJob | undefined {
  if (principal.nativeType !== 'workflow-job' || principal.mentionedOnly) return undefined
  const { attributes } = principal
  const stated = wordOf(attributes, 'permissions')
  return {
    repositoryOwner: wordOf(attributes, 'repository')?.split('/')[0]?.toLowerCase(),
    permissions: stated === 'write-all' || stated === 'read-all' || stated === 'default' ? stated : 'stated',
    permissionsSource: wordOf(attributes, 'permissionsSource') ?? 'default',
    writes: wordsOf(attributes, 'writes'),
    idToken: isTrue(attributes, 'idToken'),
    secrets: wordsOf(attributes, 'secrets'),
    secretsInherit: isTrue(attributes, 'secretsInherit'),
    strangerTriggers: wordsOf(attributes, 'strangerTriggers'),
  }
}

/**
 * What whoever runs code in the job gains, most telling first. Empty for a job that holds nothing; a token whose rights
 * are the repository's default is `unknown`, and says so by itself.
 */
export function stakesOf(job: WorkflowJob): { readonly certain: readonly string[]; readonly unknown: boolean } {
  const certain: string[] = []
  if (job.writes.length > 0)
    certain.push(
      job.writes.includes('*')
        ? "the job's token may write everything in the repository"
        : `the job's token may write: ${job.writes.join(', ')}`,
    )
  if (job.secretsInherit) certain.push('the job passes on every secret of the repository')
  if (job.secrets.length > 0) certain.push(`the job is given secrets: ${job.secrets.slice(0, 10).join(', ')}`)
  if (job.idToken) certain.push('the job may ask for an OIDC token and so become a cloud identity')
  return { certain, unknown: certain.length === 0 && job.permissions === 'default' }
}

export const UNKNOWN_STAKES = "what the job's token may do is the default of the repository, which no file says"

/** Owners whose actions count as one's own: GitHub's, the settings', and the repository's. */
export function isFirstParty(
  owner: string,
  settings: GovernanceSettings,
  repositoryOwner: string | undefined,
): boolean {
  const name = owner.toLowerCase()
  if (name === 'actions' || name === 'github' || name === repositoryOwner) return true
  return settings.firstPartyOwners.some((own) => own.toLowerCase() === name)
}

/** The job's own place, or a line inside it that the connector noted. */
export function placeInJob({ principal }: Dossier, line: number | undefined): readonly Location[] {
  const place = principal.provenance[0]
  if (place === undefined) return []
  if (line === undefined) return [place]
  return [
    {
      file: place.file,
      startLine: line,
      endLine: line,
      ...(place.commit === undefined ? {} : { commit: place.commit }),
    },
  ]
}

export const injectionsOf = ({ principal }: Dossier): ReturnType<typeof recordsOf> =>
  recordsOf(principal.attributes, 'injections')
