// Settings that an organisation's exports state: what tokens get by default, and how deployments are guarded.
import { ref } from '#kernel'
import type { Json, Observation } from '#kernel'
import { instantIn, isRecord, listOf, member, optional, textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { at, loginOf, scopeMention } from './export-item.ts'
import type { ExportItem } from './export-item.ts'

export const isTokenDefault = (record: UntrustedRecord): boolean =>
  ['read', 'write'].includes(textIn(record, 'default_workflow_permissions') ?? '')

/** What the token of a job without `permissions` may do; it belongs to the organisation or repository. */
export function* readTokenDefault(item: ExportItem): Generator<Observation> {
  const { record } = item
  const attributes: Record<string, Json> = {
    defaultWorkflowPermissions: textIn(record, 'default_workflow_permissions') ?? '',
    approvesPullRequests: member(record, 'can_approve_pull_request_reviews') === true,
  }
  const provenance = at(item, 'default workflow permissions', 'default_workflow_permissions')
  yield { ...scopeMention(item, provenance), attributes }
}

export const isEnvironment = (record: UntrustedRecord): boolean =>
  textIn(record, 'name') !== undefined && Array.isArray(member(record, 'protection_rules'))

export function* readEnvironment(item: ExportItem): Generator<Observation> {
  const { record, scope } = item
  const name = textIn(record, 'name') ?? ''
  const rules = listOf(member(record, 'protection_rules')).filter(isRecord)
  const reviewers = rules.flatMap((rule) => listOf(member(rule, 'reviewers')).filter(isRecord)).flatMap(reviewerName)
  const branches = member(record, 'deployment_branch_policy')
  const branchRule = !isRecord(branches)
    ? 'any branch'
    : member(branches, 'protected_branches') === true
      ? 'protected branches'
      : 'named branches'
  yield {
    type: 'resource',
    ref: ref('github', `environment/${name}`, scope === '' ? item.file.path : scope),
    resourceType: 'github-environment',
    name,
    environment: { value: name, reason: 'the name of the deployment environment' },
    attributes: {
      ...optional('repository', scope === '' ? undefined : scope),
      protectionRules: rules.flatMap((rule) => textIn(rule, 'type') ?? []),
      reviewers,
      preventsSelfReview: rules.some((rule) => member(rule, 'prevent_self_review') === true),
      branches: branchRule,
      ...optional('createdAt', instantIn(record, 'created_at')),
    },
    provenance: at(item, `environment ${name}`),
  }
}

function reviewerName(entry: UntrustedRecord): string[] {
  const reviewer = member(entry, 'reviewer')
  const name = loginOf(reviewer) ?? (isRecord(reviewer) ? textIn(reviewer, 'slug') : undefined)
  return name === undefined ? [] : [name]
}
