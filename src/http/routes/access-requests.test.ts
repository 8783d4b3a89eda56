import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Id } from '#kernel'
import { sql } from '#db'
import { writeDecisions } from '#access/decisions'
import { ownersOfResources, personsBehindActor, registerPrincipal } from '#identity/roll'
import { facts } from '../../access/decide/state-in-test.ts'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import { person, personOf, team } from '../../identity/principal/roll-in-test.ts'
import { worldInTest } from '../../../test/http/world.ts'

type World = Awaited<ReturnType<typeof worldInTest>>
const RIGHT = { actions: ['pg:SELECT'], resources: ['pg://main/shop/*'], seconds: 3600, purpose: 'a test' }

describe('requests over the API', { skip: databaseUnavailable() }, () => {
  let world: World
  const registered = async (name: string): Promise<string> => {
    const { roll } = world.api
    const { id } = await registerPrincipal(roll.identity, roll.act('ada'), {
      kind: 'service_account',
      system: 'aws',
      externalId: name,
      name,
      owner: person('olga'),
      purpose: 'a test',
    })
    return id
  }

  before(async () => {
    world = await worldInTest()
  })
  after(() => world.close())

  test('who answers for many hundred identities sees the requests for all of them', async () => {
    const ids: string[] = []
    for (let made = 0; made < 210; made++) ids.push(await registered(`svc-${made}`))
    for (const principalId of [ids.toSorted()[0], ids.toSorted().at(-1)]) {
      const asked = await world.api.ask('POST', '/v1/access-requests', {
        token: world.tokens.ada,
        body: { principalId, ...RIGHT },
      })
      assert.equal(asked.status, 201, JSON.stringify(asked.body))
      const seen = await world.api.ask('GET', `/v1/access-requests/${asked.body.id}`, { token: world.tokens.olga })
      assert.equal(seen.status, 200, JSON.stringify(seen.body))
    }
  })

  test('an approver of the team that answers for the principal is refused, and so is one who joined it since', async () => {
    const { api } = world
    const { roll } = api
    await roll.addTeam('payments')
    await roll.addPerson('tina', { team: 'payments' })
    const inside = await api.somebody('tess', ['approver'])
    const { id } = await registerPrincipal(roll.identity, roll.act('ada'), {
      kind: 'service_account',
      system: 'aws',
      externalId: 'team-owned',
      name: 'team-owned',
      owner: team('payments'),
      purpose: 'a test',
    })
    const body = { principalId: id, ...RIGHT }
    const asked = await api.ask('POST', '/v1/access-requests', { token: world.tokens.ada, body })
    assert.equal(asked.status, 201, JSON.stringify(asked.body))
    await roll.identity.db.transaction((tx) =>
      tx.execute(sql`update identity.person
        set data = data || '{"teamFeedId": "payments"}' where id = ${personOf('tess')}`),
    )
    const decide = async (token: string): Promise<number> =>
      (
        await api.ask('POST', `/v1/access-requests/${asked.body.id}/decide`, {
          token,
          body: { verdict: 'approve', reason: 'ours' },
        })
      ).status
    assert.equal(await decide(inside), 403)
    const refused = (await world.api.entries()).filter(({ type }) => type === 'access_request.refused')
    assert.equal(refused.length, 1)
    assert.equal(await decide(world.tokens.petra), 200)
  })

  test('who answers for a resource is known by its name, unless it is a pattern or has two owners', async () => {
    const { roll } = world.api
    await registered('arn:aws:iam::1:role/a')
    await registered('arn:aws:iam::1:role/b')
    const owners = (...resources: string[]): Promise<readonly string[]> => ownersOfResources(roll.identity, resources)
    const olga = `person:${personOf('olga')}`
    assert.deepEqual(await owners('arn:aws:iam::1:role/a', 'arn:aws:iam::1:role/b'), [olga])
    assert.deepEqual(await owners('aws://arn:aws:iam::1:role/a'), [olga])
    assert.deepEqual(await owners('arn:aws:iam::1:role/*'), [])
    assert.deepEqual(await owners('arn:aws:iam::1:role/a', 'pg://main/shop/orders'), [])
  })

  test('an act on behalf of somebody has both behind it', async () => {
    const { roll } = world.api
    const { id } = await registerPrincipal(roll.identity, roll.act('ada'), {
      kind: 'api_client',
      system: 'reeve',
      externalId: 'robot',
      name: 'robot',
      owner: person('olga'),
      purpose: 'a test',
    })
    const behind = await personsBehindActor(roll.identity, { id, onBehalfOf: personOf('petra') })
    assert.deepEqual(behind, [personOf('olga'), personOf('petra')].sort())
  })

  test('an emergency is loud: a line of the log, an entry, and a use that waits for its review', async () => {
    const { api } = world
    const { log, doors } = api
    const principalId = (await registered('breaker')) as Id<'principal'>
    doors.decisions?.state().putPrincipal({ ...facts('breaker', { kind: 'human' }), id: principalId })
    const body = { ...RIGHT, principalId, kind: 'break_glass' }
    const taken = await api.ask('POST', '/v1/access-requests', { token: world.tokens.olga, body })
    assert.deepEqual([taken.status, taken.body.data?.state], [201, 'granted'], JSON.stringify(taken.body))
    assert.ok(log.some((line) => line.includes('break-glass was used') && line.includes(taken.body.id)))
    assert.ok((await world.api.entries()).some(({ type }) => type === 'break_glass.used'))
    const open = await api.ask('GET', '/v1/break-glass?state=open', { token: world.tokens.petra })
    const use = open.body.items.find((item: { data: { requestId: string } }) => item.data.requestId === taken.body.id)
    assert.equal(use.data.purpose, RIGHT.purpose)
    const again = await api.ask('POST', '/v1/access-requests', { token: world.tokens.olga, body })
    assert.deepEqual([again.status, again.body.detail.includes('was not reviewed')], [409, true])
    const review = { token: world.tokens.petra, body: { verdict: 'justified', reason: 'it was' } }
    const early = await api.ask('POST', `/v1/break-glass/${use.id}/review`, review)
    assert.deepEqual(
      [early.status, /end it first/.test(early.body.detail)],
      [409, true],
      'what follows would not be looked at',
    )
    const end = { token: world.tokens.petra, body: { because: 'over' } }
    assert.equal((await api.ask('POST', `/v1/grants/${taken.body.data.grantId}/end`, end)).status, 200)
    assert.equal((await api.ask('POST', `/v1/break-glass/${use.id}/review`, review)).status, 200)
    assert.equal((await api.ask('POST', '/v1/access-requests', { token: world.tokens.olga, body })).status, 201)
  })

  test('who may decide sees history, standing, reach and use beside the request; who asks does not', async () => {
    const { api } = world
    const principalId = await registered('asked-about')
    const made = async (): Promise<string> => {
      const body = { principalId, ...RIGHT }
      return (await api.ask('POST', '/v1/access-requests', { token: world.tokens.olga, body })).body.id
    }
    const approve = { token: world.tokens.petra, body: { verdict: 'approve', reason: 'fine' } }
    const first = await api.ask('POST', `/v1/access-requests/${await made()}/decide`, approve)
    const line = {
      id: 'dec_1',
      at: Date.parse(api.roll.now()),
      action: 'pg:SELECT',
      resource: 'table:x',
      reason: 'granted',
    }
    const text = JSON.stringify({ ...line, principalId, allowed: true, highRisk: false })
    await writeDecisions(api.doors.access, api.roll.act('ada'), { source: 'spl_1', lines: [{ seq: 1, text }] })
    const path = `/v1/access-requests/${await made()}`
    const { about } = (await api.ask('GET', path, { token: world.tokens.petra })).body
    assert.equal(about.principal.name, 'asked-about')
    assert.equal(about.principal.owner, personOf('olga'))
    assert.ok(about.requester.requests.granted >= 1)
    assert.deepEqual(about.actions, [{ action: 'pg:SELECT', level: 'read' }])
    assert.deepEqual(
      about.grants.map(({ id }: { id: string }) => id),
      [first.body.data.grantId],
    )
    assert.deepEqual([about.used[0].action, about.used[0].allowed], ['pg:SELECT', 1])
    assert.equal((await api.ask('GET', path, { token: world.tokens.olga })).body.about, undefined)
  })
})
