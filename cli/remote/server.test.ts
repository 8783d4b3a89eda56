import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reeveClient } from '#client'
import { Fault } from '#kernel'
import { principalNamed } from './server.ts'

const principals = [
  { id: 'prn_1', data: { name: 'ledger-batch', refs: ['aws:one'] } },
  { id: 'prn_2', data: { name: 'twin', refs: ['aws:two'] } },
  { id: 'prn_3', data: { name: 'twin', refs: ['k8s:three'] } },
  { id: 'prn_4', data: { name: 'twin-of-none', refs: [] } },
]

const client = reeveClient({
  url: 'http://127.0.0.1:1',
  fetch: (request) => {
    const { pathname, searchParams } = new URL(request.url)
    const id = decodeURIComponent(pathname.split('/').at(-1) ?? '')
    const q = searchParams.get('q')
    const found = q === null ? principals.find((one) => one.id === id) : undefined
    const body = q === null ? found : { items: principals.filter(({ data }) => data.name.startsWith(q)) }
    const refused = { type: 'urn:reeve:problem:not_found', detail: 'there is none' }
    return Promise.resolve(Response.json(body ?? refused, { status: body === undefined ? 404 : 200 }))
  },
})

describe('a principal on the command line', () => {
  test('is its id, or the whole name that lists show where it alone has it', async () => {
    assert.equal((await principalNamed(client, 'prn_4')).id, 'prn_4')
    assert.equal((await principalNamed(client, 'ledger-batch')).id, 'prn_1')
    await assert.rejects(principalNamed(client, 'ledger'), /there is none/, 'the beginning of a name is none')
  })

  test('that several are called is not chosen among: all are listed', async () => {
    await assert.rejects(
      principalNamed(client, 'twin'),
      (error) =>
        error instanceof Fault &&
        error.code === 'usage' &&
        /`twin`/.test(error.detail) &&
        error.detail.endsWith('prn_2 (aws:two), prn_3 (k8s:three)'),
    )
  })
})
