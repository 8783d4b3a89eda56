import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { apiInTest } from '../../test/http/api.ts'
import type { ApiInTest } from '../../test/http/api.ts'
import { databaseUnavailable } from '../db/database-in-test.ts'
import { personOf } from '../identity/principal/roll-in-test.ts'

describe('cursors belong to the query that gave them', { skip: databaseUnavailable() }, () => {
  let api: ApiInTest
  let token = ''
  before(async () => {
    api = await apiInTest()
    token = await api.somebody('ida', ['identity-admin'])
    await api.somebody('bob', ['approver'])
    await api.somebody('cy', ['reviewer'])
  })
  after(() => api.close())

  for (const path of ['/v1/tokens', '/v1/roles'])
    test(`${path}: all pages together hold each item once`, async () => {
      const all = await api.ask('GET', path, { token })
      const found: string[] = []
      let next: string | undefined = ''
      while (next !== undefined) {
        const page = await api.ask('GET', `${path}?limit=1${next === '' ? '' : `&cursor=${next}`}`, { token })
        assert.equal(page.status, 200, JSON.stringify(page.body))
        found.push(...(page.body.items as { id: string }[]).map(({ id }) => id))
        next = page.body.next as string | undefined
      }
      assert.ok(found.length >= 3)
      assert.deepEqual(
        found,
        (all.body.items as { id: string }[]).map(({ id }) => id),
      )
    })

  test('one of another list, of another filter, or made by hand is refused', async () => {
    const { next } = (await api.ask('GET', '/v1/tokens?limit=1', { token })).body
    assert.equal(typeof next, 'string')
    const bare = Buffer.from('tok_00000000000000000000000000').toString('base64url')
    for (const path of [
      `/v1/roles?cursor=${next}`,
      `/v1/tokens?subjectId=${personOf('ida')}&cursor=${next}`,
      `/v1/tokens?cursor=${bare}`,
      `/v1/tokens?cursor=${Buffer.from('{}').toString('base64url')}`,
      '/v1/roles?cursor=%00',
    ]) {
      const refused = await api.ask('GET', path, { token })
      assert.equal(refused.status, 400, path)
      assert.match(refused.body.detail, /begin again without one/)
    }
    assert.equal((await api.ask('GET', `/v1/tokens?limit=2&cursor=${next}`, { token })).status, 200)
  })
})
