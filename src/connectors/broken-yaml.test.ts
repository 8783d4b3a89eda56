import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { CONNECTORS, readTree } from './index.ts'

/** Each would be read if it parsed: a path or a text that says what it is, and a list that is never closed. */
const OURS = {
  'k8s/account.yaml': 'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: [pay\n',
  'stack/docker-compose.yml': 'services:\n  web: [\n',
  '.github/workflows/ci.yml': 'on: [push\n',
  'elsewhere/build.yaml': 'on: push\njobs:\n  build: [\n',
}
const NOT_OURS = { 'site/broken.yaml': 'colours: [red\n', 'fine.yaml': 'colours: [red]\n' }

test('a broken manifest, compose file or workflow is a named problem of the read; other YAML is not for Reeve', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'reeve-broken-yaml-'))
  t.after(() => rm(root, { recursive: true }))
  for (const [name, text] of Object.entries({ ...OURS, ...NOT_OURS })) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), text)
  }
  const { problems, stats } = await readTree(root, { paths: ['.'], connectors: CONNECTORS, workers: 0 })
  assert.deepEqual([...new Set(problems.map(({ file }) => file))].sort(), Object.keys(OURS).sort())
  assert.ok(problems.every(({ startLine }) => startLine !== undefined))
  assert.equal(stats.partial, true)
})
