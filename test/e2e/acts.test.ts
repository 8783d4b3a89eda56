// What persons say of acts at a target, from the command line: take for good with another's approval, put back, stop every act,
// pause, go on, give up; and a person, not a job, gets in by a grant.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { COMMAND } from '../scan/run-reeve.ts'
import { cleanEnvironment } from './server-in-test.ts'
import { startWithTarget } from './target-in-test.ts'
import type { ContainWorld } from './target-in-test.ts'

const PSQL = '/usr/bin/psql'
/** Runs a command at a terminal of its own. */
const SCRIPT = '/usr/bin/script'
const SECRET = 'of-one-role-4d81-and-long-enough'
const ROLES = ['gone', 'mistaken', 'stopped', 'spared', 'keeper', 'reporting']

/** The command of somebody who sits at a terminal and types `answer`; all that is seen there. */
async function atTerminal({ url, folder }: ContainWorld, token: string, plan: string, answer: string): Promise<string> {
  const command = [process.execPath, COMMAND, 'plan', 'approve', plan].map((word) => `'${word}'`).join(' ')
  const env = cleanEnvironment({ REEVE_URL: url, REEVE_TOKEN: token, HOME: folder })
  const child = spawn(SCRIPT, ['-q', '-e', '-c', command, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  let seen = ''
  child.stdout.on('data', (data: Buffer) => {
    seen += data.toString('utf8')
    if (seen.includes('[y/N] ') && !child.stdin.writableEnded) child.stdin.end(`${answer}\n`)
  })
  await once(child, 'close')
  return seen
}

test(
  'acts are said, stopped and put back from the command line',
  { skip: postgresMissing(18), timeout: 360_000 },
  async (t) => {
    const passwords = Object.fromEntries(ROLES.map((role) => [role, `${SECRET}-${role}`]))
    const world = await startWithTarget(t, passwords, [], ['--successor', 'keeper'])
    const { postgres, ida, ben, run, file, url } = world
    await postgres.sql('alter role keeper nologin; alter role reporting nologin')
    const asks = async (operation: string, account: string): Promise<string[]> => {
      const secret = await file(`${account}.txt`, `${SECRET}-${account}\n`)
      const what = ['plan', 'make', operation, '--target', 'main', '--account', account]
      return [...what, '--because', 'a ticket', '--secret-file', secret]
    }
    const letIn = async (role: string): Promise<void> => await (await postgres.session(role, `${SECRET}-${role}`)).end()
    const planIn = (text: string): string => /pln_\w+/.exec(text)?.[0] ?? assert.fail(text)

    await t.test('the doctor names what is missing where, and says no function to the letter', async () => {
      await postgres.sql('create database later')
      const ill = await run(ida, 'target', 'doctor', 'main')
      assert.equal(ill.code, 1)
      assert.match(ill.stdout, /missing +hands over in the database later +reeve\.hand_over is missing\n/)
      assert.match(ill.stdout, /in the database later: as a superuser, there:\n +`reeve target prepare … \| psql`/)
      assert.doesNotMatch(ill.stdout, /CREATE OR REPLACE/)
      await postgres.sql('drop database later')
    })

    await t.test(
      'a role is taken for good only when another person agrees, and what it owned is the successor’s',
      async () => {
        await postgres.sql('create table of_gone (id int); alter table of_gone owner to gone')
        const made = await run(ida, ...(await asks('revoke', 'gone')))
        assert.equal(made.code, 3, made.stderr)
        assert.match(made.stdout, /another person, who is an approver/)
        const plan = planIn(made.stdout + made.stderr)
        await letIn('gone')
        const own = await run(ida, 'plan', 'approve', plan, '--yes')
        assert.equal(own.code, 1)
        // nobody sits there: what it would do is shown, and how a script says that it means it
        const unasked = await run(ben, 'plan', 'approve', plan, '--because', 'it leaked')
        assert.equal(unasked.code, 2)
        assert.match(unasked.stderr, /nobody is there to be asked: read it, then repeat it with --yes/)
        assert.match(unasked.stdout, new RegExp(`revoke gone at main: 127\\.0\\.0\\.1 port ${postgres.port}`))
        assert.match(unasked.stdout, /what it owns goes to: keeper/)
        assert.match(unasked.stdout, /DROP ROLE "?gone"?/)
        await letIn('gone')
        if (existsSync(SCRIPT)) {
          const seen = await atTerminal(world, ben, plan, 'n')
          assert.match(seen, /revoke gone at main\? \[y\/N\][^]*nothing was done/)
        }
        await letIn('gone')
        assert.match((await run(ida, 'plan', 'show', plan)).stdout, /waits for the approval/)
        const approved = await run(ben, 'plan', 'approve', plan, '--because', 'it leaked', '--yes')
        assert.equal(approved.code, 0, approved.stdout + approved.stderr)
        assert.match(approved.stdout, /Outcome: verified/)
        await assert.rejects(letIn('gone'), { code: '28P01' })
        assert.deepEqual(await postgres.sql("select 1 from pg_roles where rolname = 'gone'"), [])
        assert.deepEqual(await postgres.sql("select tableowner from pg_tables where tablename = 'of_gone'"), [
          { tableowner: 'keeper' },
        ])
        const undone = await run(ida, 'plan', 'undo', plan, '--because', 'a mistake')
        assert.equal(undone.code, 1)
        assert.match(undone.stderr, /can't be put back/)
      },
    )

    await t.test('what holding took is put back', async () => {
      const held = await run(ida, ...(await asks('contain', 'mistaken')))
      assert.equal(held.code, 0, held.stdout + held.stderr)
      await assert.rejects(letIn('mistaken'), { code: '28000' })
      const plan = planIn(held.stdout + held.stderr)
      const undone = await run(ida, 'plan', 'undo', plan, '--because', 'it was the wrong role')
      assert.equal(undone.code, 0, undone.stdout + undone.stderr)
      assert.match(undone.stdout, /Outcome: undone/)
      await letIn('mistaken')
    })

    await t.test(
      'observe-only stops an act that was asked for; a plan waits, is paused, and does it when it may go on',
      async () => {
        const on = await run(ida, 'plan', 'observe-only', 'on', '--because', 'Reeve misbehaves')
        assert.equal(on.code, 0, on.stderr)
        const made = await run(ida, ...(await asks('contain', 'stopped')))
        assert.equal(made.code, 3, made.stdout)
        assert.match(made.stderr, /Every act is stopped \(observe-only\)/)
        await letIn('stopped')
        const plan = planIn(made.stdout + made.stderr)
        const paused = await run(ida, 'plan', 'pause', plan)
        assert.equal(paused.code, 0, paused.stderr)
        const misspelt = await run(ida, 'plan', 'observe-only', 'of', '--because', 'a slip')
        assert.equal(misspelt.code, 2, misspelt.stderr)
        assert.match((await run(ida, 'plan', 'observe-only', 'show')).stderr, /Every act is stopped/)
        const off = await run(ida, 'plan', 'observe-only', 'off', '--because', 'it was mended')
        assert.match(off.stderr, /Plans act/)
        await letIn('stopped')
        const ended = await run(ida, 'plan', 'run', plan)
        assert.equal(ended.code, 0, ended.stdout + ended.stderr)
        await assert.rejects(letIn('stopped'), { code: '28000' })
      },
    )

    await t.test('a plan that waits for another person can be given up, and nothing was done', async () => {
      const made = await run(ida, ...(await asks('revoke', 'spared')))
      const plan = planIn(made.stdout + made.stderr)
      const cancelled = await run(ida, 'plan', 'cancel', plan)
      assert.equal(cancelled.code, 0, cancelled.stderr)
      const approved = await run(ben, 'plan', 'approve', plan, '--yes')
      assert.equal(approved.code, 1)
      assert.match(approved.stderr, /the plan is cancelled/)
      await letIn('spared')
    })

    await t.test(
      'a person gets in by a grant of their own, and another person does not',
      { skip: !existsSync(PSQL) && 'psql is not here' },
      async () => {
        await postgres.sql(
          'create table orders (id int); insert into orders values (7); grant select on orders to reporting',
        )
        const get = async (path: string): Promise<Record<string, unknown>> =>
          (await (await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${ida}` } })).json()) as never
        const right = ['--action', 'pg:member', '--resource', 'pg://main/role/reporting']
        const asked = await run(ida, 'request', 'me', ...right, '--for', '10m', '--purpose', 'ticket 7', '--json')
        assert.equal(asked.code, 0, asked.stderr)
        const { id: request } = JSON.parse(asked.stdout) as { id: string }
        const agreed = await run(ben, 'approve', request, '--reason', 'ticket 7 says so')
        assert.equal(agreed.code, 0, agreed.stderr)
        const grant = /is granted: (\S+)/.exec(agreed.stderr)?.[1] ?? ''
        let now: { state: string } | undefined
        for (let tries = 0; now?.state !== 'active'; tries++, await sleep(50)) {
          assert.ok(tries < 400, JSON.stringify(now))
          now = ((await get(`/v1/grants/${grant}`)) as { data: { state: string } }).data
        }
        const query = ['connect', 'main', '--', PSQL, '-X', '-A', '-t', '-c', 'select id from orders']
        const inside = await run(ida, ...query)
        assert.equal(inside.code, 0, inside.stderr)
        assert.equal(inside.stdout.trim(), '7')
        const other = await run(ben, ...query)
        assert.match(other.stderr, /no grant of yours is in force/)
        const ended = await run(ida, 'grant', 'end', grant, '--because', 'done')
        assert.equal(ended.code, 0, ended.stderr)
        for (let left = 1; left > 0; await sleep(50))
          left = (await postgres.sql("select 1 from pg_roles where rolname like 'reeve\\_grt%'")).length
        assert.equal((await run(ida, ...query)).code, 1)
      },
    )
  },
)
