import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import { startReeve } from '#main'
import { monotonicClock } from './clock.ts'
import { dataDirectoryFrom, prepareDataDirectory } from './data-directory.ts'
import { isLoopback, parseListen, refuseExposed, urlOf } from './listen-address.ts'

describe('the data directory', () => {
  test('is what was said, else what the user is', () => {
    const user = { isRoot: false, home: '/home/ada' }
    assert.equal(dataDirectoryFrom('/srv/reeve', { REEVE_DATA_DIR: '/elsewhere' }, user), '/srv/reeve')
    assert.equal(dataDirectoryFrom(undefined, { REEVE_DATA_DIR: '/elsewhere' }, user), '/elsewhere')
    assert.equal(dataDirectoryFrom(undefined, {}, user), '/home/ada/.local/share/reeve')
    assert.equal(dataDirectoryFrom(undefined, { XDG_DATA_HOME: '/data' }, user), '/data/reeve')
    assert.equal(dataDirectoryFrom(undefined, { XDG_DATA_HOME: 'data' }, user), '/home/ada/.local/share/reeve')
    assert.equal(dataDirectoryFrom(undefined, { XDG_DATA_HOME: '/data' }, { ...user, isRoot: true }), '/var/lib/reeve')
  })

  test('is closed to others, also when it was open before', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'reeve-'))
    t.after(async () => rm(folder, { recursive: true }))
    const made = join(folder, 'a', 'b')
    await prepareDataDirectory(made)
    assert.equal((await stat(made)).mode & 0o777, 0o700)
    await chmod(made, 0o777)
    await prepareDataDirectory(made)
    assert.equal((await stat(made)).mode & 0o067, 0)
  })

  test('that is a file is refused with what to do', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'reeve-'))
    t.after(async () => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'file'), '')
    await assert.rejects(
      prepareDataDirectory(join(folder, 'file', 'below')),
      (error) => error instanceof Fault && error.code === 'database_refused' && /REEVE_DATA_DIR/.test(error.detail),
    )
  })
})

describe('the address', () => {
  test('is read in each of its spellings', () => {
    assert.deepEqual(parseListen('127.0.0.1:7330'), { host: '127.0.0.1', port: 7330 })
    assert.deepEqual(parseListen('[::1]:0'), { host: '::1', port: 0 })
    assert.deepEqual(parseListen(':8080'), { host: '127.0.0.1', port: 8080 })
    assert.deepEqual(parseListen('reeve.example:443'), { host: 'reeve.example', port: 443 })
    for (const wrong of ['', '7330', '127.0.0.1', '127.0.0.1:99999', '[zz]:1', 'a b:1', '::1:80', 'http://a:1']) {
      assert.throws(() => parseListen(wrong), Fault, wrong)
    }
    assert.equal(urlOf({ host: '::1', port: 1 }, false), 'http://[::1]:1')
    assert.equal(urlOf({ host: 'reeve.example', port: 443 }, true), 'https://reeve.example:443')
  })

  test('that other machines reach needs TLS or a declared proxy', () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'reeve.example', '127.example', '128.0.0.1']) {
      assert.ok(!isLoopback(host), host)
      const at = { host, port: 7330 }
      assert.throws(() => refuseExposed(at, { tls: false, behindProxy: false }), /unencrypted/)
      refuseExposed(at, { tls: true, behindProxy: false })
      refuseExposed(at, { tls: false, behindProxy: true })
    }
    for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) {
      refuseExposed({ host, port: 0 }, { tls: false, behindProxy: false })
    }
  })
})

test('a port that is in use is told before anything is prepared', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-'))
  t.after(async () => rm(folder, { recursive: true }))
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const { port } = other.address() as AddressInfo
  const start = startReeve({
    environment: {},
    workingDirectory: folder,
    dataDirectory: join(folder, 'data'),
    listen: `127.0.0.1:${port}`,
    release: '1',
    log: { write: () => undefined },
  })
  await assert.rejects(start, (error) => error instanceof Fault && /is in use: .*--listen/.test(error.detail))
  assert.deepEqual(await readdir(folder), [])
})

test('the clock never goes backwards by minutes, whatever the machine says', () => {
  const noon = Date.parse('2026-03-01T12:00:00.000Z')
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300_000 })), (offsets) => {
      const said = offsets.map((ms) => new Date(noon + ms).toISOString() as Instant)
      const clock = monotonicClock(() => said.shift() ?? ('2026-03-01T12:00:00.000Z' as Instant))
      const given = offsets.map(() => clock())
      assert.deepEqual(given, given.toSorted())
    }),
  )
})

test('a clock that ran years ahead and was put right again does not stand still for years', () => {
  const said = ['2026-03-01T12:00:00.000Z', '2030-01-01T00:00:00.000Z', '2026-03-01T12:00:02.000Z'] as Instant[]
  const steps: string[] = []
  const clock = monotonicClock(
    () => said.shift() ?? ('2026-03-01T12:00:03.000Z' as Instant),
    (from, to) => void steps.push(`${from} ${to}`),
  )
  assert.deepEqual(
    [clock(), clock(), clock(), clock()],
    ['2026-03-01T12:00:00.000Z', '2030-01-01T00:00:00.000Z', '2026-03-01T12:00:02.000Z', '2026-03-01T12:00:03.000Z'],
  )
  assert.deepEqual(steps, ['2030-01-01T00:00:00.000Z 2026-03-01T12:00:02.000Z'])
})
