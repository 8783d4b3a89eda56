// Accounts and effective rights of one read, in ids of the roll.
import { deriveId } from '#kernel'
import type { Entitlement } from '#access'
import { recordObservedAccounts, recordObservedEntitlements } from '#access/records'
import type {
  AccessCounts,
  AccessLayer,
  AccessRun,
  AccountRecord,
  EntitlementRecord,
  ObservedAccess,
} from '#access/records'
import { boundedText } from '#identity/roll'
import type { Sightings } from './sightings.ts'

export async function observeAccess(
  access: AccessLayer,
  runOf: (kind: 'account' | 'entitlement') => AccessRun,
  sightings: Sightings,
): Promise<{ readonly accounts: AccessCounts; readonly entitlements: AccessCounts }> {
  const { sourceId } = runOf('account')
  return {
    accounts: await recordObservedAccounts(access, runOf('account'), accounts(sightings, sourceId)),
    entitlements: await recordObservedEntitlements(access, runOf('entitlement'), entitlements(sightings, sourceId)),
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
