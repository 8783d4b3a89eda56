import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { registerPrincipal } from '#identity/roll'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import { person } from '../../identity/principal/roll-in-test.ts'
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
})
