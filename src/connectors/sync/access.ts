// Accounts, effective rights and ways of one read, in ids of the roll.
import { deriveId } from '#kernel'
import type { Id } from '#kernel'
import type { ActsAs, Entitlement, EscalationPath } from '#access'
import { recordObservedAccounts, recordObservedEntitlements, recordObservedWays } from '#access/records'
import type {
  AccessCounts,
  AccessLayer,
  AccessRun,
  AccountRecord,
  EntitlementRecord,
  ObservedAccess,
  WayRecord,
} from '#access/records'
import { boundedText } from '#identity/roll'
import type { Sightings } from './sightings.ts'

export type ObservedKind = 'account' | 'entitlement' | 'way'

export async function observeAccess(
  access: AccessLayer,
  runOf: (kind: ObservedKind) => AccessRun,
  sightings: Sightings,
): Promise<Readonly<Record<'accounts' | 'entitlements' | 'ways', AccessCounts>>> {
  const { sourceId } = runOf('account')
  return {
    accounts: await recordObservedAccounts(access, runOf('account'), accounts(sightings, sourceId)),
    entitlements: await recordObservedEntitlements(access, runOf('entitlement'), entitlements(sightings, sourceId)),
    ways: await recordObservedWays(access, runOf('way'), ways(sightings, sourceId)),
  }
}

function* accounts(sightings: Sightings, source: string): Generator<ObservedAccess<AccountRecord>> {
  for (const principal of sightings.graph.principals.values()) {
    const principalId = sightings.rollId(principal.id)
    if (principalId === undefined) continue
    for (const { system, externalId } of principal.accounts) {
      yield {
        id: deriveId('account', principalId, system, externalId),
        fresh: { principalId, system, externalId: boundedText(externalId), source },
      }
    }
  }
}

function* entitlements(sightings: Sightings, source: string): Generator<ObservedAccess<EntitlementRecord>> {
  for (const { entitlements: rights } of sightings.access.values()) {
    for (const right of rights) {
      const principalId = sightings.rollId(right.principalId)
      if (principalId === undefined) continue
      yield {
        id: principalId === right.principalId ? right.id : deriveId('entitlement', principalId, right.id),
        fresh: recordOf(right, principalId, source),
      }
    }
  }
}

function recordOf(
  right: Entitlement,
  principalId: EntitlementRecord['principalId'],
  source: string,
): EntitlementRecord {
  const { system, permission, effect, actions, resources, level, conditions, path, provenance } = right
  return {
    principalId,
    system,
    permission: boundedText(permission),
    effect,
    actions: actions.map((action) => boundedText(action)),
    resources: resources.map((resource) => boundedText(resource)),
    level,
    ...(conditions === undefined ? {} : { conditions }),
    path: path.map((step) => boundedText(step)),
    provenance: {
      connector: provenance.connector,
      file: boundedText(provenance.file),
      ...(provenance.object === undefined ? {} : { object: boundedText(provenance.object) }),
    },
    source,
  }
}

/** Only single steps: whoever follows them finds the longer ways. Of two that end alike the surer one counts. */
function* ways(sightings: Sightings, source: string): Generator<ObservedAccess<WayRecord>> {
  for (const [id, { actsAs, escalations }] of sightings.access) {
    const principalId = sightings.rollId(id)
    if (principalId === undefined) continue
    const single = actsAs.filter(({ further }) => further !== true)
    for (const way of single.toSorted((a, b) => (a.open?.length ?? 0) - (b.open?.length ?? 0))) {
      const to = sightings.rollId(way.principalId)
      if (to === undefined || to === principalId) continue
      yield { id: deriveId('way', principalId, 'acts_as', to), fresh: actingAs(way, principalId, to, source) }
    }
    for (const path of escalations) {
      const to = path.reachesPrincipalId === undefined ? undefined : sightings.rollId(path.reachesPrincipalId)
      const end = to ?? path.reaches
      yield { id: deriveId('way', principalId, path.technique, end), fresh: escalating(path, principalId, to, source) }
    }
  }
}

function actingAs({ how, open }: ActsAs, principalId: Id<'principal'>, to: Id<'principal'>, source: string): WayRecord {
  const words = (open ?? []).map((condition) => boundedText(condition))
  return { principalId, kind: 'acts_as', how: boundedText(how), reachesPrincipalId: to, steps: [], open: words, source }
}

function escalating(
  { technique, title, steps, reaches, reachesTier }: EscalationPath,
  principalId: Id<'principal'>,
  to: Id<'principal'> | undefined,
  source: string,
): WayRecord {
  return {
    principalId,
    kind: 'escalation',
    how: boundedText(title),
    technique: boundedText(technique),
    ...(to !== undefined && { reachesPrincipalId: to }),
    reaches: boundedText(reaches),
    reachesTier,
    steps: steps.map(({ action, resource, because }) => ({
      action: boundedText(action),
      resource: boundedText(resource),
      because: boundedText(because),
    })),
    open: [],
    source,
  }
}
