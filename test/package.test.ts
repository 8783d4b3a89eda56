// The package as a user gets it: packed, installed in an empty folder, run from there.
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { chmod, cp, mkdtemp, readdir, readFile, rm, symlink, mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { databaseUnavailable } from '../src/db/database-in-test.ts'
import { cleanEnvironment, startServer } from './e2e/server-in-test.ts'

const run = promisify(execFile)
const folder = await mkdtemp(join(tmpdir(), 'reeve-package-'))
const installed = join(folder, 'node_modules', 'reeve')

/** A Node older than ours, when the machine has one beside the clone's own. */
function olderNode(): string | undefined {
  for (const candidate of ['/usr/bin/node', '/usr/local/bin/node']) {
    try {
      const major = Number(execFileSync(candidate, ['-p', 'process.versions.node'], { encoding: 'utf8' }).split('.')[0])
      if (major < 24) return candidate
    } catch {
      // not there
    }
  }
  return undefined
}

describe('the package', () => {
  before(async () => {
    await run('npm', ['pack', '--silent', '--pack-destination', folder], { shell: process.platform === 'win32' })
    const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'))
    assert.ok(tarball !== undefined)
    await mkdir(installed, { recursive: true })
    await run('tar', ['-xzf', join(folder, tarball), '-C', installed, '--strip-components=1'])
    // the dependencies are those of the lock file, linked so that no registry is needed
    const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Record<
      'dependencies' | 'optionalDependencies',
      Record<string, string>
    >
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      await mkdir(join(folder, 'node_modules', name, '..'), { recursive: true })
      await symlink(resolve('node_modules', name), join(folder, 'node_modules', name))
    }
  })
  after(async () => {
    await rm(folder, { recursive: true })
  })

  test('holds no sources, no tests and no samples of others', async () => {
    const names = await readdir(installed)
    assert.ok(names.includes('dist') && names.includes('bin') && names.includes('LICENSE'))
    const built = await readdir(join(installed, 'dist'))
    for (const name of ['worker.js', 'probe-process.js'])
      assert.ok(built.includes(name), `${name} is loaded by its URL`)
    for (const absent of ['src', 'cli', 'test', 'node_modules', 'bench']) assert.ok(!names.includes(absent), absent)
  })

  test('its command scans, also with worker threads', async () => {
    const estate = join(folder, 'estate')
    await cp('samples', estate, { recursive: true })
    for (let index = 0; index < 400; index++) await writeFile(join(estate, `file-${index}.txt`), `line ${index}\n`)
    const { stdout } = await run(
      process.execPath,
      [join(installed, 'bin', 'reeve.js'), 'scan', estate, '--format', 'json', '--fail-on', 'none', '--workers', '2'],
      { cwd: folder, maxBuffer: 1 << 28 },
    )
    const report = JSON.parse(stdout) as { principals: unknown[]; findings: unknown[]; errors: unknown[] }
    assert.ok(report.principals.length > 20)
    assert.ok(report.findings.length > 10)
  })

  test('its guard and its decision points can be imported', async () => {
    const program = "process.stdout.write(JSON.stringify(Object.keys(await import('reeve/sdk'))))"
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder })
    const names = JSON.parse(stdout) as string[]
    for (const name of ['openDecisionPoint', 'askDecisionPoint', 'guardExpress', 'guardFastify', 'guardHono']) {
      assert.ok(names.includes(name), name)
    }
  })

  test('a program over its SDK is checked by its types', async () => {
    const source = `
      import { authorizeIssue, guardExpress, openDecisionPoint } from 'reeve/sdk'
      import type { IssueAuthorized, LocalDecisionPoint } from 'reeve/sdk'
      const point: LocalDecisionPoint = await openDecisionPoint({ server: 'http://x', token: () => Promise.resolve('y') })
      const { decision, context } = await point.evaluate({})
      export const said: boolean = decision
      export const why: string = context.reason
      const asked = { subject: { type: 'a', id: 'b' }, resource: { type: 'c', id: 'd' }, scopes: ['e'], ttlSeconds: 60 }
      export const issued: IssueAuthorized = authorizeIssue(point.state(), asked, point.now())
      guardExpress({ routes: { name: 'shop', routes: [] }, ask: (body) => point.evaluate(body) })
      // @ts-expect-error a server is needed
      await openDecisionPoint({ token: () => Promise.resolve('y') })
      // @ts-expect-error it is a text, and known as one
      export const wrong: number = context.reason
      // @ts-expect-error scopes are a list
      authorizeIssue(point.state(), { ...asked, scopes: 'e' }, 0)
    `
    await writeFile(join(folder, 'uses.mts'), source)
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2024',
      strict: true,
      noEmit: true,
      types: ['node'],
      typeRoots: [resolve('node_modules/@types')],
    }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['uses.mts'] }))
    const checked = run(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', folder])
    await checked.catch((error: { stdout: string }) => assert.fail(error.stdout))
  })

  test('its graph answers in a thread of its own', { skip: databaseUnavailable() }, async (t) => {
    await chmod(folder, 0o755)
    const command = join(installed, 'bin', 'reeve.js')
    const dataDirectory = join(folder, 'graph')
    const server = await startServer({
      dataDirectory,
      args: ['--sample', '--both-administrations'],
      command,
      cwd: folder,
    })
    t.after(async () => server.kill())
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
    const { administrators } = (await response.json()) as { administrators: { value: string }[] }
    const env = cleanEnvironment({ REEVE_URL: server.url, REEVE_TOKEN: administrators[0]?.value ?? '', HOME: folder })
    const asked = ['access', 'who-can', 'aws:s3:GetObject', 'arn:aws:s3:::larkfield-statements/a', '--json']
    const { stdout } = await run(process.execPath, [command, ...asked], { cwd: folder, env })
    assert.ok((JSON.parse(stdout) as { items: unknown[] }).items.length > 0, stdout)
  })

  test('its command serves, with its migrations and its samples', { skip: databaseUnavailable() }, async (t) => {
    await chmod(folder, 0o755)
    const dataDirectory = join(folder, 'data')
    const command = join(installed, 'bin', 'reeve.js')
    const server = await startServer({ dataDirectory, args: ['--sample'], command, cwd: folder })
    t.after(async () => server.kill())
    assert.match(server.sample ?? '', /the sample estate is in the roll/)
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
    assert.equal(await server.stop(), 0)
  })

  const older = olderNode()
  test(
    'a Node that is too old is told what is needed',
    { skip: older === undefined ? 'no older Node on this machine' : false },
    async () => {
      await assert.rejects(
        run(older ?? '', [join(installed, 'bin', 'reeve.js'), 'scan', '.']),
        (error: { code: number; stderr: string }) => {
          assert.equal(error.code, 2)
          assert.match(error.stderr, /reeve needs Node 24 or later; this is v\d+/)
          return true
        },
      )
    },
  )
})
