// A server, `reeve pdp --routes` beside nginx, and an application behind: what is held at the server is denied at the proxy.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { quarantinePrincipal } from '#identity/roll'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { proxyMissing, startProxy } from '../interop/proxy-in-test.ts'
import type { Proxy } from '../interop/proxy-in-test.ts'
import { reeve } from '../scan/run-reeve.ts'
import { environmentOf, estate, until } from './decision-estate-in-test.ts'
import type { DecisionEstate } from './decision-estate-in-test.ts'
import { startPoint } from './point-in-test.ts'
import type { PointProcess } from './point-in-test.ts'
import { startServer } from './server-in-test.ts'
import type { ServerInTest } from './server-in-test.ts'

const ROUTES = `name: shop
subject: { header: x-client-id, type: kubernetes }
routes:
  - { method: GET, path: '/tables/{name}', action: 'pg:SELECT', resource: 'pg://main/shop/{name}' }
`

describe('enforcement', { skip: databaseUnavailable() || proxyMissing('nginx'), timeout: 180_000 }, () => {
  let base: TestDatabase
  let folder: string
  let server: ServerInTest
  let world: DecisionEstate
  let point: PointProcess
  let proxy: Proxy
  let app: Awaited<ReturnType<DecisionEstate['granted']>>
  before(async () => {
    base = await testDatabase()
    folder = await mkdtemp(join(tmpdir(), 'reeve-enforcement-'))
    await writeFile(join(folder, 'routes.yaml'), ROUTES)
    await writeFile(join(folder, 'reeve.yaml'), 'server:\n  routes: routes.yaml\n')
    const args = ['--config', join(folder, 'reeve.yaml')]
    server = await startServer({ dataDirectory: join(folder, 'data'), env: environmentOf(base), args })
    world = await estate(base, join(folder, 'data', 'keys'))
    app = await world.granted('app')
    const token = join(folder, 'pdp.token')
    await writeFile(token, await world.clientToken('sidecar', ['decide:follow']), { mode: 0o600 })
    const socket = join(folder, 'pdp.sock')
    const always = ['--server', server.url, '--token-file', token, '--listen', `unix:${socket}`]
    point = await startPoint([...always, '--routes', join(folder, 'routes.yaml')])
    proxy = await startProxy('nginx', folder, socket)
  })
  after(async () => {
    await proxy?.close()
    await point?.stop()
    await server?.kill()
    await base?.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  })

  /** At the server itself, over its port. */
  const atServer = async (): Promise<number> => {
    const headers = { 'x-client-id': 'app', 'x-original-method': 'GET', 'x-original-uri': '/tables/public.orders' }
    const { status } = await fetch(`${server.url}/enforce/v1/nginx`, {
      headers: { ...headers, authorization: `Bearer ${world.pdpToken}` },
    })
    return status
  }
  const atProxy = async (): Promise<number> => (await proxy.ask('/tables/public.orders')).status

  test('a grant lets through, at the server and beside the proxy, and a held identity is denied in both', async () => {
    await until(async () => (await atProxy()) === 200 && (await atServer()) === 200, 10_000)
    assert.equal((await proxy.ask('/tables/public.orders', { as: 'nobody' })).status, 403)
    const { principalId: id } = app
    await quarantinePrincipal(world.roll.identity, world.act(), { id, reason: 'a test' })
    await until(async () => (await atProxy()) === 403 && (await atServer()) === 403, 2000)
  })

  test('a route file with a mistake is refused at the start, with its line', async () => {
    const file = join(folder, 'wrong.yaml')
    await writeFile(file, ROUTES.replace('action:', 'acton:'))
    const args = [
      'pdp',
      '--server',
      server.url,
      '--token-file',
      join(folder, 'pdp.token'),
      '--listen',
      `unix:${join(folder, 'b.sock')}`,
    ]
    const { code, stderr } = await reeve([...args, '--routes', file])
    assert.equal(code, 2)
    assert.match(stderr, /wrong\.yaml:4: unknown key `acton`/)
  })
})
