import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { deriveId, Fault, newId } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import { sql, violated } from '#db'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { facts, policies } from '../decide/state-in-test.ts'
import { DecisionState } from '../decide/index.ts'
import { listBreakGlass } from '../break-glass/read-break-glass.ts'
import { reviewBreakGlass } from '../break-glass/use-break-glass.ts'
import { endGrant } from '../grant/end-grant.ts'
import { grantInTest } from '../grant/grant-in-test.ts'
import { narrowGrant } from '../grant/narrow-grant.ts'
import type { AccessLayer } from '../observe/records.ts'
import { STARTER_POLICIES } from '../policy-version/starter-text.ts'
import { decideAccessRequest, expireAccessRequests, withdrawAccessRequest } from './decide-request.ts'
import type { Word } from './decide-request.ts'
import { requestAccess } from './request-access.ts'
import type { AccessAsked, CurrentAccessRequest } from './request-access.ts'

const START = Date.parse('2026-03-01T12:00:00.000Z')

describe('asking for a right', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let access: AccessLayer
  const state = new DecisionState()
  let seconds = 0
  const person = (name: string): Id<'person'> => deriveId('person', name)
  const act = (who: string): Act => ({
    actor: { id: person(who), personId: person(who) },
    at: new Date(START + ++seconds * 1000).toISOString() as Instant,
  })
  const app = facts('app')
  const ask = (who: string, more: Partial<AccessAsked> = {}): Promise<CurrentAccessRequest> =>
    requestAccess(access, state, act(who), {
      principalId: app.id,
      kind: 'just_in_time',
      actions: ['pg:SELECT'],
      resources: ['pg://main/shop/*'],
      seconds: 3600,
      purpose: 'a look at orders',
      behind: [person(who)],
      interested: [person('owner')],
      ...more,
    })
  const decide = (
    who: string,
    { id }: { readonly id: string },
    more: Partial<Word> = {},
    known = state,
  ): Promise<CurrentAccessRequest> =>
    decideAccessRequest(access, known, act(who), {
      requestId: id,
      verdict: 'approve',
      reason: 'it is needed',
      behind: [person(who)],
      interested: [],
      as: { approver: true },
      ...more,
    })
  const entriesOf = async (id: string): Promise<string[]> =>
    (
      await base.database
        .layer('evidence')
        .transaction((tx) =>
          tx.query<{ type: string }>(sql`select type from evidence.entry where ${id} = any(subjects) order by ordinal`),
        )
    ).map(({ type }) => type)
  const forbidden = (error: unknown): boolean => error instanceof Fault && error.code === 'forbidden'

  before(async () => {
    base = await testDatabase()
    access = { db: base.database.layer('access'), clock: () => new Date(START).toISOString() as Instant }
    state.putPrincipal(app)
    state.putPrincipal(facts('ada', { kind: 'human' }))
    state.putPolicies(await policies(state, STARTER_POLICIES))
  })
  after(() => base.close())

  test('one who has no interest approves, and the grant is what was asked for, from now on', async () => {
    const asked = await ask('ada')
    assert.equal(asked.data.state, 'pending')
    const { data } = await decide('ben', asked)
    assert.equal(data.state, 'granted')
    const [grant] = await access.db.transaction((tx) =>
      tx.query<{ data: { from: string; until: string; approvedBy: string[] } }>(
        sql`select data from access.access_grant where id = ${data.grantId ?? ''}`,
      ),
    )
    assert.equal(Date.parse(grant?.data.until ?? '') - Date.parse(grant?.data.from ?? ''), 3_600_000)
    assert.deepEqual(grant?.data.approvedBy, [person('ben')])
    assert.deepEqual(await entriesOf(asked.id), [
      'access_request.made',
      'access_request.approved',
      'grant.made',
      'access_request.granted',
    ])
  })

  test('what was asked for under milder policies is agreed to under those in force', async () => {
    const [asked, other] = [await ask('ada'), await ask('ada')]
    const permit = 'permit (principal, action == Action::"reeve:request", resource);'
    state.putPolicies(await policies(state, `@approval("two") ${permit}`))
    assert.equal((await decide('ben', asked)).data.state, 'pending')
    assert.equal((await decide('dan', asked)).data.state, 'granted')
    state.putPolicies(await policies(state, `${permit} @id("closed") forbid (principal, action, resource);`))
    await assert.rejects(decide('ben', other), (error) => forbidden(error) && /`closed` forbids it/.test(String(error)))
    state.putPolicies(await policies(state, `@approval("none") ${permit}`))
    assert.equal((await decide('ben', other)).data.state, 'granted')
    state.putPolicies(await policies(state, STARTER_POLICIES))
  })

  test('who asked, who would have it, and one person through another account are refused by PostgreSQL, each with an entry', async () => {
    const asked = await ask('ada')
    await assert.rejects(decide('ada', asked), forbidden)
    await assert.rejects(decide('owner', asked), forbidden)
    // a client of ada's, or a token that she made for another: she stands behind it
    await assert.rejects(decide('cleo', asked, { behind: [person('cleo'), person('ada')] }), forbidden)
    await assert.rejects(decide('cleo', asked, { behind: [] }))
    assert.equal((await entriesOf(asked.id)).filter((type) => type === 'access_request.refused').length, 3)
    assert.equal((await decide('ben', asked)).data.state, 'granted')
  })

  test('administration needs two persons, and one is not two', async () => {
    const asked = await ask('ada', { actions: ['pg:SUPERUSER'] })
    assert.equal(asked.data.needs.approval, 'two')
    assert.equal((await decide('ben', asked)).data.state, 'pending')
    await assert.rejects(decide('ben', asked), forbidden)
    await assert.rejects(decide('cleo', asked, { behind: [person('cleo'), person('ben')] }), forbidden)
    assert.equal((await decide('dan', asked)).data.state, 'granted')
  })

  test('of whom nothing is known here, what a forbid cannot be evaluated over is denied, as it would be at the use', async () => {
    const nobody = new DecisionState()
    nobody.putPolicies(await policies(nobody, STARTER_POLICIES))
    const asked = requestAccess(access, nobody, act('ada'), {
      principalId: app.id,
      kind: 'just_in_time',
      actions: ['pg:SELECT'],
      resources: ['pg://main/shop/*'],
      seconds: 60,
      purpose: 'too early',
      behind: [],
      interested: [],
    })
    await assert.rejects(asked, {
      code: 'forbidden',
      detail: /`no-cross-environment` cannot be evaluated over it, and forbids/,
    })
    const waiting = await ask('ada')
    await assert.rejects(decide('ben', waiting, {}, nobody), {
      code: 'forbidden',
      detail: /cannot be evaluated over it/,
    })
    assert.equal((await decide('ben', waiting)).data.state, 'granted')
  })

  test('a standing right to administer cannot even be asked for, and the answer names the policy', async () => {
    const { seconds: _none, ...standing } = { kind: 'standing' as const, actions: ['pg:SUPERUSER'], seconds: undefined }
    await assert.rejects(
      requestAccess(access, state, act('ada'), {
        principalId: app.id,
        resources: ['pg://main/*'],
        purpose: 'for ever',
        behind: [],
        interested: [],
        ...standing,
      }),
      /no-standing-administration/,
    )
  })

  test('an emergency is granted at once, to persons only, and for hours only', async () => {
    const asked = await ask('ada', { principalId: facts('ada').id, kind: 'break_glass', actions: ['pg:SUPERUSER'] })
    assert.equal(asked.data.state, 'granted')
    await assert.rejects(ask('ada', { kind: 'break_glass' }), forbidden)
    await assert.rejects(
      ask('ada', { principalId: facts('ada').id, kind: 'break_glass', seconds: 86_400 }),
      /1 to 14400/,
    )
  })

  test('no grant is written without the approvals that its request needed, and none is widened', async () => {
    const asked = await ask('ada', { actions: ['pg:SUPERUSER'] })
    await decide('ben', asked)
    const { principalId, kind, actions, resources } = asked.data
    const row = {
      principalId,
      kind,
      actions,
      resources,
      requestId: asked.id,
      state: 'active',
      until: '2027',
      from: '2026',
    }
    const insert = (data: object): Promise<unknown> =>
      access.db.transaction((tx) =>
        tx.execute(sql`insert into access.access_grant (id, version, valid_from, recorded_at, hash, data)
          values (${newId('grant')}, 1, now(), now(), '', ${JSON.stringify(data)}::jsonb)`),
      )
    const refused = (constraint: string) => (error: unknown) => violated(error)?.constraint === constraint
    await assert.rejects(insert(row), refused('access_grant_approved'))
    await decide('dan', asked)
    await assert.rejects(insert({ ...row, resources: ['*'] }), refused('access_grant_approved'))
    await assert.rejects(insert({ ...row, requestId: newId('access_request') }), refused('access_grant_approved'))
    await assert.rejects(
      access.db.transaction((tx) =>
        tx.execute(sql`update access.access_grant set data = jsonb_set(data, '{resources}', '["*"]')`),
      ),
      refused('access_grant_narrower'),
    )
  })

  test('a denial ends it, and what is decided or withdrawn is not decided again', async () => {
    const asked = await ask('ada')
    assert.equal((await decide('ben', asked, { verdict: 'deny' })).data.state, 'denied')
    await assert.rejects(decide('dan', asked), /was denied already/)
    const other = await ask('ada')
    await assert.rejects(withdrawAccessRequest(access, act('ben'), { requestId: other.id }), forbidden)
    await withdrawAccessRequest(access, act('ada'), { requestId: other.id })
    await assert.rejects(decide('dan', other), /was withdrawn already/)
  })

  test('who is no approver decides nothing', async () => {
    const asked = await ask('ada')
    await assert.rejects(decide('ben', asked, { as: { approver: false, personId: person('ben') } }), forbidden)
  })

  test('what nobody decides in a week is over', async () => {
    const asked = await ask('ada')
    seconds += 8 * 86_400
    assert.ok((await expireAccessRequests(access, act('reeve'))) > 0)
    await assert.rejects(decide('ben', asked), /was expired already/)
  })

  test('a grant that was ended is not ended again', async () => {
    const id = (await decide('ben', await ask('ada'))).data.grantId ?? ''
    await endGrant(access, act('ada'), { id, because: 'done' })
    await assert.rejects(endGrant(access, act('ada'), { id, because: 'done' }), /it was ended on/)
  })

  test('an emergency of whom every decision would deny is refused at once, and blocks no other', async () => {
    const held = facts('held', { kind: 'human', state: 'registered' })
    state.putPrincipal(held)
    const taken = { principalId: held.id, kind: 'break_glass', actions: ['pg:SUPERUSER'] } as const
    await assert.rejects(ask('hal', { ...taken, behind: [person('hal')], interested: [person('hal')] }), {
      code: 'conflict',
      message: /nobody has activated it.*has to be active/,
    })
    state.putPrincipal({ ...held, state: 'active', version: held.version + 1 })
    const { data } = await ask('hal', { ...taken, behind: [person('hal')], interested: [person('hal')] })
    assert.equal(data.state, 'granted')
  })

  test('of two accounts of one person, neither uses break-glass again until somebody else has reviewed it, once it is over', async () => {
    const other = facts('eve-admin', { kind: 'human' })
    state.putPrincipal(other)
    state.putPrincipal(facts('eve', { kind: 'human' }))
    const taken = { kind: 'break_glass', actions: ['pg:SUPERUSER'] } as const
    const asked = await ask('eve', { principalId: facts('eve').id, interested: [person('eve')], ...taken })
    const again = ask('eve', { principalId: other.id, interested: [person('eve')], ...taken })
    await assert.rejects(again, /was not reviewed/)
    const use = (await listBreakGlass(access.db, 'open', { limit: 100 })).find(
      ({ data }) => data.requestId === asked.id,
    )
    const review = { id: use?.id ?? '', verdict: 'justified', reason: 'it was down' } as const
    const own = reviewBreakGlass(access, act('eve'), { ...review, behind: [person('eve')] })
    await assert.rejects(own, forbidden)
    // a client of eve's, or a token that she may know
    const through = reviewBreakGlass(access, act('cleo'), { ...review, behind: [person('cleo'), person('eve')] })
    await assert.rejects(through, forbidden)
    assert.equal((await entriesOf(review.id)).filter((type) => type === 'break_glass.refused').length, 2)
    const ben = { ...review, behind: [person('ben')] }
    await assert.rejects(reviewBreakGlass(access, act('ben'), ben), {
      code: 'conflict',
      message: /in force until .*: end it first/,
    })
    await endGrant(access, act('eve'), { id: asked.data.grantId ?? '', because: 'it is up again' })
    await reviewBreakGlass(access, act('ben'), ben)
    const next = await ask('eve', { principalId: other.id, interested: [person('eve')], ...taken })
    assert.equal(next.data.state, 'granted')
    await assert.rejects(reviewBreakGlass(access, act('ben'), ben), /was reviewed/)
  })

  test('no emergency grant is written without the record of its use', async () => {
    const asked = await ask('ada')
    const { principalId, actions, resources } = asked.data
    const insert = access.db.transaction(async (tx) => {
      await tx.execute(sql`update access.access_request
        set data = data || '{"kind": "break_glass", "needs": {"approvals": 0}}' where id = ${asked.id}`)
      const row = {
        principalId,
        kind: 'break_glass',
        actions,
        resources,
        requestId: asked.id,
        state: 'active',
        until: '2027',
      }
      await tx.execute(sql`insert into access.access_grant (id, version, valid_from, recorded_at, hash, data)
        values (${newId('grant')}, 1, now(), now(), '', ${JSON.stringify(row)}::jsonb)`)
    })
    await assert.rejects(insert, (error: unknown) => violated(error)?.constraint === 'access_grant_break_glass')
  })

  test('the longest emergency is what the operator says', async () => {
    const strict = { ...access, breakGlassSecondsMax: 3600 }
    const asked = requestAccess(strict, state, act('ada'), {
      principalId: facts('ada').id,
      kind: 'break_glass',
      actions: ['pg:SELECT'],
      resources: ['pg://main/*'],
      seconds: 3601,
      purpose: 'it is down',
      behind: [person('ada')],
      interested: [],
    })
    await assert.rejects(asked, /1 to 3600/)
  })

  test('who came to answer for the principal after it was asked for decides nothing', async () => {
    const asked = await ask('ada')
    await assert.rejects(decide('ben', asked, { interested: [person('ben')] }), forbidden)
    assert.ok((await entriesOf(asked.id)).includes('access_request.refused'))
    assert.equal((await decide('ben', asked)).data.state, 'granted')
  })

  test('who answers for the resource decides where the policy says so, and nobody else who is no approver', async () => {
    const ruled = new DecisionState()
    ruled.putPrincipal(app)
    ruled.putPolicies(
      await policies(ruled, '@approval("owner") permit(principal, action == Action::"reeve:request", resource);'),
    )
    const right = {
      principalId: app.id,
      kind: 'just_in_time',
      actions: ['aws:sts:AssumeRole'],
      resources: ['arn:role'],
    } as const
    const more = { seconds: 60, purpose: 'a deploy', behind: [person('ada')], interested: [person('ada')] }
    const asked = await requestAccess(access, ruled, act('ada'), { ...right, ...more, owners: ['team:tm_1'] })
    assert.deepEqual([asked.data.needs.approval, asked.data.needs.owners], ['owner', ['team:tm_1']])
    const by = (parties: string[]): Partial<Word> => ({ as: { approver: false, personId: person('ben'), parties } })
    await assert.rejects(decide('ben', asked, by(['team:tm_2']), ruled), forbidden)
    assert.equal((await decide('ben', asked, by(['person:x', 'team:tm_1']), ruled)).data.state, 'granted')
    const ownerless = await requestAccess(access, ruled, act('ada'), { ...right, ...more, owners: [] })
    await assert.rejects(decide('ben', ownerless, by(['team:tm_1']), ruled), forbidden)
    assert.equal((await decide('ben', ownerless, {}, ruled)).data.state, 'granted')
  })

  test('an extension asks for the same right, is agreed to anew, and names the grant that it extends', async () => {
    const id = (await decide('ben', await ask('ada'))).data.grantId as Id<'grant'>
    await assert.rejects(
      ask('ada', { extends: id, resources: ['pg://main/*'] }),
      /its principal, actions and resources/,
    )
    const asked = await ask('ada', { extends: id })
    assert.deepEqual([asked.data.extends, asked.data.state], [id, 'pending'])
    assert.ok((await entriesOf(id)).includes('access_request.made'))
  })

  test('a grant is narrowed to what lies within it, and PostgreSQL refuses what does not', async () => {
    // whatever there is in one system is administration: two persons agree
    const asked = await ask('ada', { actions: ['pg:*'], resources: ['pg://main/shop/*'] })
    await decide('ben', asked)
    const made = await decide('dan', asked)
    const id = made.data.grantId ?? ''
    const to = (more: object): Promise<unknown> => narrowGrant(access, act('ada'), { id, because: 'less', ...more })
    for (const wider of [
      { actions: ['pg:SELECT', 's3:GetObject'] },
      { actions: ['*'] },
      { resources: ['pg://main/*'] },
      { resources: ['pg://main/shopping'] },
      { until: '2030-01-01T00:00:00.000Z' },
    ]) {
      await assert.rejects(to(wider), /narrowed, never widened/)
    }
    await assert.rejects(to({ actions: [] }), /say 1 to/)
    await to({ actions: ['pg:SELECT'], resources: ['pg://main/shop/public.*'] })
    await assert.rejects(to({ actions: ['pg:*'] }), /narrowed, never widened/)
    const past = { until: new Date(START).toISOString() as Instant }
    await assert.rejects(to(past), { code: 'unprocessable', message: /is over already: end it instead/ })
    assert.ok((await entriesOf(id)).includes('grant.narrowed'))
  })

  test('a grant that begins later does not end before it begins', async () => {
    const hours = (count: number): Instant => new Date(START + count * 3_600_000).toISOString() as Instant
    const right = {
      principalId: app.id,
      kind: 'just_in_time',
      actions: ['pg:SELECT'],
      resources: ['pg://main/*'],
    } as const
    const { id } = await grantInTest(access, act('ada'), { ...right, from: hours(500), until: hours(600) })
    const to = (until: Instant): Promise<unknown> => narrowGrant(access, act('ada'), { id, until, because: 'less' })
    for (const until of [hours(499), hours(500)])
      await assert.rejects(to(until), { code: 'unprocessable', message: /before it begins/ })
    await to(hours(501))
  })
})
