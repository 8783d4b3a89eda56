// A roll to read from, for tests of reads: records as the operations write them, made directly.
import { deriveId, newId } from '#kernel'
import type { Act, Id, Instant, Ref } from '#kernel'
import type { Current } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { IDENTITY_SETTINGS } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import { completed } from '../principal/patch-principal.ts'
import type { PersonRecord } from '../record/people-records.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PERSON, PRINCIPAL, TEAM } from '../record/tables.ts'

export const instant = (text: string): Instant => text as Instant
export const NOW = instant('2026-06-01T00:00:00.000Z')
export const actAt = (at: string, reason?: string): Act => ({
  actor: { id: 'reeve' },
  at: instant(at),
  ...(reason === undefined ? {} : { reason }),
})

export interface RollInTest {
  readonly identity: IdentityLayer
  readonly database: TestDatabase
}

export async function rollInTest(): Promise<RollInTest> {
  const database = await testDatabase()
  const db = database.database.layer('identity')
  return { database, identity: { db, clock: () => NOW, settings: IDENTITY_SETTINGS } }
}

/** A discovered service account; whatever is given stands in it. */
export function principalRecord(name: string, given: Partial<PrincipalRecord> = {}): PrincipalRecord {
  const unknown = { value: 'unknown', from: 'derived', reason: 'nobody said' } as const
  return completed({
    kind: 'service_account',
    nativeType: 'test',
    system: 'aws',
    externalId: name,
    name,
    refs: [`aws:${name}` as Ref],
    labels: {},
    attributes: {},
    provenance: { how: 'discovered', source: 'test', firstSeenAt: NOW },
    environment: unknown,
    function: unknown,
    criticality: unknown,
    tier: unknown,
    backups: [],
    custodians: [],
    stated: [],
    state: 'discovered',
    effect: 'not_applied',
    parties: [],
    searchText: '',
    ...given,
  })
}

export const ownedBy = (id: Id<'person'> | Id<'team'>): Pick<PrincipalRecord, 'owner'> => ({
  owner: {
    party: id.startsWith('psn_') ? { kind: 'person', id: id as Id<'person'> } : { kind: 'team', id: id as Id<'team'> },
    from: 'stated',
    reason: 'in a test',
  },
})

export async function addPrincipals(
  { identity }: RollInTest,
  records: readonly PrincipalRecord[],
  act: Act = actAt('2026-01-01T00:00:00.000Z'),
): Promise<Current<PrincipalRecord>[]> {
  return await identity.db.transaction(async (tx) => {
    const made = await createWithEntries(
      tx,
      PRINCIPAL,
      act,
      records.map((data) => ({ id: newId('principal'), data, words: { type: 'principal.discovered' } })),
    )
    await tx.copyIn(
      'identity.ref',
      ['ref', 'record_id'],
      made.flatMap(({ id, data }) => data.refs.map((ref) => [ref, id])),
    )
    return made
  })
}

export async function changePrincipalAt(
  { identity }: RollInTest,
  current: Current<PrincipalRecord>,
  patch: Partial<PrincipalRecord>,
  act: Act,
  stretch: { readonly validFrom?: Instant; readonly validTo?: Instant } = {},
): Promise<Current<PrincipalRecord>> {
  const [made] = await identity.db.transaction(
    async (tx) =>
      await changeWithEntries(tx, PRINCIPAL, act, [
        {
          current,
          patch: (data) => completed({ ...data, ...patch }),
          words: { type: 'principal.classified' },
          ...stretch,
        },
      ]),
  )
  if (made === undefined) throw new Error('one change makes one version')
  return made
}

export async function addPerson({ identity }: RollInTest, feedId: string, teamFeedId?: string): Promise<Id<'person'>> {
  const id = deriveId('person', feedId)
  const data: PersonRecord = {
    feedId,
    name: `Person ${feedId}`,
    emails: [],
    handles: [],
    status: 'active',
    principalId: deriveId('principal', 'person', feedId),
    source: 'test',
    ...(teamFeedId === undefined ? {} : { teamFeedId }),
  }
  await identity.db.transaction(
    async (tx) =>
      await createWithEntries(tx, PERSON, actAt('2026-01-01T00:00:00.000Z'), [
        { id, data, words: { type: 'person.joined' } },
      ]),
  )
  return id
}

export async function addTeam({ identity }: RollInTest, feedId: string): Promise<Id<'team'>> {
  const id = deriveId('team', feedId)
  await identity.db.transaction(
    async (tx) =>
      await createWithEntries(tx, TEAM, actAt('2026-01-01T00:00:00.000Z'), [
        { id, data: { feedId, name: `Team ${feedId}`, source: 'test' }, words: { type: 'team.recorded' } },
      ]),
  )
  return id
}
