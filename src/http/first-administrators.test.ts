import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { bootstrapToken } from '#access/records'
import { apiInTest } from '../../test/http/api.ts'
import type { ApiInTest } from '../../test/http/api.ts'
import { databaseUnavailable } from '../db/database-in-test.ts'

describe('the first administrators', { skip: databaseUnavailable() }, () => {
  let api: ApiInTest
  let token = ''
  before(async () => {
    api = await apiInTest({ failuresPerAddressPerMinute: 5, perTokenPerMinute: 100 })
    const made = await bootstrapToken(api.doors.identity, api.doors.access, {
      actor: { id: 'reeve' },
      at: api.roll.now(),
    })
    token = made?.value ?? ''
  })
  after(() => api.close())

  const make = async (name: string, roles: readonly string[], headers = {}) =>
    await api.ask('POST', '/v1/bootstrap/administrators', {
      token,
      headers,
      body: { administrators: [{ name, email: `${name}@larkfield.example`, roles }] },
    })

  test('the bootstrap token makes administrators and can do nothing else', async () => {
    assert.equal((await api.ask('GET', '/v1/principals', { token })).status, 403)
    assert.equal((await api.ask('POST', '/v1/tokens', { token, body: { label: 'x', scopes: ['read'] } })).status, 403)
    const refused = await make('greedy', ['identity-admin', 'access-admin'])
    assert.equal(refused.status, 409, 'nobody gets both')
    const types = new Set((await api.entries()).map(({ type }) => type))
    assert.ok(!types.has('person.joined') && !types.has('role.assigned'), 'and nothing of it was done')
  })

  test('it ends when both administrations are held, and each of the first can act', async () => {
    const one = await make('ida', ['access-admin'])
    assert.equal(one.status, 201, JSON.stringify(one.body))
    assert.equal(one.body.bootstrapEnded, false)
    const two = await make('ian', ['identity-admin', 'auditor'])
    assert.equal(two.body.bootstrapEnded, true)
    const value = one.body.administrators[0].value
    const me = await api.ask('GET', '/v1/me', { token: value })
    assert.deepEqual(me.body.roles, ['access-admin'])
    assert.equal((await api.ask('GET', '/v1/me', { token })).status, 401)
    const person = await api.ask('GET', `/v1/people/${me.body.id}`, { token: value })
    assert.equal(person.body.data.name, 'ida')
    // they are of a feed too: active, with nothing that they lack and nobody to activate them
    const known = { token: two.body.administrators[0].value }
    const own = await api.ask('GET', `/v1/principals/${person.body.data.principalId}`, known)
    assert.deepEqual([own.body.data.state, own.body.gaps], ['active', []])
    assert.ok(own.body.allowedActions.includes('quarantinePrincipal'))
    assert.ok(!own.body.allowedActions.includes('activatePrincipal'))
  })

  test('an address that goes on failing is not looked at any more', async () => {
    const statuses: number[] = []
    for (let at = 0; at < 8; at++) statuses.push((await api.ask('GET', '/v1/me', { token: 'no' })).status)
    assert.deepEqual(statuses.slice(-3), [429, 429, 429])
    assert.ok(statuses.includes(401))
  })
})

describe('the token that lets one more person in', { skip: databaseUnavailable() }, () => {
  let api: ApiInTest
  before(async () => {
    api = await apiInTest({ failuresPerAddressPerMinute: 50, perTokenPerMinute: 100 })
    const first = await token(false)
    for (const [name, role] of [
      ['ida', 'access-admin'],
      ['ian', 'identity-admin'],
    ] as const) {
      const made = await come(first, [person(name, role)])
      assert.equal(made.status, 201, JSON.stringify(made.body))
      // who was let in acts: from now on it is theirs
      const { value } = made.body.administrators[0]
      assert.equal((await api.ask('GET', '/v1/people', { token: value })).status, 200)
    }
  })
  after(() => api.close())

  const token = async (askedFor: boolean): Promise<string> => {
    const act = { actor: { id: 'reeve' }, at: api.roll.now() }
    return (await bootstrapToken(api.doors.identity, api.doors.access, act, askedFor))?.value ?? ''
  }
  const person = (name: string, ...roles: readonly string[]): object => ({
    name,
    email: `${name}@larkfield.example`,
    roles,
  })
  const come = async (by: string, administrators: readonly object[]) =>
    await api.ask('POST', '/v1/bootstrap/administrators', { token: by, body: { administrators } })

  test('lets nobody in as somebody who comes in already, by no spelling of their address and not by their id', async () => {
    const one = await token(true)
    const ida = { ...person('ida', 'approver'), email: 'IDA@larkfield.example' }
    const byId = { ...person('stranger', 'approver'), feedId: 'ian@larkfield.example' }
    for (const who of [ida, byId]) {
      const refused = await come(one, [who])
      assert.equal(refused.status, 409, JSON.stringify(refused.body))
      assert.match(refused.body.detail, /comes in already/)
    }
    assert.equal((await come(one, [person('grace', 'approver')])).status, 201, 'what was refused did not spend it')
  })

  test('lets in one person, also where it is presented twice at once or names several', async () => {
    const one = await token(true)
    const several = await come(one, [person('una', 'approver'), person('duo', 'approver')])
    assert.equal(several.status, 409, JSON.stringify(several.body))
    assert.match(several.body.detail, /one person/)
    const names = ['eva', 'fay', 'gus', 'hal']
    const statuses = await Promise.all(names.map(async (name) => (await come(one, [person(name, 'approver')])).status))
    assert.equal(statuses.filter((status) => status === 201).length, 1, statuses.join())
    assert.equal((await come(one, [person('kim', 'approver')])).status, 401)
  })
})
