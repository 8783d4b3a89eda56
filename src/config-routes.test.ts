// A route file: what is wrong with it is told with its line.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readRoutes } from './config-routes.ts'

test('the file that users are given is read', () => {
  const file = 'deploy/enforcement/routes.yaml'
  const { name, mode, routes } = readRoutes(readFileSync(file, 'utf8'), file)
  assert.deepEqual([name, mode, routes.length], ['shop-gateway', 'enforce', 3])
})

test('the routes and the cluster of the guide are read', () => {
  const guide = readFileSync('docs/guides/enforcement.md', 'utf8')
  const blocks = [...guide.matchAll(/```yaml\n([^`]+)```/g)].map(([, block = '']) => block)
  const routes = blocks.find((block) => block.startsWith('name:')) ?? assert.fail('no routes in the guide')
  const cluster = blocks.find((block) => block.startsWith('kubernetes:')) ?? assert.fail('no cluster in the guide')
  const { routes: read, kubernetes } = readRoutes(`${routes}${cluster}`, 'enforcement.md')
  assert.equal(read.length, 2)
  assert.deepEqual(kubernetes, { cluster: 'prod', ungranted: 'no_opinion' })
})

test('every mistake is told with its line', () => {
  const yaml = `name: shop
mod: observe
routes:
  - { method: GET, path: /a, public: true }
  - { method: GET, path: 'b', public: true }
  - { method: GET, path: '/c/{id}', action: read, resource: '{id}' }
  - { method: GET, path: /d }
  - { method: GET, path: /e, public: yes }
`
  assert.throws(
    () => readRoutes(yaml, 'r.yaml'),
    ({ message }: Error) => {
      for (const line of [
        /r\.yaml:2: unknown key `mod`; `mode` is meant\?/,
        /r\.yaml:5: `routes\.1\.path`: a path begins with/,
        /r\.yaml:6: `routes\.2\.resource`: a whole name is needed/,
        /r\.yaml:7: `routes\.3\.path`: action and resource are needed/,
        /r\.yaml:8: `routes\.4\.public`/,
      ]) {
        assert.match(message, line)
      }
      return true
    },
  )
  assert.throws(() => readRoutes('name: a\nname: b\n', 'r.yaml'), /r\.yaml:2: a key stands here a second time/)
})
