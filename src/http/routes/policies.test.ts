import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import { worldInTest } from '../../../test/http/world.ts'

describe('versions of the policies over the API', { skip: databaseUnavailable() }, () => {
  let world: Awaited<ReturnType<typeof worldInTest>>
  before(async () => {
    world = await worldInTest()
  })
  after(() => world.close())

  test('where the version in force decides nothing, the list of versions says why', async () => {
    const listed = async (): Promise<unknown> =>
      (await world.api.ask('GET', '/v1/policies', { token: world.tokens.kim })).body.refused
    assert.equal(await listed(), undefined)
    world.api.doors.decisions?.state().refusePolicies('pol_1: propose it again')
    assert.equal(await listed(), 'pol_1: propose it again')
  })
})
