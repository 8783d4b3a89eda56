import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Id, Instant } from '#kernel'
import { readCurrent } from '#db/history'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { EXPOSURES, recordExposures } from '../credential/record-exposure.ts'
import type { HowExposed, NewExposure } from '../credential/record-exposure.ts'
import type { IdentityLayer } from '../operation.ts'
import { patchPrincipal } from '../principal/patch-principal.ts'
import { without } from '../principal/without.ts'
import type { OwnerOfRecord, Party } from '../record/party.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'
import { applyPeopleFeed } from './apply-feed.ts'
import { feedInTest } from './feed-in-test.ts'
import type { PersonWords } from './feed-in-test.ts'
import { personIdOf, teamIdOf } from './human-principal.ts'
import { knownCredentials, WAYS } from './known-credentials.ts'
import type { WayOfKnowing } from './known-credentials.ts'
import { actInTest, insertCredentialRecords, insertPrincipals, layerInTest, principalInTest } from './roll-in-test.ts'

const PEOPLE = 6
const TEAMS = 3
const PRINCIPALS = 8

/** Who answers for one principal at one time, as numbers of people and teams. */
interface Answering {
  readonly owner: { readonly person: number } | { readonly team: number } | null
  readonly backups: readonly number[]
  readonly custodians: readonly number[]
}

interface Estate {
  /** Each person's team in the first feed and in the second. */
  readonly teams: readonly (readonly [number, number])[]
  /** For each principal: who answers at first, and then. */
  readonly principals: readonly (readonly [Answering, Answering])[]
  /** For each principal: the person that it is. */
  readonly is: readonly (number | null)[]
  readonly credentials: readonly {
    readonly of: number | null
    readonly alsoOf: readonly number[]
    readonly consumers: readonly number[]
  }[]
  readonly exposures: readonly { readonly person: number; readonly credential: number; readonly how: HowExposed }[]
  readonly leavers: readonly number[]
}

const upTo = (count: number) => fc.integer({ min: 0, max: count - 1 })
const some = (count: number) => fc.uniqueArray(upTo(count), { maxLength: 2 })
const maybe = (count: number) => fc.option(upTo(count), { freq: 2 })
const answering: fc.Arbitrary<Answering> = fc.record({
  owner: fc.option(fc.oneof(fc.record({ person: upTo(PEOPLE) }), fc.record({ team: upTo(TEAMS) })), { freq: 4 }),
  backups: some(PEOPLE),
  custodians: some(PEOPLE),
})
const exactly = <T>(of: fc.Arbitrary<T>, count: number) => fc.array(of, { minLength: count, maxLength: count })
const estates: fc.Arbitrary<Estate> = fc.record({
  teams: exactly(fc.tuple(upTo(TEAMS), upTo(TEAMS)), PEOPLE),
  principals: exactly(fc.tuple(answering, answering), PRINCIPALS),
  is: exactly(fc.option(upTo(PEOPLE), { freq: 1 }), PRINCIPALS),
  credentials: fc.array(fc.record({ of: maybe(PRINCIPALS), alsoOf: some(PRINCIPALS), consumers: some(PRINCIPALS) }), {
    minLength: 1,
    maxLength: 12,
  }),
  exposures: fc.array(fc.record({ person: upTo(PEOPLE), credential: upTo(12), how: fc.constantFrom(...EXPOSURES) }), {
    maxLength: 8,
  }),
  leavers: fc.uniqueArray(upTo(PEOPLE), { minLength: 1, maxLength: 4 }),
})

/** Read off the estate by looking at everything, person by person and credential by credential. */
function bruteForce(estate: Estate, person: number): Map<number, WayOfKnowing[]> {
  const known = new Map<number, WayOfKnowing[]>()
  const inTeams: readonly number[] = estate.teams[person] ?? []
  for (const [at, credential] of estate.credentials.entries()) {
    const ways = new Set<WayOfKnowing>()
    const principals = [credential.of ?? [], credential.alsoOf, credential.consumers].flat()
    for (const one of principals) {
      if (estate.is[one] === person) ways.add('self')
      for (const { owner, backups, custodians } of estate.principals[one] ?? []) {
        if (owner !== null && 'person' in owner && owner.person === person) ways.add('owned')
        if (owner !== null && 'team' in owner && inTeams.includes(owner.team)) ways.add('team')
        if (backups.includes(person)) ways.add('backup')
        if (custodians.includes(person)) ways.add('custodian')
      }
    }
    for (const exposure of estate.exposures) {
      if (exposure.person === person && exposure.credential === at) ways.add(exposure.how)
    }
    if (ways.size > 0)
      known.set(
        at,
        WAYS.filter((way) => ways.has(way)),
      )
  }
  return known
}

