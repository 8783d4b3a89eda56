import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { everyRow, filesWith, isIn, MARK, watchProcesses } from './places-of-secrets.ts'
import { startWithTarget } from './target-in-test.ts'
import type { ContainWorld } from './target-in-test.ts'

const EXHAUSTIVE = process.env['REEVE_EXHAUSTIVE'] !== undefined
/** By a plan each, to its end. */
const USED = EXHAUSTIVE ? 25 : 5
/** Offered for what would become of them, in a request that is wrong, or where no secret belongs. */
const SHOWN = EXHAUSTIVE ? 470 : 33
/** In files, which are scanned and imported. */
const STORED = EXHAUSTIVE ? 500 : 40
const AT_ONCE = 4
/** Of those, by the command line. */
const BY_COMMAND = 2
/** Beside those: held up, so that their secrets are in memory when the server crashes. */
const UNDER_WAY = 5
const ALL = USED + SHOWN + STORED + UNDER_WAY
const why = { because: 'it was planted' }

interface Item {
  readonly id: string
  readonly data: { readonly state: string; readonly account: string; readonly receiptId?: string }
}

const planted = (prefix: string, count: number): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`${prefix}${at}`, `${MARK}${randomBytes(16).toString('hex')}`]),
  )

describe('values of secrets are nowhere', { skip: postgresMissing(18), timeout: 1_800_000 }, () => {
  test(`${ALL} are planted, used, shown and imported: found in nothing that is kept, told, seen or left by a crash`, async (t) => {
    const [roles, stuck] = [planted('app', USED), planted('stuck', UNDER_WAY)]
    const left = await mkdtemp(join(tmpdir(), 'reeve-crash-'))
    t.after(async () => await rm(left, { recursive: true, force: true }))
    const reports = join(left, 'reports')
    mkdirSync(reports)
    const env = { NODE_OPTIONS: `--report-on-signal --report-on-fatalerror --report-directory=${reports}` }
    const estate = await estateOf(t)
    const config = join(left, 'reeve.yaml')
    const limits = 'rateLimits: { perTokenPerMinute: 100000, failuresPerAddressPerMinute: 10000 }'
    await writeFile(config, `server:\n  ${limits}\n`)
    const args = ['--import-root', estate, '--config', config]
    const world = await startWithTarget(t, { ...roles, ...stuck }, args, [], { cwd: left, env })
    const watch = watchProcesses()
    const answers = [...(await contained(world, roles)), ...(await imported(world, estate)), ...(await shown(world))]
    const plans = await ended(world)
    const seen = watch.stop()
    assert.deepEqual([...new Set(plans.map(({ data }) => data.state))], ['verified'])
    assert.equal(plans.length, USED)
    assert.ok(seen.looks > 10, 'processes were looked at while they ran')
    assert.deepEqual(seen.found, [])

    const told = [...answers, ...plans.map((plan) => JSON.stringify(plan)), ...(await pages(world, '/v1/entries'))]
    for (const { data } of plans) told.push(await get(world, `/v1/receipts/${data.receiptId ?? ''}`))
    assert.deepEqual(told.filter(isIn), [])
    await notInWhatIsKept(world)
    const heldUp = await underWay(world, stuck)
    try {
      await notInWhatACrashLeaves(world, left, reports)
    } finally {
      await heldUp.end()
    }
    // nor in the log of the target, which has every statement and login
    const target = filesWith(join(world.postgres.place.data, 'log'))
    assert.ok(target.count > 0)
    assert.deepEqual(target.found, [])
  })
})

/** What was answered. */
async function contained(world: ContainWorld, roles: Readonly<Record<string, string>>): Promise<string[]> {
  const answers: string[] = []
  const one = async (account: string, secret: string, byCommand: boolean): Promise<void> => {
    if (!byCommand) {
      const asked = { secret, target: 'main', account, ...why }
      answers.push(JSON.stringify(await world.post(world.ida, '/v1/containments', asked, 200)))
      return
    }
    const path = await world.file(`leaked-${account}.txt`, `${secret}\n`)
    const held = ['contain', '--secret-file', path, '--target', 'main', '--account', account, '--because', 'planted']
    const { code, stdout, stderr } = await world.run(world.ida, ...held, '--yes')
    assert.equal(code, 0, stdout + stderr)
    answers.push(stdout, stderr)
  }
  await someAtOnce(
    Object.entries(roles).map(
      ([account, secret], index) =>
        async () =>
          await one(account, secret, index < BY_COMMAND),
    ),
  )
  return answers
}

async function someAtOnce(work: (() => Promise<void>)[]): Promise<void> {
  const one = async (): Promise<void> => {
    for (let next = work.shift(); next !== undefined; next = work.shift()) await next()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
}

/** A file each, as people leave them behind. */
async function estateOf(t: TestContext): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'reeve-planted-')))
  t.after(async () => await rm(folder, { recursive: true, force: true }))
  for (const [name, secret] of Object.entries(planted('stored', STORED)))
    await writeFile(join(folder, `${name}.env`), `DATABASE_URL=${uriOf(name, secret)}\n`)
  return folder
}

const uriOf = (name: string, secret: string): string => `postgresql://${name}:${secret}@${name}.example:5432/shop`

/** Scanned at the command line, and read by the server into the roll. */
async function imported(world: ContainWorld, estate: string): Promise<string[]> {
  const scanned = await world.run(world.ida, 'scan', estate, '--format', 'json')
  const read = await world.run(world.ida, 'import', estate)
  assert.equal(read.code, 0, read.stdout + read.stderr)
  const known = await pages(world, '/v1/credentials')
  const found = known.flatMap((page) => (JSON.parse(page) as { items: unknown[] }).items)
  assert.ok(found.length >= STORED, `${found.length} credentials are in the roll`)
  return [scanned.stdout, scanned.stderr, read.stdout, read.stderr, ...known]
}

