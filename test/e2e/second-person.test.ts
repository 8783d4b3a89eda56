// One person who bootstrapped alone gets a second one in, word for word as the guide says it, and then has something approved.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { reeve } from '../scan/run-reeve.ts'
import type { Ended } from '../scan/run-reeve.ts'
import { cleanEnvironment, startServer } from './server-in-test.ts'

test(
  'who bootstrapped alone cannot approve through a token that they made; a person whom the operator lets in can',
  { skip: databaseUnavailable(), timeout: 240_000 },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'reeve-second-'))
    const dataDirectory = join(folder, 'data')
    const args = ['--both-administrations']
    let server = await startServer({ dataDirectory, args })
    t.after(async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    })
    const as =
      (home: string, token?: string) =>
      async (...words: readonly string[]): Promise<Ended> => {
        const env = {
          REEVE_URL: server.url,
          HOME: join(folder, home),
          ...(token !== undefined && { REEVE_TOKEN: token }),
        }
        return await reeve([...words], { env: cleanEnvironment(env) })
      }
    const done = async (ending: Promise<Ended>): Promise<string> => {
      const ended = await ending
      assert.equal(ended.code, 0, ended.stderr)
      return ended.stdout
    }
    const login = ['login', '--bootstrap', '--name']
    await done(as('ada', server.token)(...login, 'Ada Lovelace', '--email', 'ada@example.com'))
    const ada = as('ada')
    const app = ['app', '--kind', 'workload', '--system', 'kubernetes', '--external-id', 'app', '--owner', 'me']
    await done(ada('principals', 'register', ...app, '--purpose', 'the shop', '--expires', '2030-06-30'))
    await done(ada('principals', 'activate', 'app'))
    const right = ['--action', 'pg:SELECT', '--resource', 'pg://main/shop/*', '--for', '2h', '--purpose', 'ticket 1']
    const { id } = JSON.parse(await done(ada('request', 'app', ...right, '--json'))) as { id: string }
    const approve = ['approve', id, '--reason', 'ticket 1 says so']

    // the operator, once; and what was printed is of no use to who administers already
    assert.equal(await server.stop(), 0)
    server = await startServer({ dataDirectory, args: [...args, '--bootstrap'] })
    const { token } = server
    assert.ok(token !== undefined, 'a token is printed')
    const again = await as('mallory', token)(...login, 'Mallory', '--email', 'm@example.com', '--role', 'access-admin')
    assert.equal(again.code, 1, 'what somebody holds is theirs to give')
    await done(as('grace', token)(...login, 'Grace Hopper', '--email', 'grace@example.com', '--role', 'approver'))
    const late = await as('mallory', token)(...login, 'Mallory', '--email', 'm@example.com', '--role', 'approver')
    assert.notEqual(late.code, 0, 'it lets in one person')

    const made = await done(ada('token', 'create', '--person', 'grace@example.com', '--label', 'by ada'))
    const throughAda = await as('ada', made.trim())(...approve)
    assert.equal(throughAda.code, 1, 'who made the token may know it, and asked')
    const grace = as('grace')
    const pending = (await done(grace('request', 'list', '--state', 'pending'))).split('\n')
    assert.match(pending.find((line) => line.includes(id)) ?? '', / app /, 'she is told for whom')
    const agreed = await grace(...approve)
    assert.equal(agreed.code, 0, agreed.stderr)
    assert.match(agreed.stdout, /^for +app \(prn_/m)
    assert.match(agreed.stdout, /^asked by +Ada Lovelace$/m)
    assert.match(agreed.stdout, /^principal .*Ada Lovelace answers for it$/m)
    assert.match(agreed.stderr, /is granted: grt_/)

    await done(ada('role', 'give', 'grace@example.com', 'reviewer', '--because', 'reviews emergencies'))
    const listed = await done(ada('role', 'list', '--json'))
    const { items } = JSON.parse(listed) as { items: { id: string; role: string }[] }
    assert.deepEqual(items.map(({ role }) => role).toSorted(), [
      'access-admin',
      'approver',
      'identity-admin',
      'reviewer',
    ])
    const reviewer = items.find(({ role }) => role === 'reviewer')?.id ?? ''
    await done(ada('role', 'end', reviewer, '--because', 'somebody else does'))
    assert.doesNotMatch(await done(ada('role', 'list')), /reviewer/)
    const itself = await ada('role', 'give', 'ada@example.com', 'approver', '--because', 'faster')
    assert.equal(itself.code, 1, 'nobody gives a role to themselves')
  },
)
