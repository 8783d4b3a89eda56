// A job gets into a real PostgreSQL by a grant, through the doors that it has, and is out when it ends.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { existsSync } from 'node:fs'
import { describe, test } from 'node:test'
import { deriveId } from '#kernel'
import { postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { startWithTarget } from './target-in-test.ts'
import type { ContainWorld } from './target-in-test.ts'

const PSQL = '/usr/bin/psql'
const missing = existsSync(PSQL) ? postgresMissing(18) : 'psql is not here'
const SECONDS = 40

interface Granted {
  readonly grantId: string
  readonly role: string
  readonly endsAt: number
  /** Of the job itself. */
  readonly job: string
}

/** A job with a token of its own asks for it; Ben agrees. */
async function granted(world: ContainWorld, right: object): Promise<Granted> {
  const { ida, ben, post, url, run } = world
  const me = await fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${ida}` } })
  const { id } = (await me.json()) as { id: string }
  const own = await post(ida, '/v1/principals', {
    kind: 'api_client',
    system: 'reeve',
    externalId: 'nightly-report',
    name: 'nightly-report',
    purpose: 'a test',
    owner: { kind: 'person', id },
    expiresAt: '2030-01-01T00:00:00.000Z',
  })
  const active = await run(ida, 'principals', 'activate', own.id)
  assert.equal(active.code, 0, active.stderr)
  const token = await post(ida, '/v1/tokens', { subjectId: own.id, label: 'job', scopes: ['read', 'write'] })
  const { value: job } = token as unknown as { value: string }
  const asked = { principalId: own.id, ...right, seconds: SECONDS, purpose: 'ticket 7' }
  const request = await post(job, '/v1/access-requests', asked)
  const agreed = await run(ben, 'approve', request.id, '--reason', 'ticket 7 says so')
  const endsAt = Date.now() + SECONDS * 1000
  assert.equal(agreed.code, 0, agreed.stderr)
  const grantId = /is granted: (\S+)/.exec(agreed.stderr)?.[1] ?? ''
  return { grantId, role: `reeve_${grantId}`, endsAt, job }
}

interface Grant {
  readonly state: string
  readonly fulfilment?: { readonly answer?: string }
}

const grantOf = async ({ url, ida }: ContainWorld, grantId: string): Promise<Grant> => {
  const response = await fetch(`${url}/v1/grants/${grantId}`, { headers: { authorization: `Bearer ${ida}` } })
  return ((await response.json()) as { data: Grant }).data
}

const stateOf = async (world: ContainWorld, grantId: string): Promise<string> => (await grantOf(world, grantId)).state

async function until(holds: () => Promise<boolean>, what: string, limitMs = 20_000): Promise<void> {
  for (const end = Date.now() + limitMs; !(await holds()); await sleep(50)) assert.ok(Date.now() < end, what)
}

describe('a grant at a real PostgreSQL', { skip: missing, timeout: 240_000 }, () => {
  test('who has it gets in by one command; when it ends the session is dead, the role is gone, a login is refused', async (t) => {
    const world = await startWithTarget(t, { reporting: 'of the group, never used', other: 'another one' })
    const { postgres, ida, run } = world
    await postgres.sql('alter role reporting nologin; create table orders (id int); insert into orders values (7)')
    await postgres.sql('grant select on orders to reporting; grant create on database postgres to reporting')
    const right = { actions: ['pg:member'], resources: ['pg://main/role/reporting'] }
    const { grantId, role, endsAt, job } = await granted(world, right)
    await until(async () => (await stateOf(world, grantId)) === 'active', 'it is active')

    const [made] = await postgres.sql(
      `select r.rolpassword, r.rolvaliduntil > now() as valid, shobj_description(r.oid, 'pg_authid') as comment
       from pg_authid r where rolname = '${role}'`,
    )
    assert.equal(made?.['rolpassword'], null, 'nobody can use it before somebody asks')
    assert.match(String(made?.['comment']), new RegExp(`grant ${grantId}, request req_`))

    const asks = ['-X', '-A', '-t', '-c', "select id, current_setting('application_name') from orders"]
    const inside = await run(job, 'connect', 'main', '--', PSQL, ...asks)
    assert.equal(inside.code, 0, inside.stderr)
    assert.match(inside.stdout, /^7\|reeve req_\w+/)
    const shown = await run(
      job,
      'connect',
      'main',
      '--',
      '/bin/sh',
      '-c',
      'env; cat "$PGPASSFILE"; ls -l "$PGPASSFILE"',
    )
    const [, password = ''] = /^\*:\*:\*:\*:(\S{40,})$/m.exec(shown.stdout) ?? []
    assert.notEqual(password, '')
    assert.equal(shown.stdout.split(password).length, 2, 'the environment has the password')
    assert.ok(!shown.stderr.includes(password) && !shown.stdout.includes(job))
    assert.match(shown.stdout, /-rw------- /)
    const path = /PGPASSFILE=(\S+)/.exec(shown.stdout)?.[1] ?? ''
    assert.ok(path !== '' && !existsSync(path), 'the file is left behind')

    const foreign = await run(ida, 'connect', 'main', '--', PSQL, ...asks)
    assert.equal(foreign.code, 1)
    assert.match(foreign.stderr, /no grant of yours is in force at `main`/)

    // where its login would be looked for when it ends is not moved under it; whatever else is said of a target is
    const moved = await run(ida, 'target', 'change', 'main', '--port', '1')
    assert.equal(moved.code, 1)
    assert.match(moved.stderr, new RegExp(`grants are at this target.*${grantId}`))
    const named = await run(ida, 'target', 'change', 'main', '--successor', 'other', '--json')
    assert.equal(named.code, 0, named.stderr)

    const session = await postgres.session(role, password)
    await session.query('select id from orders')
    await session.query('create schema left_there')
    await sleep(Math.max(0, endsAt - Date.now()))
    await until(async () => (await stateOf(world, grantId)) === 'ended', 'it is seen to be over')
    await assert.rejects(session.query('select id from orders'))
    await assert.rejects(postgres.session(role, password), { code: '28P01' })
    assert.deepEqual(await postgres.sql(`select 1 from pg_roles where rolname like 'reeve\\_grt%'`), [])
    const page = await run(ida, 'grant', 'show', grantId)
    assert.match(page.stdout, /left there +schema left_there in postgres: other owns it now/)
    const { fulfilment } = await grantOf(world, grantId)
    assert.match(fulfilment?.answer ?? '', /127\.0\.0\.1:\d+ refused \(28P01\)/)
    assert.equal((await run(ida, 'target', 'change', 'main', '--port', '1')).code, 0)
  })

  test('a person whom a feed brought gets in as they are; leaving in the next feed ends their session and their role', async (t) => {
    const world = await startWithTarget(t, { reporting: 'of the group, never used' })
    const { postgres, ida, ben, post, run } = world
    const feed = async (...status: readonly string[]): Promise<void> => {
      const rows = status.map((word, at) => `p${at},Person ${at},p${at}@x.example,,t,${word},,`)
      const file = await world.file('people.csv', `id,name,email,manager,team,status,start,end\n${rows.join('\n')}\n`)
      const sent = await run(ida, 'people', 'import', file, '--source', 'hr')
      assert.equal(sent.code, 0, sent.stdout + sent.stderr)
    }
    await feed('active', 'active')
    const wanted = { subjectId: deriveId('person', 'p0'), label: 'of p0', scopes: ['read', 'write'] }
    const { value: own } = (await post(ida, '/v1/tokens', wanted)) as unknown as { value: string }
    const right = ['--action', 'pg:member', '--resource', 'pg://main/role/reporting', '--for', '30m']
    const asked = await run(own, 'request', 'me', ...right, '--purpose', 'ticket 8')
    assert.equal(asked.code, 0, asked.stderr)
    const [request = ''] = /req_\w+/.exec(asked.stdout + asked.stderr) ?? []
    const agreed = await run(ben, 'approve', request, '--reason', 'ticket 8 says so')
    assert.equal(agreed.code, 0, agreed.stderr)
    const grantId = /is granted: (\S+)/.exec(agreed.stderr)?.[1] ?? ''
    const role = `reeve_${grantId}`
    await until(async () => (await stateOf(world, grantId)) === 'active', 'it is active')

    const asks = ['/bin/sh', '-c', 'cat "$PGPASSFILE"; psql -X -A -t -c "select session_user, 7"']
    const inside = await run(own, 'connect', 'main', '--', ...asks)
    assert.equal(inside.code, 0, inside.stderr)
    assert.match(inside.stdout, new RegExp(`^${role}\\|7$`, 'm'))
    const [, password = ''] = /^\*:\*:\*:\*:(\S{40,})$/m.exec(inside.stdout) ?? []
    const session = await postgres.session(role, password)
    await session.query('select 1')

    await feed('leaver', 'active')
    await until(async () => (await stateOf(world, grantId)) === 'ended', 'it has ended')
    await assert.rejects(session.query('select 1'))
    assert.deepEqual(await postgres.sql(`select 1 from pg_roles where rolname like 'reeve\\_grt%'`), [])
    const again = await run(own, 'connect', 'main', '--', PSQL, '-c', 'select 1')
    assert.notEqual(again.code, 0)
  })
})
