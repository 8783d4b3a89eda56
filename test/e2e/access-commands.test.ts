// Rights from the command line, against a server that runs: asked for, agreed to by another, decided by, ended.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { reeve } from '../scan/run-reeve.ts'
import type { Ended } from '../scan/run-reeve.ts'
import { cleanEnvironment, startServer } from './server-in-test.ts'

const TABLE = 'pg://main/shop/public.orders'

test(
  'a right is asked for, agreed to by another person, decided by, and gone once its grant is ended',
  {
    skip: databaseUnavailable(),
    timeout: 180_000,
  },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'reeve-access-'))
    const server = await startServer({ dataDirectory: join(folder, 'data'), args: ['--both-administrations'] })
    // a server that still writes there would fail the removal, and then nobody would stop it
    t.after(async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    })
    const response = await fetch(`${server.url}/v1/bootstrap/administrators`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        administrators: [
          { name: 'Ida', email: 'ida@x.example', roles: ['identity-admin', 'access-admin'] },
          { name: 'Ben', email: 'ben@x.example', roles: ['access-admin'] },
        ],
      }),
    })
    const made = (await response.json()) as { administrators: { value: string; personId: string }[] }
    assert.equal(response.status, 201, JSON.stringify(made))
    const [ida = '', ben = ''] = made.administrators.map(({ value }) => value)
    const assigned = await fetch(`${server.url}/v1/roles`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ida}`, 'content-type': 'application/json' },
      body: JSON.stringify({ subjectId: made.administrators[1]?.personId, role: 'approver', reason: 'a test' }),
    })
    assert.equal(assigned.status, 201, await assigned.text())
    const run = async (token: string, ...args: string[]): Promise<Ended> =>
      await reeve(args, { env: cleanEnvironment({ REEVE_URL: server.url, REEVE_TOKEN: token, HOME: folder }) })

    const registered = await fetch(`${server.url}/v1/principals`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ida}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        kind: 'workload',
        system: 'kubernetes',
        externalId: 'app',
        name: 'app',
        purpose: 'a test',
        owner: await partyOf(server.url, ida),
        expiresAt: '2030-01-01T00:00:00.000Z',
      }),
    })
    const principal = (await registered.json()) as { id: string }
    assert.equal(registered.status, 201, JSON.stringify(principal))
    const activated = await run(ida, 'principals', 'activate', principal.id)
    assert.equal(activated.code, 0, activated.stderr)

    const rights = ['access', 'entitlements', '--state', join(folder, 'rights.json')]
    const none = await run(ida, ...rights)
    assert.deepEqual([none.code, none.stdout], [0, ''], none.stderr)
    const kept = await readFile(join(folder, 'rights.json'), 'utf8')
    assert.match(kept, /\.since\./, 'it goes on from there')
    assert.equal((await run(ida, ...rights)).code, 0)
    await writeFile(join(folder, 'rights.json'), kept.replace(/[0-9a-f]{32}/, 'f'.repeat(32)))
    const restored = await run(ida, ...rights)
    assert.notEqual(restored.code, 0)
    assert.match(restored.stderr, /begin again/)

    const right = ['--action', 'pg:SELECT', '--resource', 'pg://main/shop/*']
    const asked = await run(ida, 'request', 'app', ...right, '--for', '2h', '--purpose', 'ticket 1', '--json')
    assert.equal(asked.code, 0, asked.stderr)
    const { id } = JSON.parse(asked.stdout) as { id: string }
    const own = await run(ida, 'approve', id, '--reason', 'my own')
    assert.equal(own.code, 1, 'who asks does not agree')
    const agreed = await run(ben, 'approve', id, '--reason', 'ticket 1 says so')
    assert.equal(agreed.code, 0, agreed.stderr)
    assert.match(agreed.stdout, /ticket 1/, 'what is asked for is shown first')
    const grantId = /is granted: (\S+)/.exec(agreed.stderr)?.[1] ?? ''

    const decided = async (): Promise<Ended> =>
      await run(ida, 'decide', '--subject', 'kubernetes:app', '--action', 'pg:SELECT', '--resource', `table:${TABLE}`)
    const allowed = await decided()
    assert.equal(allowed.code, 0, allowed.stdout + allowed.stderr)
    assert.match(allowed.stdout, /allow/)
    const shown = [
      ['access', 'show', 'app'],
      ['access', 'who-can', 'pg:SELECT', TABLE],
    ] as const
    for (const words of shown) {
      const { code, stdout, stderr } = await run(ida, ...words)
      assert.equal(code, 0, stderr)
      assert.match(
        stdout,
        new RegExp(`pg:SELECT .*grant ${grantId}, just_in_time, until 20`),
        'what, and by which grant',
      )
    }
    const { items } = JSON.parse((await run(ida, 'access', 'show', 'app', '--json')).stdout) as {
      items: { level: string; until: string }[]
    }
    const [{ level, until } = assert.fail('it has a right')] = items
    assert.deepEqual([level, new Date(until).toISOString()], ['read', until])
    assert.match((await run(ida, 'grant', 'show', grantId)).stdout, /^approved by +Ben \(psn_/m)
    const narrowed = await run(ida, 'grant', 'narrow', grantId, '--resource', TABLE, '--because', 'enough')
    assert.match(narrowed.stderr, /gives pg:SELECT on pg:\/\/main\/shop\//, narrowed.stderr)
    assert.equal((await decided()).code, 0)
    const wider = await run(ida, 'grant', 'narrow', grantId, '--resource', 'pg://main/*', '--because', 'more')
    assert.deepEqual([wider.code, /never widened/.test(wider.stderr)], [1, true], wider.stderr)
    assert.equal((await run(ida, 'grant', 'narrow', grantId, '--because', 'nothing said')).code, 2)
    const inSession = async (sessionId: string): Promise<string> => {
      const question = {
        subject: { type: 'kubernetes', id: 'app' },
        action: { name: 'pg:SELECT' },
        resource: { type: 'table', id: TABLE },
        context: { session: { id: sessionId } },
      }
      const headers = { authorization: `Bearer ${ida}`, 'content-type': 'application/json' }
      const asking = { method: 'POST', headers, body: JSON.stringify(question) }
      const answer = await fetch(`${server.url}/access/v1/evaluation`, asking)
      return ((await answer.json()) as { context: { reason: string } }).context.reason
    }
    const session = ['--session', '0f3a/8e+6c=', '--because', 'signed out everywhere']
    const signedOut = await run(ida, 'denial', 'add', ...session)
    assert.equal(signedOut.code, 0, signedOut.stderr)
    assert.deepEqual([await inSession('0f3a/8e+6c='), await inSession('another')], ['session_ended', 'granted'])
    assert.equal((await run(ida, 'denial', 'lift', ...session)).code, 0)
    assert.equal(await inSession('0f3a/8e+6c='), 'granted')
    const ended = await run(ida, 'grant', 'end', grantId, '--because', 'done')
    assert.equal(ended.code, 0, ended.stderr)
    const policies = join(folder, 'p.cedar')
    await writeFile(policies, 'permit (principal, action, resource);\npermit (principal, action resource);\n')
    const checked = await run(ida, 'policy', 'validate', policies)
    assert.equal(checked.code, 1, checked.stderr)
    assert.match(checked.stdout, /p\.cedar:2:\d+: /, 'a mistake has its line and column')
    await writeFile(policies, 'permit (principal, action, resource);\n')
    const good = await run(ida, 'policy', 'validate', policies)
    assert.equal(good.code, 0, good.stdout + good.stderr)
    const nowhere = async (...args: string[]): Promise<Ended> =>
      await reeve(args, { env: cleanEnvironment({ REEVE_URL: 'http://127.0.0.1:1', REEVE_TOKEN: ida, HOME: folder }) })
    const asking = ['decide', '--subject', 'kubernetes:app', '--resource', `table:${TABLE}`, '--action']
    const unknown = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`
    const codes: readonly (readonly [code: number, says: RegExp, ended: Promise<Ended>])[] = [
      [2, /`action\.name`: a text is needed/, run(ida, ...asking, '')],
      [2, /has no type/, run(ida, 'decide', '--subject', 'app', '--action', 'a:b', '--resource', 'a:b')],
      [1, /no such token/, run('reeve_t_nobody', ...asking, 'pg:SELECT')],
      [1, /no answer from/, nowhere(...asking, 'pg:SELECT')],
      [2, /requestId|request/, run(ida, 'approve', 'no id', '--reason', 'x')],
      [1, /./, run(ida, 'approve', unknown, '--reason', 'x')],
      [1, /./, nowhere('approve', id, '--reason', 'x')],
      [2, /./, run(ida, 'grant', 'show', 'no id')],
      [1, /./, nowhere('grant', 'list')],
      [1, /./, run(ida, 'request', 'nobody-here', ...right, '--for', '2h', '--purpose', 'x')],
      [2, /./, run(ida, 'request', 'app', ...right, '--for', 'long', '--purpose', 'x')],
      [1, /./, nowhere('denial', 'list')],
      [1, /./, nowhere('break-glass', 'list')],
      [1, /./, nowhere('role', 'list')],
      [1, /./, nowhere('explain', ...asking.slice(1), 'pg:SELECT')],
      [1, /./, run('reeve_t_nobody', 'role', 'list')],
      [1, /no principal of that id/, run(ida, 'denial', 'lift', id, '--because', 'x')],
      [2, /./, run(ida, 'role', 'give', 'ben@example.com', 'king', '--because', 'x')],
      [2, /./, run(ida, 'explain', ...asking.slice(1), '')],
    ]
    for (const [code, says, ending] of codes) {
      const was = await ending
      assert.equal(was.code, code, was.stderr)
      assert.match(was.stderr, says)
    }
    const denied = await decided()
    assert.equal(denied.code, 1, denied.stdout + denied.stderr)
    assert.match(denied.stdout, /grant_ended/)
  },
)

async function partyOf(url: string, token: string): Promise<object> {
  const me = await fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${token}` } })
  const { id } = (await me.json()) as { id: string }
  return { kind: 'person', id }
}
