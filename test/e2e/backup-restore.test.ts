// A restore turns back time; what ended meanwhile must not live again unseen.
import assert from 'node:assert/strict'
import { cp, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { reeve } from '../scan/run-reeve.ts'
import type { Ended } from '../scan/run-reeve.ts'
import { cleanEnvironment, startServer, temporaryFolder } from './server-in-test.ts'

interface Restored {
  readonly evidenceGiven: boolean
  readonly knownUntil: string
  readonly replayed: {
    readonly quarantined: number
    readonly retired: number
    readonly credentials: number
    readonly tokensRevoked: number
    readonly unknown: readonly string[]
  }
}

function parsed(ended: Ended): unknown {
  assert.equal(ended.code, 0, ended.stderr)
  return JSON.parse(ended.stdout)
}

/** The log goes on shorter than it was, and says both of its ends, so that a witness's operator can compare. */
async function theLogSaysSo(run: (...args: string[]) => Promise<Ended>, dataDirectory: string): Promise<void> {
  const { code, stdout, stderr } = await run('evidence', 'export', '--ocsf', '--data-dir', dataDirectory)
  assert.equal(code, 0, stderr)
  const line = stdout.split('\n').find((text) => text.includes('log.restored')) ?? assert.fail('no log.restored')
  const [, before] = /"sizeBefore":(\d+)/.exec(line) ?? assert.fail(line)
  const [, size] = /"size":(\d+)/.exec(line) ?? assert.fail(line)
  assert.ok(Number(before) > Number(size), line)
  assert.match(line, /"rootBefore":"[\w+/]{43}="/)
}

test(
  'backup and restore: what ended since stays ended, what is not known is said',
  {
    skip: databaseUnavailable(),
    timeout: 400_000,
  },
  async (t) => {
    const folder = await temporaryFolder(t)
    const home = join(folder, 'home')
    await mkdir(home)
    const env = cleanEnvironment({ HOME: home })
    const dataDirectory = join(folder, 'data')
    const run = async (...args: string[]): Promise<Ended> => reeve(args, { env })
    const server = await startServer({ dataDirectory, args: ['--sample', '--both-administrations'] })
    t.after(async () => server.kill())
    const log = ['login', '--url', server.url, '--bootstrap', '--name', 'Ada', '--email', 'ada@example.com']
    const login = await reeve(log, { env: { ...env, REEVE_TOKEN: server.token ?? '' } })
    assert.equal(login.code, 0, login.stderr)
    const { items } = parsed(await run('principals', 'list', '--system', 'aws', '--json')) as {
      items: { id: string }[]
    }
    const [held = '', retired = '', late = ''] = items.map(({ id }) => id)
    assert.notEqual(late, '')

    const old = join(folder, 'old.reeve-backup')
    const newer = join(folder, 'newer.reeve-backup')
    assert.equal((await run('backup', old, '--data-dir', dataDirectory)).code, 0, 'beside the running server')
    assert.equal((await run('principals', 'quarantine', held, '--because', 'leaked')).code, 0)
    assert.equal((await run('principals', 'retire', retired, '--because', 'gone', '--emergency')).code, 0)
    assert.equal(await server.stop(), 0)
    const whole = await run('backup', newer, '--data-dir', dataDirectory, '--with-keys', '--json')
    assert.ok((parsed(whole) as { files: string[] }).files.includes('fingerprint.json'), 'and without one')

    const refused = await run('restore', old, '--data-dir', join(folder, 'a'))
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /would be live again: give a newer backup with --evidence/)
    assert.ok(!(await readdir(folder)).includes('a'), 'nothing was made')

    const into = join(folder, 'restored')
    const done = parsed(await run('restore', old, '--data-dir', into, '--evidence', newer, '--json')) as Restored
    assert.deepEqual(
      { ...done.replayed, tokensRevoked: done.replayed.tokensRevoked > 0 },
      {
        quarantined: 1,
        retired: 1,
        credentials: 0,
        tokensRevoked: true,
        rolesEnded: 0,
        plansPaused: 0,
        plansCancelled: 0,
        targetsRemoved: 0,
        grantsEnded: 0,
        denials: 0,
        unknown: [],
        leavers: [],
      },
    )
    const blind = await run('restore', old, '--data-dir', join(folder, 'blind'), '--without-evidence')
    assert.equal(blind.code, 0, blind.stderr)
    assert.match(blind.stderr, /NOTHING is known of what happened after 20/)
    const replaced = parsed(await run('restore', old, '--data-dir', dataDirectory, '--replace', '--json')) as Restored
    assert.equal(replaced.evidenceGiven, true)
    assert.deepEqual([replaced.replayed.quarantined, replaced.replayed.retired], [1, 1])

    await assert.rejects(
      startServer({ dataDirectory: into }),
      /ended with 2: .*made under keys that are not in .*\(log, fingerprint, token, webhook, cursor\)/s,
    )
    assert.deepEqual(await readdir(join(into, 'keys')), [], 'no new key was made in silence')
    await rm(join(into, 'keys'), { recursive: true })
    await cp(join(dataDirectory, 'keys'), join(into, 'keys'), { recursive: true })

    const startsAgain = async (directory: string): Promise<void> => {
      const again = await startServer({ dataDirectory: directory, args: ['--both-administrations'] })
      t.after(async () => again.kill())
      const me = await reeve(['principals', 'list'], { env: { ...env, REEVE_URL: again.url } })
      assert.equal(me.code, 2, 'the token of before is good no more')
      const { pathname } = new URL(again.url)
      assert.equal(pathname, '/')
      assert.equal(await again.stop(), 0)
    }
    await Promise.all([into, dataDirectory].map(startsAgain))
    await theLogSaysSo(run, dataDirectory)

    const acceptAll = ['log', 'fingerprint', 'token', 'webhook', 'cursor'].flatMap((kind) => [
      '--accept-key-loss',
      kind,
    ])
    const accepted = await startServer({ dataDirectory: join(folder, 'blind'), args: acceptAll })
    t.after(async () => accepted.kill())
    assert.equal(await accepted.stop(), 0, 'said outright, new keys are made')
  },
)
