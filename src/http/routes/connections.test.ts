import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import { apiInTest } from '../../../test/http/api.ts'

test(
  'a run says whether leavers were confirmed; a removal is previewed, then queues the run that ends what was seen',
  { skip: databaseUnavailable() },
  async (t) => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'reeve-routes-')))
    t.after(async () => rm(folder, { recursive: true }))
    await mkdir(join(folder, 'estate'))
    const api = await apiInTest({}, (database, clock) => ({
      connections: {
        db: database.layer('connections'),
        clock,
        places: { importRoots: [folder], dataDirectory: join(folder, 'data') },
        seenOnlyBy: () => Promise.resolve({ principals: 3 }),
      },
    }))
    t.after(async () => api.close())
    const token = await api.somebody('ada', ['identity-admin'])
    const path = async (name: string): Promise<string> => {
      const body = { name, type: 'people', settings: { path: join(folder, 'estate') } }
      const made = await api.ask('POST', '/v1/connections', { token, body })
      assert.equal(made.status, 201, JSON.stringify(made.body))
      return `/v1/connections/${made.body.id}`
    }
    for (const [sent, kept] of [
      [{}, false],
      [{ confirmLeavers: true }, true],
    ] as const) {
      const run = await api.ask('POST', `${await path(`feed ${kept}`)}/run`, { token, body: sent })
      assert.deepEqual([run.status, run.body.confirmLeavers], [202, kept])
    }
    const wrong = await api.ask('POST', `${await path('wrong')}/run`, { token, body: { confirmLeavers: 'yes' } })
    assert.equal(wrong.status, 400)

    const removed = await path('removed')
    const preview = await api.ask('GET', `${removed}/removal`, { token })
    assert.deepEqual(preview.body, { seenOnlyHere: { principals: 3 } })
    const headers = { 'if-match': '"1"' }
    const answer = await api.ask('POST', `${removed}/remove`, { token, body: {}, headers })
    assert.deepEqual([answer.status, answer.body.data.state], [200, 'removed'])
    const view = await api.ask('GET', removed, { token })
    assert.deepEqual([view.body.lastRun.state, view.body.lastRun.confirmLeavers], ['queued', false])
  },
)
