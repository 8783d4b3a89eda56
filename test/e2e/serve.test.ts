import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { ordinaryUserMissing } from '../../src/db/embedded/embedded-in-test.ts'
import { reeve } from '../scan/run-reeve.ts'
import { cleanEnvironment, startServer } from './server-in-test.ts'

/** `nobody`, on every system that has one under this number. */
const NOBODY = { uid: 65_534, gid: 65_534 }

describe('reeve serve', { skip: databaseUnavailable() }, () => {
  // one directory for all that does not need an empty one: a first start costs three times a later one
  let folder: string
  let dataDirectory: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reeve-serve-'))
    await chmod(folder, 0o755)
    dataDirectory = join(folder, 'data')
  })
  after(async () => rm(folder, { recursive: true, force: true, maxRetries: 10 }))

  test('answers, stops in order, starts again with all that it had; the first token is printed once', async (t) => {
    const first = await startServer({ dataDirectory })
    t.after(async () => first.kill())
    assert.equal((await fetch(`${first.url}/healthz`)).status, 200)
    assert.equal((await fetch(`${first.url}/readyz`)).status, 200)
    assert.match(first.token ?? '', /^reeve_b_\w{36}$/)
    const me = await fetch(`${first.url}/v1/me`, { headers: { authorization: `Bearer ${first.token}` } })
    assert.equal(me.status, 200)
    assert.doesNotMatch(first.stderr(), /reeve_b_\w{36}/, 'the log holds no token')
    assert.equal((await stat(dataDirectory)).mode & 0o066, 0)
    assert.equal(await first.stop(), 0)

    const second = await startServer({ dataDirectory })
    t.after(async () => second.kill())
    assert.equal(second.token, undefined)
    const again = await fetch(`${second.url}/v1/me`, { headers: { authorization: `Bearer ${first.token}` } })
    assert.equal(again.status, 200, 'the token of the first start is still good')
    assert.equal(await second.stop(), 0)
  })

  test('killed outright it starts again; a second server on its directory or its port is refused', async (t) => {
    const first = await startServer({ dataDirectory })
    await assert.rejects(startServer({ dataDirectory }), (error: Error) => {
      assert.match(error.message, new RegExp(`ended with 2: [\\s\\S]*process ${first.pid} already serves`))
      return true
    })
    await first.kill()
    const second = await startServer({ dataDirectory })
    t.after(async () => second.kill())
    assert.equal((await fetch(`${second.url}/readyz`)).status, 200)
    const { port } = new URL(second.url)
    const env = cleanEnvironment({ REEVE_DATA_DIR: join(folder, 'other') })
    const { code, stderr } = await reeve(['serve', '--listen', `127.0.0.1:${port}`], { env })
    assert.equal(code, 2, stderr)
    assert.match(stderr, /port \d+ of 127\.0\.0\.1 is in use/)
    assert.equal(await second.stop(), 0)
  })

  test('runs as an ordinary user', { skip: ordinaryUserMissing() }, async (t) => {
    const home = join(folder, 'home')
    await mkdir(home)
    await chown(home, NOBODY.uid, NOBODY.gid)
    const own = join(home, 'data')
    const server = await startServer({ dataDirectory: own, as: NOBODY, env: { HOME: home } })
    t.after(async () => server.kill())
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
    for (const name of await readdir(own)) assert.equal((await stat(join(own, name))).uid, NOBODY.uid)
    assert.equal(await server.stop(), 0)
  })

  test('serves HTTPS on any address, and plain HTTP behind a proxy only', async (t) => {
    const subject = [
      '-subj',
      '/CN=reeve.example',
      '-days',
      '2',
      '-nodes',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
    ]
    const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
    try {
      execFileSync('openssl', ['req', '-x509', ...subject, ...files], { stdio: 'ignore' })
    } catch {
      t.skip('no openssl on this machine')
      return
    }
    const config = join(folder, 'reeve.yaml')
    await writeFile(config, 'server:\n  tls: { cert: cert.pem, key: key.pem }\n')
    const args = ['--config', config, '--listen', '0.0.0.0:0']
    const secure = await startServer({ dataDirectory, args })
    t.after(async () => secure.kill())
    assert.match(secure.url, /^https:/)
    const { port } = new URL(secure.url)
    const status = await new Promise<number | undefined>((done, failed) => {
      get({ host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false }, (answer) => {
        answer.resume()
        done(answer.statusCode)
      }).on('error', failed)
    })
    assert.equal(status, 200)
    assert.equal(await secure.stop(), 0)

    await writeFile(config, 'server:\n  behindProxy: true\n')
    const proxied = await startServer({ dataDirectory, args })
    t.after(async () => proxied.kill())
    assert.match(proxied.url, /^http:/)
    assert.equal(await proxied.stop(), 0)
  })

  test('what keeps it from starting is one clear line and exit code 2', async () => {
    const wrong: readonly (readonly [args: readonly string[], says: RegExp])[] = [
      [['--listen', 'nowhere'], /`nowhere` is no address to listen on/],
      [['--listen', '0.0.0.0:0'], /tokens would travel unencrypted: set server\.tls/],
      [['--config', join(folder, 'no.yaml')], /the settings `.*no\.yaml` cannot be read \(ENOENT\)/],
      [['--import-root', join(folder, 'no')], /the import root `.*no` is not there/],
      [['--lisen', 'x'], /Did you mean --listen\?/],
    ]
    const env = cleanEnvironment({ REEVE_DATA_DIR: dataDirectory })
    const ended = await Promise.all(wrong.map(async ([args]) => await reeve(['serve', ...args], { env })))
    for (const [at, { code, stderr, stdout }] of ended.entries()) {
      assert.equal(code, 2, stderr)
      assert.match(stderr, wrong[at]?.[1] ?? /^$/)
      assert.equal(stdout, '')
      assert.doesNotMatch(stderr, /\n\s+at /)
    }
  })
})