describe('what a person knew', { skip: databaseUnavailable() }, () => {
  let of: TestDatabase
  let identity: IdentityLayer
  let run = 0
  before(async () => {
    of = await testDatabase()
    identity = layerInTest(of, { leaverShareMax: 1, leaverCountMin: 100 })
  })
  after(() => of.close())

  const personNamed = (person: number): string => `r${run}p${person}`
  const partyOf = (owner: NonNullable<Answering['owner']>): Party =>
    'person' in owner
      ? { kind: 'person', id: personIdOf(personNamed(owner.person)) }
      : { kind: 'team', id: teamIdOf(`r${run}t${owner.team}`) }
  const answered = (by: Party): OwnerOfRecord => ({ party: by, from: 'stated', reason: 'test' })
  const answeredBy = (record: PrincipalRecord, { owner, backups, custodians }: Answering): PrincipalRecord => ({
    ...without(record, 'owner'),
    ...(owner === null ? {} : { owner: answered(partyOf(owner)) }),
    backups: backups.map((person) => answered(partyOf({ person }))),
    custodians: custodians.map((person) => ({ consumerId: 'prn_x', party: partyOf({ person }) })),
  })
  const feed = (estate: Estate, when: 0 | 1, leavers: readonly number[]) =>
    applyPeopleFeed(
      identity,
      actInTest(`2026-07-0${when + 2}T00:00:00.000Z`),
      feedInTest(
        estate.teams.map((teams, person): PersonWords => ({
          id: personNamed(person),
          teamId: `r${run}t${teams[when]}`,
          status: leavers.includes(person) ? 'leaver' : 'active',
        })),
        { complete: false },
      ),
    )

  async function build(estate: Estate): Promise<Id<'credential'>[]> {
    await feed(estate, 0, [])
    const records = estate.principals.map(([first], at) => {
      const person = estate.is[at] ?? null
      const base = principalInTest(
        `r${run}n${at}`,
        person === null ? {} : { personId: personIdOf(personNamed(person)) },
      )
      return answeredBy(base, first)
    })
    return await identity.db.transaction(async (tx) => {
      // `principalInTest` completes before who answers is known, so each record is patched once more
      const ids = await insertPrincipals(tx, records)
      for (const step of [0, 1] as const) {
        const current = await readCurrent<PrincipalRecord>(tx, PRINCIPAL, ids, { lock: true })
        for (const [at, id] of ids.entries()) {
          const who = estate.principals[at]?.[step]
          const before_ = current.get(id)
          if (who === undefined || before_ === undefined) continue
          const patch = (record: PrincipalRecord): PrincipalRecord => answeredBy(record, who)
          await patchPrincipal(tx, actInTest(), {
            current: before_,
            patch,
            words: { type: 'principal.owner_assigned' },
          })
        }
      }
      const idsOf = (numbers: readonly number[]) => numbers.flatMap((number) => ids[number] ?? [])
      return await insertCredentialRecords(
        tx,
        estate.credentials.map((one) => ({
          ...(one.of === null ? {} : { principalId: ids[one.of] as Id<'principal'> }),
          alsoOf: idsOf(one.alsoOf),
          consumers: idsOf(one.consumers),
        })),
      )
    })
  }

  test('is exactly what looking at everything finds, on random estates', async () => {
    await fc.assert(
      fc.asyncProperty(estates, async (estate) => {
        run++
        const credentials = await build(estate)
        const at = '2026-06-01T00:00:00.000Z' as Instant
        await recordExposures(
          identity,
          actInTest(),
          estate.exposures.flatMap(({ person, credential, how }): NewExposure[] => {
            const credentialId = credentials[credential]
            const personId = personIdOf(personNamed(person))
            return credentialId === undefined ? [] : [{ personId, credentialId, how, source: 'git', at }]
          }),
        )
        const outcome = await feed(estate, 1, estate.leavers)
        assert.equal(outcome.leavers.length, estate.leavers.length)
        for (const person of estate.leavers) {
          const said = outcome.leavers.find(({ feedId }) => feedId === personNamed(person))
          const numbered = new Map(said?.credentials.map((one) => [credentials.indexOf(one.credentialId), one.ways]))
          assert.deepEqual(numbered, bruteForce(estate, person))
          const owned = estate.principals.filter(
            ([, last]) => last.owner !== null && 'person' in last.owner && last.owner.person === person,
          )
          assert.equal(said?.orphaned.length, owned.length)
        }
      }),
      { numRuns: process.env['REEVE_EXHAUSTIVE'] === '1' ? 300 : 30 },
    )
  })

  test('follows what was joined into another record, where the credentials went', async () => {
    run++
    await applyPeopleFeed(identity, actInTest(), feedInTest([{ id: personNamed(0) }], { complete: false }))
    const owner = answered(partyOf({ person: 0 }))
    const credential = await identity.db.transaction(async (tx) => {
      const [into] = await insertPrincipals(tx, [principalInTest('into')])
      assert.ok(into)
      await insertPrincipals(tx, [principalInTest('joined', { owner, state: 'retired', mergedInto: into })])
      return (await insertCredentialRecords(tx, [{ principalId: into }]))[0]
    })
    const known = await knownCredentials(identity, personIdOf(personNamed(0)))
    assert.deepEqual(
      known.map(({ credentialId, ways }) => [credentialId, ways]),
      [[credential, ['owned']]],
    )
  })
})
