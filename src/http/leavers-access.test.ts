import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { apiInTest } from '../../test/http/api.ts'
import type { Answer, ApiInTest } from '../../test/http/api.ts'
import { databaseUnavailable } from '../db/database-in-test.ts'
import { personOf } from '../identity/principal/roll-in-test.ts'
import { endingAccessOfLeavers } from '../start/layers.ts'

describe('who leaves has nothing of Reeve any more', { skip: databaseUnavailable() }, () => {
  let api: ApiInTest
  let ida = ''
  let kim = ''
  const said: string[] = []
  const post = (token: string, path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> =>
    api.ask('POST', path, { token, body, headers })
  const me = async (token: string): Promise<number> => (await api.ask('GET', '/v1/me', { token })).status
  const feed = (id: string, status: string): Promise<Answer> =>
    post(ida, '/v1/people/feed', {
      source: 'test',
      complete: false,
      people: [{ id, name: id, emails: [`${id}@larkfield.example`], status }],
    })
  async function client(owner: string): Promise<{ readonly id: string; readonly token: string }> {
    const { body } = await post(ida, '/v1/principals', {
      kind: 'api_client',
      system: 'oidc',
      name: `client of ${owner}`,
      owner: { kind: 'person', id: personOf(owner) },
      purpose: 'a test',
      expiresAt: '2026-12-01',
    })
    const { headers } = await api.ask('GET', `/v1/principals/${body.id}`, { token: ida })
    await post(ida, `/v1/principals/${body.id}/activate`, {}, { 'if-match': headers['etag'] as string })
    const made = await post(kim, '/v1/tokens', { subjectId: body.id, label: 'ci', scopes: ['write'] })
    assert.equal(made.status, 201, JSON.stringify(made.body))
    return { id: body.id, token: made.body.value }
  }

  before(async () => {
    api = await apiInTest({}, () => ({}))
    const { identity, access } = api.doors
    Object.assign(api.doors, { identity: endingAccessOfLeavers(identity, access, (event) => void said.push(event)) })
    ida = await api.somebody('ida', ['identity-admin'])
    kim = await api.somebody('kim', ['access-admin'])
  })
  after(async () => {
    await api.close()
    assert.deepEqual(said, [])
  })

  test('their token and role end, and coming back brings neither back', async () => {
    const dan = await api.somebody('dan', ['approver'])
    assert.equal(await me(dan), 200)
    const left = await feed('dan', 'leaver')
    assert.equal(left.body.left, 1, JSON.stringify(left.body))
    assert.equal(await me(dan), 401)
    const back = await feed('dan', 'active')
    assert.equal(back.body.returned, 1, JSON.stringify(back.body))
    assert.equal(await me(dan), 401)
    const roles = await api.ask('GET', `/v1/roles?subjectId=${personOf('dan')}`, { token: ida })
    assert.deepEqual(roles.body.items, [])
    assert.ok(
      (await api.entries()).some(({ type, content }) => type === 'role.ended' && content['role'] === 'approver'),
    )
  })

  test('a client of theirs does nothing more from that moment, though other identities of theirs have time', async () => {
    await api.somebody('bob')
    const { token } = await client('bob')
    assert.equal(await me(token), 200)
    await feed('bob', 'leaver')
    assert.equal(await me(token), 401)
  })

  test('a client does nothing by a credential that leaked, was replaced, or is not in the roll', async () => {
    await api.somebody('eve')
    const { id, token } = await client('eve')
    assert.equal(await me(token), 200)
    const { body } = await api.ask('GET', `/v1/credentials?principal=${id}`, { token: ida })
    const leak = await post(
      ida,
      `/v1/credentials/${body.items[0].id}/leak`,
      { where: 'a ticket' },
      {
        'if-match': '*',
      },
    )
    assert.equal(leak.status, 200, JSON.stringify(leak.body))
    assert.equal(await me(token), 401)
  })

  test('what an administrator made for others stands on the list of what they knew, and persons’ tokens end', async () => {
    await api.somebody('eve2')
    const { id } = await client('eve2')
    const other = await post(kim, '/v1/tokens', { subjectId: personOf('eve2'), label: 'laptop', scopes: ['read'] })
    assert.equal(await me(other.body.value), 200)
    const { body } = await feed('kim', 'leaver')
    const known = body.leavers[0].credentials.map((credential: { principalId: string }) => credential.principalId)
    assert.ok(known.includes(id), JSON.stringify(body.leavers[0]))
    assert.equal(await me(other.body.value), 401)
  })
})