/** None is the password of the account: before a plan, in one, in a request that is wrong, or where none belongs. */
async function shown(world: ContainWorld): Promise<string[]> {
  const answers: string[] = []
  const planId = (await allPlans(world))[0]?.id ?? ''
  const { ida, post } = world
  const settings = { name: 'another', address: { host: '127.0.0.1', port: 1 }, tls: 'off' }
  const asked = { target: 'main', account: 'app0' }
  const ways: readonly ((secret: string) => Promise<unknown>)[] = [
    async (secret) => await post(ida, '/v1/containments/preview', { ...asked, secret }, 200),
    async (secret) => await post(ida, '/v1/containments/preview', { secret: uriOf('nobody', secret) }, 200),
    async (secret) => await post(ida, '/v1/containments/preview', { secret: `db.example:5432:*:app0:${secret}` }, 200),
    async (secret) => await post(ida, '/v1/plans/preview', { ...asked, secret, operation: 'contain' }, 200),
    async (secret) => await post(ida, '/v1/containments', { ...asked, secret, ...why, credentialId: secret }, 400),
    async (secret) => await post(ida, '/v1/plans', { ...asked, secret, ...why, operation: secret }, 400),
    async (secret) => await post(ida, `/v1/plans/${planId}/run`, { secret }, 422),
    async (secret) =>
      await post(ida, '/v1/targets', { ...settings, administrator: { user: 'reeve_admin', password: secret } }, 422),
    async (secret) => await post(ida, '/v1/access-requests', { principalId: 'me', password: secret }, 400),
    async (secret) => await post(ida, '/v1/connections', { type: 'files', name: 'x', token: secret }, 400),
    async (secret) => await post(secret, '/v1/tokens', {}, 401),
  ]
  const offers = Object.values(planted('shown', SHOWN)).map((secret, index) => async (): Promise<void> => {
    answers.push(JSON.stringify(await ways[index % ways.length]?.(secret)))
  })
  await someAtOnce(offers)
  return answers
}

async function notInWhatIsKept(world: ContainWorld): Promise<void> {
  const data = join(world.folder, 'data')
  const rows = await everyRow(data)
  assert.ok(rows.count > USED * 10, `${rows.count} rows`)
  assert.deepEqual(rows.found, [])
  const files = filesWith(data)
  assert.ok(files.count > 100, `${files.count} files`)
  assert.deepEqual(files.found, [])
  assert.ok(!isIn(world.stderr()))
}

/** Plans that wait for a lock at their target: the session that has it. */
async function underWay(
  world: ContainWorld,
  roles: Readonly<Record<string, string>>,
): ReturnType<ContainWorld['postgres']['session']> {
  const session = await world.postgres.session('postgres', await world.postgres.call().secretOf(''))
  await session.query('begin')
  for (const account of Object.keys(roles)) await session.query(`alter role ${account} connection limit 9`)
  for (const [account, secret] of Object.entries(roles))
    await world.post(world.ida, '/v1/containments', { secret, target: 'main', account, ...why }, 200)
  return session
}

/** A report of Node's, and a core file, of a server that has secrets in its memory. */
async function notInWhatACrashLeaves(world: ContainWorld, left: string, reports: string): Promise<void> {
  const { pid } = world
  const running = (await allPlans(world)).filter(({ data }) => data.state === 'running')
  assert.equal(running.length, UNDER_WAY)
  process.kill(pid, 'SIGUSR2')
  for (let waited = 0; filesWith(reports).count === 0 && waited < 200; waited++) await sleep(100)
  const report = filesWith(reports)
  assert.ok(report.count > 0, 'a report was written')
  assert.deepEqual(report.found, [])
  // the kernel's own word, whichever way this machine keeps core files
  assert.equal(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8').trim(), '00000000')
  await promisify(execFile)('prlimit', ['--pid', String(pid), '--core=unlimited:'])
  process.kill(pid, 'SIGABRT')
  for (let waited = 0; existsSync(`/proc/${pid}`) && waited < 600; waited++) await sleep(100)
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim()
  const core = [join(left, pattern), join(left, `${pattern}.${pid}`)].find((path) => existsSync(path))
  if (/^\w+$/.test(pattern)) assert.ok(core !== undefined && statSync(core).size > 0, 'a core file was written')
  assert.deepEqual(filesWith(left).found, [])
  assert.deepEqual(filesWith(join(world.folder, 'data')).found, [])
  assert.ok(!isIn(world.stderr()))
}

async function get({ url, ida }: ContainWorld, path: string): Promise<string> {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${ida}` } })
  assert.equal(response.status, 200, path)
  return await response.text()
}

/** Each page of a list, as it was answered. */
async function pages(world: ContainWorld, path: string): Promise<string[]> {
  const found: string[] = []
  for (let cursor = ''; ;) {
    const page = await get(world, `${path}?limit=200${cursor}`)
    found.push(page)
    const { next } = JSON.parse(page) as { next?: string }
    if (next === undefined) return found
    cursor = `&cursor=${encodeURIComponent(next)}`
  }
}

const allPlans = async (world: ContainWorld): Promise<Item[]> =>
  (await pages(world, '/v1/plans')).flatMap((page) => (JSON.parse(page) as { items: Item[] }).items)

async function ended(world: ContainWorld): Promise<Item[]> {
  for (;;) {
    const found = await allPlans(world)
    if (found.every(({ data }) => data.state !== 'running')) return found
    await sleep(1000)
  }
}
