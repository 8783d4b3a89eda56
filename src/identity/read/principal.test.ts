import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Fault, newId } from '#kernel'
import type { Id, Ref } from '#kernel'
import type { Current } from '#db/history'
import { createWithEntries } from '#evidence/port'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import type { OfferRecord } from '../record/proposal-records.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { OFFER } from '../record/tables.ts'
import { listOrphans } from './orphans.ts'
import { getPrincipal, listPrincipals } from './principal.ts'
import type { PrincipalQuery } from './principal.ts'
import {
  actAt,
  addPerson,
  NOW,
  addPrincipals,
  addTeam,
  changePrincipalAt,
  instant,
  ownedBy,
  principalRecord,
  rollInTest,
} from './roll-in-test.ts'
import type { RollInTest } from './roll-in-test.ts'
import { asParties, EVERYTHING } from './viewer.ts'
import type { Viewer } from './viewer.ts'

const isFault =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof Fault && error.code === code

describe('reading principals', { skip: databaseUnavailable() }, () => {
  let roll: RollInTest
  let jane: Id<'person'>
  let sam: Id<'person'>
  let platform: Id<'team'>
  const made = new Map<string, Current<PrincipalRecord>>()
  const names = async (query: PrincipalQuery, viewer: Viewer = EVERYTHING): Promise<string[]> => {
    const page = await listPrincipals(roll.identity, viewer, query, { limit: 200 })
    return page.items.map(({ data }) => data.name)
  }
  const viewerOf = async (personId: Id<'person'>): Promise<Viewer> => ({
    scope: 'own',
    personId,
    parties: await asParties(roll.identity, personId),
  })

  before(async () => {
    roll = await rollInTest()
    platform = await addTeam(roll, 'platform')
    jane = await addPerson(roll, 'jane', 'platform')
    sam = await addPerson(roll, 'sam')
    const stated = <T>(value: T) => ({ value, from: 'stated', reason: 'in a test' }) as const
    const records = [
      principalRecord('alpha-deploy', {
        ...ownedBy(jane),
        kind: 'ci_pipeline',
        expiresAt: instant('2026-07-01T00:00:00.000Z'),
      }),
      principalRecord('beta', { ...ownedBy(platform), state: 'registered', environment: stated('production') }),
      principalRecord('gamma', { tier: stated('admin'), nextReviewAt: instant('2026-06-10T00:00:00.000Z') }),
      principalRecord('delta', {
        ...ownedBy(sam),
        goneAt: instant('2026-05-01T00:00:00.000Z'),
        purpose: stated('Pays the invoices'),
      }),
      principalRecord('epsilon', {
        orphanedAt: instant('2026-05-02T00:00:00.000Z'),
        formerOwner: { party: { kind: 'person', id: sam }, from: 'stated', reason: 'left' },
        expiresAt: instant('2026-06-15T00:00:00.000Z'),
      }),
      principalRecord('zeta', { state: 'retired' }),
      principalRecord('twin', { system: 'aws', externalId: 'same', refs: ['aws:same' as Ref] }),
      principalRecord('twin', { system: 'github', externalId: 'same', refs: ['github:same' as Ref] }),
      principalRecord('human sam', { kind: 'human', personId: sam, refs: ['people:sam' as Ref] }),
    ]
    for (const one of await addPrincipals(roll, records)) made.set(one.data.name, one)
  })
  after(() => roll.database.close())

  test('one is found by id, by explicit identifier and by external id', async () => {
    const beta = made.get('beta')
    assert.ok(beta)
    for (const name of [beta.id, 'aws:beta', 'beta']) {
      assert.deepEqual(await getPrincipal(roll.identity, EVERYTHING, name), beta)
    }
  })

  test('an external id of two systems is refused; the identifier with its system is not', async () => {
    await assert.rejects(getPrincipal(roll.identity, EVERYTHING, 'same'), isFault('conflict'))
    const { data } = await getPrincipal(roll.identity, EVERYTHING, 'github:same')
    assert.equal(data.system, 'github')
  })

  test('what is not there, and what makes no sense as a name, is not found', async () => {
    for (const name of ['', 'nobody', newId('principal'), "' or true --", 'x'.repeat(10_000)]) {
      await assert.rejects(getPrincipal(roll.identity, EVERYTHING, name), isFault('not_found'), name.slice(0, 40))
    }
  })

  test('every filter narrows to what it says', async () => {
    const expected: readonly (readonly [PrincipalQuery, string[]])[] = [
      [{ kind: 'ci_pipeline' }, ['alpha-deploy']],
      [{ system: 'github' }, ['twin']],
      [{ state: 'retired' }, ['zeta']],
      [{ environment: 'production' }, ['beta']],
      [{ tier: 'admin' }, ['gamma']],
      [{ owner: jane }, ['alpha-deploy']],
      [{ owner: platform }, ['beta']],
      [{ owner: 'none' }, ['epsilon', 'gamma', 'human sam', 'twin', 'twin']],
      [{ orphaned: true }, ['epsilon']],
      [{ gone: true }, ['delta']],
      [{ person: sam }, ['human sam']],
      [{ expiringBefore: instant('2026-12-01T00:00:00.000Z') }, ['epsilon', 'alpha-deploy']],
      [{ reviewDueBefore: instant('2026-06-10T00:00:00.001Z') }, ['gamma']],
      [{ reviewDueBefore: instant('2026-06-10T00:00:00.000Z') }, []],
      [{ gap: 'binding' }, ['gamma']],
      [{ gap: 'backup', owner: 'none' }, ['gamma']],
      [{ q: 'DEPL' }, ['alpha-deploy']],
      [{ q: 'invoices pay' }, ['delta']],
      [{ q: 'invoices beta' }, []],
      [{ q: 'ph' }, []],
      [{ kind: 'service_account', state: 'registered' }, ['beta']],
    ]
    for (const [query, found] of expected) assert.deepEqual(await names(query), found, JSON.stringify(query))
  })

  test('what is typed for a search is never an operator of the query language', async () => {
    for (const q of ["a' | 'b", 'beta & !gamma', 'beta:*<->', 'x:*\\', 'β', 'beta '.repeat(12)]) {
      await assert.doesNotReject(names({ q }), q)
    }
    assert.deepEqual(await names({ q: '!beta' }), ['beta'])
    for (const q of ['', '!&|', 'a '.repeat(101), 'a b c d e f g h i j k']) {
      await assert.rejects(names({ q }), isFault('invalid'), q)
    }
  })

  test('every order pages through everything once, those without a date last', async () => {
    for (const sort of ['name', 'expiresAt', 'nextReviewAt'] as const) {
      const whole = (await listPrincipals(roll.identity, EVERYTHING, { sort }, { limit: 200 })).items
      const keys = whole.map(({ data }) => (sort === 'name' ? data.name : data[sort]))
      const dated = keys.filter((key) => key !== undefined)
      assert.deepEqual(dated, dated.toSorted())
      assert.deepEqual(keys.slice(0, dated.length), dated)
      for (const limit of [1, 2, 3, 9]) {
        const paged: string[] = []
        let cursor: string | undefined
        do {
          const page = await listPrincipals(roll.identity, EVERYTHING, { sort }, { limit, ...(cursor && { cursor }) })
          assert.ok(page.items.length <= limit)
          paged.push(...page.items.map(({ id }) => id))
          cursor = page.next
        } while (cursor !== undefined)
        assert.deepEqual(
          paged,
          whole.map(({ id }) => id),
          `${sort} by ${limit}`,
        )
      }
    }
  })

  test('a cursor of another query, a broken one and a limit out of bounds are refused', async () => {
    const { next } = await listPrincipals(roll.identity, EVERYTHING, {}, { limit: 1 })
    assert.ok(next)
    const again = (query: PrincipalQuery, cursor: string) =>
      listPrincipals(roll.identity, EVERYTHING, query, { cursor })
    await assert.rejects(again({ state: 'retired' }, next), isFault('invalid'))
    for (const cursor of [
      '',
      'x',
      Buffer.from('[1,2]').toString('base64url'),
      Buffer.from('{}').toString('base64url'),
    ]) {
      await assert.rejects(again({}, cursor), isFault('invalid'), cursor)
    }
    for (const limit of [0, -1, 201, 1.5, Number.NaN]) {
      await assert.rejects(listPrincipals(roll.identity, EVERYTHING, {}, { limit }), isFault('invalid'))
    }
  })

  test('a total is told when asked for', async () => {
    const page = await listPrincipals(roll.identity, EVERYTHING, { owner: 'none' }, { limit: 1, total: true })
    assert.deepEqual(page.total, { count: 5, capped: false })
    assert.equal((await listPrincipals(roll.identity, EVERYTHING, {})).total, undefined)
  })

  test('an own-viewer sees what is theirs, their team’s, offered to them, and themselves; nothing else', async () => {
    const offer: OfferRecord = {
      principalId: made.get('gamma')?.id as Id<'principal'>,
      to: { kind: 'person', id: sam },
      why: 'in a test',
      cause: 'transfer',
      state: 'pending',
    }
    await roll.identity.db.transaction(
      async (tx) =>
        await createWithEntries(tx, OFFER, actAt('2026-01-02T00:00:00.000Z'), [
          { id: newId('offer'), data: offer, words: { type: 'ownership.offered' } },
        ]),
    )
    assert.deepEqual(await names({}, await viewerOf(jane)), ['alpha-deploy', 'beta'])
    assert.deepEqual(await names({}, await viewerOf(sam)), ['delta', 'gamma', 'human sam'])
    assert.deepEqual(await names({}, { scope: 'own', personId: newId('person'), parties: [] }), [])
    const janes = await viewerOf(jane)
    await assert.rejects(getPrincipal(roll.identity, janes, 'aws:delta'), isFault('not_found'))
    assert.equal((await getPrincipal(roll.identity, janes, 'aws:beta')).data.name, 'beta')
  })

  test('orphans come with the reason and with who is proposed', async () => {
    const { items } = await listOrphans(roll.identity, EVERYTHING)
    assert.deepEqual(
      items.map(({ principal, why, proposed }) => [principal.data.name, why, proposed?.party.id]),
      [
        ['epsilon', 'owner_left', undefined],
        ['gamma', 'never_owned', sam],
        ['twin', 'never_owned', undefined],
        ['twin', 'never_owned', undefined],
      ],
    )
    const left = await listOrphans(roll.identity, EVERYTHING, { why: 'owner_left' })
    assert.equal(left.items[0]?.formerOwner?.party.id, sam)
    assert.equal(left.items.length, 1)
  })

  test('what has nobody here to ask is no orphan: it is counted, and not listed', async () => {
    const was = await listOrphans(roll.identity, EVERYTHING)
    const action = { system: 'github', nativeType: 'github-action', kind: 'workload' } as const
    await addPrincipals(roll, [
      principalRecord('reeve itself', { provenance: { how: 'built_in', source: 'reeve', firstSeenAt: NOW } }),
      principalRecord('actions/checkout', { ...action, integration: 'actions' }),
      principalRecord('our own action', action),
      principalRecord('app of a vendor', { system: 'github', nativeType: 'github-app', integration: 'acme' }),
    ])
    const is = await listOrphans(roll.identity, EVERYTHING)
    const known = new Set(was.items.map(({ principal }) => principal.id))
    const more = is.items
      .filter(({ principal }) => !known.has(principal.id))
      .map(({ principal }) => principal.data.name)
    assert.deepEqual(more, ['app of a vendor', 'our own action'])
    assert.deepEqual(
      [was.leftOut, is.leftOut],
      [
        { builtIn: 0, thirdPartyActions: 0 },
        { builtIn: 1, thirdPartyActions: 1 },
      ],
    )
    const first = await listOrphans(roll.identity, EVERYTHING, {}, { limit: 1 })
    const second = await listOrphans(roll.identity, EVERYTHING, {}, { limit: 1, cursor: first.next ?? '' })
    assert.deepEqual([first.leftOut?.builtIn, second.leftOut], [1, undefined])
    const own = { scope: 'own', personId: sam, parties: [`person:${sam}`] } as const
    assert.deepEqual((await listOrphans(roll.identity, own)).leftOut, { builtIn: 0, thirdPartyActions: 0 })
  })

  test('lists of a past day show who was owned then, not who is owned now', async () => {
    const [eta] = await addPrincipals(roll, [principalRecord('eta', ownedBy(sam))], actAt('2026-01-01T00:00:00.000Z'))
    assert.ok(eta)
    const sold = await changePrincipalAt(roll, eta, ownedBy(jane), actAt('2026-03-01T10:00:00.000Z'))
    // known on 1 April only: it had been Jane's since 1 February
    await changePrincipalAt(roll, sold, ownedBy(jane), actAt('2026-04-01T00:00:00.000Z'), {
      validFrom: instant('2026-02-01T00:00:00.000Z'),
    })
    const owned = async (owner: Id<'person'>, asOf: string, asKnownAt?: string): Promise<boolean> =>
      (await names({ owner, times: { asOf, ...(asKnownAt && { asKnownAt }) } })).includes('eta')
    assert.equal(await owned(sam, '2026-01-31'), true)
    assert.equal(await owned(sam, '2026-02-01'), false)
    assert.equal(await owned(jane, '2026-02-01'), true)
    assert.equal(await owned(sam, '2026-02-15', '2026-03-31'), true)
    assert.equal(await owned(jane, '2026-03-01', '2026-03-31'), true)
    assert.equal(await owned(sam, '2025-12-31'), false)
    assert.equal((await names({ owner: sam })).includes('eta'), false)
    const past = await getPrincipal(roll.identity, EVERYTHING, 'aws:eta', { asOf: '2026-01-31' })
    assert.equal(past.data.owner?.party.id, sam)
    await assert.rejects(
      getPrincipal(roll.identity, EVERYTHING, 'aws:eta', { asOf: '2025-12-31' }),
      isFault('not_found'),
    )
  })

  test('every filter on a day after the last change answers as it does now', async () => {
    const filters: readonly PrincipalQuery[] = [
      { kind: 'ci_pipeline' },
      { owner: 'none' },
      { owner: jane },
      { orphaned: true },
      { gone: false },
      { expiringBefore: instant('2026-12-01T00:00:00.000Z') },
      { gap: 'binding' },
      { q: 'invoices' },
      { person: sam },
      {},
    ]
    for (const query of filters) {
      const now = (await names(query)).toSorted()
      assert.deepEqual(
        (await names({ ...query, times: { asOf: '2026-12-31' } })).toSorted(),
        now,
        JSON.stringify(query),
      )
    }
  })

  test('days that are none are refused by name', async () => {
    for (const asOf of ['2026-02-31', 'yesterday', '2026-13-01', '', '31.12.2026']) {
      await assert.rejects(names({ times: { asOf } }), /asOf/, asOf)
    }
  })
})
