// The principals of a report: plain fields that a person and a query can read, each with its reason beside it.
import type { EscalationPath } from '#access'
import type { Dossier, EstateReader } from '#governance'
import type { ReportPrincipal } from './contract.ts'
import { compareText, onlyOnce, placesOf } from './places.ts'

/** Sorted by source, external id and id. */
export function reportPrincipals(estate: EstateReader): ReportPrincipal[] {
  return [...estate.dossiers()]
    .map(reportPrincipal)
    .sort(
      (a, b) => compareText(a.source, b.source) || compareText(a.externalId, b.externalId) || compareText(a.id, b.id),
    )
}

function reportPrincipal(dossier: Dossier): ReportPrincipal {
  const { principal, credentials, uses, groups } = dossier
  return {
    id: principal.id,
    kind: principal.kind,
    nativeType: principal.nativeType,
    name: principal.name,
    source: principal.system,
    externalId: principal.externalId,
    refs: principal.refs,
    accounts: principal.accounts.map(({ system, externalId }) => ({ system, externalId })),
    mentionedOnly: principal.mentionedOnly,
    ...derivedOf(dossier),
    ...accessOf(dossier),
    ...ownershipOf(dossier),
    vendor: principal.vendor ?? null,
    enabled: principal.enabled ?? null,
    createdAt: principal.createdAt ?? null,
    lastUsedAt: principal.lastUsedAt ?? null,
    expiresAt: principal.expiresAt ?? null,
    labels: principal.labels,
    attributes: principal.attributes as ReportPrincipal['attributes'],
    groups: groups.toSorted(compareText),
    credentials: credentials.map(({ id }) => id).sort(compareText),
    uses: uses.map(({ id }) => id).sort(compareText),
    locations: placesOf(principal.provenance),
  }
}

function derivedOf({ classification }: Dossier) {
  const { environment, function: work, criticality, purpose } = classification
  return {
    environment: environment.value,
    environmentReason: environment.reason,
    purpose: purpose.value,
    purposeReason: purpose.reason,
    function: work.value,
    functionReason: work.reason,
    criticality: criticality.value,
    criticalityReason: criticality.reason,
  }
}

function accessOf({ access }: Dossier) {
  return {
    privilege: access.tier,
    privilegeReasons: access.reasons,
    powers: onlyOnce(access.powers.map(({ power, detail }) => ({ power, detail }))),
    unresolvedPolicies: access.unresolved,
    actsAs: access.actsAs.map(({ principalId, how }) => ({ principalId, how })),
    escalations: access.escalations.map(reportPath),
  }
}

function reportPath(path: EscalationPath): ReportPrincipal['escalations'][number] {
  const { technique, title, steps, reaches, reachesPrincipalId, reachesTier, provenance } = path
  return {
    technique,
    title,
    steps: steps.map(({ action, resource, because }) => ({ action, resource, because })),
    reaches,
    ...(reachesPrincipalId === undefined ? {} : { reachesPrincipalId }),
    reachesTier,
    locations: placesOf(provenance ?? []),
  }
}

function ownershipOf({ ownership }: Dossier) {
  const { owner, backup, candidates } = ownership
  return {
    owner: owner?.who ?? null,
    ownerReason: owner?.reason ?? null,
    ownerConfidence: owner?.confidence ?? null,
    ownerStatus: owner?.status ?? null,
    ownerBackup: backup?.who ?? null,
    ownerCandidates: candidates.map(({ who, how, reason, confidence, status }) => ({
      who,
      how,
      reason,
      confidence,
      status,
    })),
  }
}
