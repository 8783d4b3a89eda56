import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { apiInTest } from '../../test/http/api.ts'
import type { Answer, ApiInTest } from '../../test/http/api.ts'
import { databaseUnavailable } from '../db/database-in-test.ts'

describe('what is no text, no number or no field is refused by its place', { skip: databaseUnavailable() }, () => {
  let api: ApiInTest
  let token = ''
  before(async () => {
    api = await apiInTest()
    token = await api.somebody('ida', ['identity-admin'])
  })
  after(() => api.close())

  const register = (more: object): Promise<Answer> =>
    api.ask('POST', '/v1/principals', {
      token,
      body: { kind: 'workload', system: 'kubernetes', name: 'shop', ...more },
    })
  const pointers = ({ body }: Answer): string[] =>
    ((body.errors as { pointer: string }[] | undefined) ?? []).map(({ pointer }) => pointer)
  const ODD = ['a\u0000b', 'a\u001b[31mb', 'a\u0085b', 'half \ud800', '\udc00 half']

  test('control characters, NUL and halves of characters in a name or a label, and the field is named', async () => {
    for (const odd of [...ODD, 'two\nlines', 'a\tb']) {
      const named = await register({ name: odd })
      assert.deepEqual([named.status, pointers(named)], [400, ['/name']], JSON.stringify(odd))
      const value = await register({ labels: { team: odd } })
      assert.deepEqual([value.status, pointers(value)], [400, ['/labels/team']], JSON.stringify(odd))
      const key = await register({ labels: { [odd]: 'x' } })
      assert.equal(key.status, 400, JSON.stringify(odd))
      assert.match(pointers(key).join(), /^\/labels\//)
    }
  })

  test('where several lines are allowed, tab and line feed are kept and the rest is refused', async () => {
    const kept = await register({ purpose: 'first\n\tsecond', labels: { none: '' } })
    assert.deepEqual([kept.status, kept.body.data?.purpose?.value], [201, 'first\n\tsecond'], JSON.stringify(kept.body))
    for (const odd of ODD) {
      const refused = await register({ purpose: odd })
      assert.deepEqual([refused.status, pointers(refused)], [400, ['/purpose']], JSON.stringify(odd))
    }
  })

  test('a secret in a purpose or a reason is refused with 422 and the field, and its value is nowhere in the answer', async () => {
    const secret = ['gh', 'p_', 'aB3dE5fG7h'.repeat(4).slice(0, 36)].join('')
    const refused = await register({ purpose: `it uses ${secret}` })
    assert.deepEqual([refused.status, pointers(refused)], [422, ['/purpose']], JSON.stringify(refused.body))
    assert.equal(JSON.stringify(refused.body).includes(secret), false)
    assert.match(JSON.stringify(refused.body), /a token of GitHub/)
    const both = await register({ purpose: `it uses ${secret}`, name: 'two\nlines' })
    assert.deepEqual([both.status, pointers(both).sort()], [400, ['/name', '/purpose']])
  })

  test('a mark of direction in a name is kept as it was sent', async () => {
    const kept = await register({ name: 'pay\u202erunner' })
    assert.deepEqual([kept.status, kept.body.data?.name], [201, 'pay\u202erunner'])
  })

  test('a limit is digits and nothing else', async () => {
    for (const limit of ['0x10', '1e2', '%205', '5%20', '+5', '5.0', '', '0b1', 'Infinity', '0', '201']) {
      for (const path of ['/v1/principals', '/v1/entries', '/v1/tokens']) {
        const refused = await api.ask('GET', `${path}?limit=${limit}`, { token })
        assert.deepEqual([refused.status, pointers(refused)], [400, ['?limit']], `${path} ${limit}`)
      }
    }
    assert.equal((await api.ask('GET', '/v1/principals?limit=5', { token })).status, 200)
  })

  test('a key that reaches into the prototype of an object is named, wherever it stands', async () => {
    const send = (payload: string): Promise<Answer> =>
      api.ask('POST', '/v1/principals', { token, body: payload, headers: { 'content-type': 'application/json' } })
    const label = await send('{"kind":"workload","system":"kubernetes","name":"shop","labels":{"__proto__":"x"}}')
    assert.deepEqual([label.status, pointers(label)], [400, ['/labels/__proto__']], JSON.stringify(label.body))
    const two = await send('{"\\u005f_proto__":{},"a":[{"constructor":{"prototype":{}}}]}')
    assert.deepEqual([two.status, pointers(two).sort()], [400, ['/__proto__', '/a/0/constructor']])
    const deep = await send(`${'['.repeat(100_000)}{"__proto__":1}${']'.repeat(100_000)}`)
    assert.deepEqual([deep.status, pointers(deep)], [400, ['/']])
    const none = await send('{"a":')
    assert.deepEqual([none.status, none.body.detail], [400, 'the body is not JSON'])
  })
})
