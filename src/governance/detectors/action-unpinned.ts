// NHI3: a third party's action whose version can be moved runs with the job's token and secrets.
import type { Relation } from '#identity'
import { isTrue, wordOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'
import type { Dossier, EstateReader } from '../dossier.ts'
import type { FindingDraft } from '../finding.ts'
import { isFirstParty, stakesOf, UNKNOWN_STAKES, workflowJobOf } from '../workflow-job.ts'

export const actionUnpinned: Detector = {
  id: 'action-unpinned',
  title: "a third party's action can change under the same name",
  severityRule:
    'high when the job holds secrets, a writing token or an OIDC token; medium when the rights of its token are unknown or the user is a composite action; low otherwise',
  owasp: ['NHI3:2025'],
  controls: ['GV.SC-07', 'PR.PS-06'],
  needs: 'workflow files or action definitions',
  blindSpot:
    'what a pinned action itself downloads or calls is not followed; images of `container` and `services` are not checked',
  remediation:
    'Pin the action to the full commit hash of a release that you have read (`uses: owner/action@<40 hex digits> # v4.2.1`), and let a bot propose updates. Add owners that are your own to `firstPartyOwners` in reeve.yaml.',
  *onPrincipal(dossier, estate) {
    const { principal } = dossier
    if (principal.system !== 'github' || principal.mentionedOnly) return
    for (const relation of dossier.out) if (isMovable(relation, dossier, estate)) yield draft(dossier, relation)
  },
}

function isMovable(relation: Relation, { principal }: Dossier, estate: EstateReader): boolean {
  const { attributes } = relation
  if (relation.relation !== 'uses' || attributes['pinned'] !== false || !isTrue(attributes, 'thirdParty')) return false
  const owner = wordOf(attributes, 'owner')
  const repositoryOwner = wordOf(principal.attributes, 'repository')?.split('/')[0]?.toLowerCase()
  return owner === undefined || !isFirstParty(owner, estate.settings, repositoryOwner)
}

function draft(dossier: Dossier, relation: Relation): FindingDraft {
  const { principal } = dossier
  const action = wordOf(relation.attributes, 'action') ?? 'an action'
  const version = wordOf(relation.attributes, 'version') ?? null
  const { severity, reasons } = severityOf(dossier)
  return {
    subject: { principalId: principal.id, externalId: principal.externalId },
    discriminator: action.toLowerCase(),
    severity,
    severityReasons: reasons,
    title: `${principal.name} runs ${action}${version === null ? '' : ` at \`${version}\``}, which its owner can move to other code`,
    locations: [relation.provenance],
    evidence: { action, version, reusableWorkflow: isTrue(relation.attributes, 'reusableWorkflow') },
  }
}

function severityOf(dossier: Dossier): Pick<FindingDraft, 'severity'> & { reasons: readonly string[] } {
  const job = workflowJobOf(dossier)
  if (job === undefined)
    return { severity: 'medium', reasons: ['it runs with the rights of every job that uses this action'] }
  const { certain, unknown } = stakesOf(job)
  if (certain.length > 0) return { severity: 'high', reasons: certain }
  if (unknown) return { severity: 'medium', reasons: [UNKNOWN_STAKES] }
  return { severity: 'low', reasons: ['the job holds no secret and its token only reads'] }
}
