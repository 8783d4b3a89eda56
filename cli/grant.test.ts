import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { reeve } from '../test/scan/run-reeve.ts'

const GRANT = {
  id: 'grt_1',
  version: 3,
  data: {
    principalId: 'prn_1',
    kind: 'just_in_time',
    actions: ['pg:member'],
    resources: ['pg://main/role/reporting'],
    from: '2026-01-01T00:00:00.000Z',
    until: '2026-01-01T01:00:00.000Z',
    reason: 'a test',
    requestId: 'req_1',
    approvedBy: ['psn_1'],
  },
}

test('a grant is shown with what its target said of it, and when that is tried again', async (t) => {
  let data = {}
  const server = createServer((request, response) => {
    request.resume()
    const body = JSON.stringify({ ...GRANT, data: { ...GRANT.data, ...data } })
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const shown = async (): Promise<string> =>
    (await reeve(['grant', 'show', 'grt_1'], { env: { REEVE_URL: url, REEVE_TOKEN: 'reeve_p_none' } })).stdout

  const nextAt = '2026-01-01T02:00:00.000Z'
  data = {
    state: 'unproven',
    fulfilment: { by: 'postgresql:tgt_1', attempts: 0, reason: 'pg_roles still has it', nextAt },
  }
  assert.match(await shown(), /^at the target +pg_roles still has it\ntried again +2026-01-01T02:00:00\.000Z$/m)
  data = { state: 'ended', fulfilment: { by: 'postgresql:tgt_1', attempts: 0, answer: 'refused (28P01)' } }
  const ended = await shown()
  assert.match(ended, /^at the target +refused \(28P01\)$/m)
  assert.doesNotMatch(ended, /tried again/)
})
