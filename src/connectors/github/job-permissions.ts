// What a job's GITHUB_TOKEN may do: the job's own `permissions`, else the workflow's, else what the repository's
// settings say, which a workflow file cannot tell.
import { githubAction, ref } from '#kernel'
import type { CredentialFact, EntitlementFact, Json, Provenance, Ref } from '#kernel'
import { isRecord, textOf } from '../untrusted-value.ts'

export interface TokenRights {
  readonly source: 'job' | 'workflow' | 'default'
  /** `write-all` and `read-all` as written; a map of scopes otherwise; `default` when nobody says. */
  readonly stated: 'write-all' | 'read-all' | 'default' | Readonly<Record<string, string>>
}

export function tokenRights(job: unknown, workflow: unknown): TokenRights {
  if (job !== undefined) return { source: 'job', stated: stated(job) }
  if (workflow !== undefined) return { source: 'workflow', stated: stated(workflow) }
  return { source: 'default', stated: 'default' }
}

function stated(permissions: unknown): Exclude<TokenRights['stated'], 'default'> {
  const word = textOf(permissions)?.trim()
  if (word === 'write-all' || word === 'read-all') return word
  const scopes: Record<string, string> = {}
  // `permissions:` with nothing behind it takes every right away, as `{}` does
  if (!isRecord(permissions)) return scopes
  for (const [scope, level] of Object.entries(permissions)) {
    if (/^[a-z][a-z-]{0,60}$/.test(scope) && (level === 'read' || level === 'write' || level === 'none'))
      scopes[scope] = level
  }
  return scopes
}

/** Scopes that the token may write to; `['*']` for all of them. `id-token` writes nothing on GitHub and is left out. */
export function writableScopes({ stated: rights }: TokenRights): readonly string[] {
  if (rights === 'write-all') return ['*']
  if (typeof rights === 'string') return []
  return Object.keys(rights)
    .filter((scope) => rights[scope] === 'write' && scope !== 'id-token')
    .sort()
}

/** Whether the job may ask for an OIDC token. A default token never may. */
export function mayIdentifyItself({ stated: rights }: TokenRights): boolean {
  return rights === 'write-all' || (typeof rights !== 'string' && rights['id-token'] === 'write')
}

export const rightsAsJson = ({ stated: rights }: TokenRights): Json => rights

/** The token of one job: made when the job starts, gone when it ends. */
export function tokenCredential(job: Ref, jobId: string, rights: TokenRights, provenance: Provenance): CredentialFact {
  return {
    type: 'credential',
    ref: ref('github', `token/${jobId}`),
    credentialType: 'federated',
    exposure: 'record',
    principal: job,
    name: 'GITHUB_TOKEN',
    attributes: { permissions: rightsAsJson(rights), permissionsSource: rights.source },
    provenance,
  }
}

/** One entitlement for each scope; none when the rights are the repository's default, which stays unknown. */
export function* tokenEntitlements(
  job: Ref,
  rights: TokenRights,
  resource: string,
  provenance: Provenance,
): Generator<EntitlementFact> {
  const base = { type: 'entitlement', principal: job, system: 'github', via: 'GITHUB_TOKEN', provenance } as const
  if (rights.stated === 'default') return
  if (typeof rights.stated === 'string') {
    const level = rights.stated === 'write-all' ? 'write' : 'read'
    yield {
      ...base,
      permission: rights.stated,
      actions: [githubAction('*', level)],
      resources: [resource],
      level,
      reason: `the job's token is given \`${rights.stated}\``,
    }
    return
  }
  for (const [scope, level] of Object.entries(rights.stated)) {
    if (level === 'none') continue
    yield {
      ...base,
      permission: `${scope}: ${level}`,
      actions: [githubAction(scope, level)],
      resources: [resource],
      // what an OIDC token opens is decided by whoever trusts it, not by GitHub
      level: scope === 'id-token' ? 'unknown' : level === 'write' ? 'write' : 'read',
      reason: `the job's token is given \`${scope}: ${level}\``,
    }
  }
}
