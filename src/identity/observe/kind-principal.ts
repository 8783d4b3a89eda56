// How observations of principals change their records: observed fields follow the source, stated ones stay.
import { msAfter } from '#kernel'
import type { Instant } from '#kernel'
import { optional } from '../layer.ts'
import { GAPS, unexcused, withTime } from '../principal/activation.ts'
import { completed, sameParty } from '../principal/patch-principal.ts'
import { without } from '../principal/without.ts'
import type { OwnerOfRecord, Stated } from '../record/party.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'
import type { ObservedKind, Revision } from './observed.ts'

const DAY_MS = 86_400_000

export const PRINCIPALS: ObservedKind<PrincipalRecord> = {
  noun: 'principal',
  idKind: 'principal',
  table: PRINCIPAL,
  drift: new Set([
    'kind',
    'nativeType',
    'externalId',
    'name',
    'enabled',
    'expiresAt',
    'environment',
    'criticality',
    'tier',
    'owner',
    'attributes',
    'labels',
    'workloadScope',
    'integration',
  ]),
  owns: (held, { accounts = [] }) =>
    accounts.some(({ system, externalId }) => held.system === system && held.externalId === externalId),
  revise,
  supplement: (held) => held,
  forget: (held) => held,
  disagrees: (held, fresh) =>
    held.kind !== fresh.kind ||
    held.name !== fresh.name ||
    (held.enabled !== undefined && fresh.enabled !== undefined && held.enabled !== fresh.enabled),
  reappears: (held, { rank }) => held.state === 'retired' && held.reappearedAt === undefined && rank < 2,
  isClosed: ({ state }) => state === 'retired',
  complete: completed,
}

function revise(held: PrincipalRecord, fresh: PrincipalRecord, revision: Revision): PrincipalRecord {
  const stated = new Set<string>(held.stated)
  const { enabled, createdAtSource, integration, labels, attributes, nativeType, system, externalId, name } = fresh
  const expiresAt = stated.has('expiresAt') ? held.expiresAt : (fresh.expiresAt ?? held.expiresAt)
  const workloadScope = stated.has('workloadScope') ? held.workloadScope : (fresh.workloadScope ?? held.workloadScope)
  const revised: PrincipalRecord = {
    ...without(held, 'enabled', 'createdAtSource', 'integration', 'expiresAt', 'workloadScope', 'purpose'),
    kind: stated.has('kind') || held.personId !== undefined ? held.kind : fresh.kind,
    nativeType,
    system,
    externalId,
    name,
    labels,
    attributes,
    ...optional('enabled', enabled),
    ...optional('createdAtSource', createdAtSource),
    ...optional('integration', integration),
    ...optional('expiresAt', expiresAt),
    ...optional('workloadScope', workloadScope),
    environment: said(held.environment, fresh.environment),
    function: said(held.function, fresh.function),
    criticality: said(held.criticality, fresh.criticality),
    tier: said(held.tier, fresh.tier),
    ...optional(
      'purpose',
      held.purpose?.from === 'stated' || fresh.purpose === undefined ? held.purpose : fresh.purpose,
    ),
  }
  return standing(withOwner(revised, fresh, revision.at), revision)
}

const said = <T>(held: Stated<T>, fresh: Stated<T>): Stated<T> => (held.from === 'stated' ? held : fresh)

/** Sources propose owners of what nobody has taken in hand yet; from `active` on, ownership changes by people's word only. */
function withOwner(held: PrincipalRecord, fresh: PrincipalRecord, at: Instant): PrincipalRecord {
  if (held.owner?.from === 'stated') return held
  if (held.state !== 'discovered' && held.state !== 'registered') return held
  const { owner, formerOwner } = fresh
  if (owner !== undefined) {
    const record = without(held, 'orphanedAt', 'formerOwner')
    return { ...record, owner, backups: backupsOf(held, owner, fresh.backups) }
  }
  const left = formerOwner ?? held.owner
  const record = without({ ...held, backups: backupsOf(held, undefined, fresh.backups) }, 'owner')
  if (left === undefined || (held.owner === undefined && held.orphanedAt !== undefined)) return record
  return { ...record, formerOwner: left, orphanedAt: held.orphanedAt ?? at }
}

function backupsOf(
  { backups }: PrincipalRecord,
  owner: OwnerOfRecord | undefined,
  fresh: readonly OwnerOfRecord[],
): readonly OwnerOfRecord[] {
  const stated = backups.filter(({ from }) => from === 'stated')
  const others = fresh.filter(
    ({ party }) =>
      !stated.some((known) => sameParty(known.party, party)) && (owner === undefined || !sameParty(owner.party, party)),
  )
  return [...stated, ...others]
}

/** A source may raise what the rules ask of an active principal: the truth is written, with time to put it right. */
function standing(record: PrincipalRecord, { at, graceDays }: Revision): PrincipalRecord {
  const missing = unexcused(record).map((gap) => GAPS[gap])
  return withTime(record, {
    reason: `its sources changed, and it now needs ${missing.join('; ')}`,
    until: msAfter(at, graceDays * DAY_MS),
    by: 'reeve',
    cause: 'drifted',
  })
}
