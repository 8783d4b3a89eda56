import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '#kernel'
import type { Fact } from '#kernel'
import type { ConnectionData } from './connection.ts'
import type { RunInput } from './perform.ts'
import { runFiles } from './run-files.ts'
import type { Reading, Sync } from './run-files.ts'

type Told = Parameters<Sync>[0]

async function told(path: string, data: Partial<ConnectionData>, reading: Reading): Promise<Told> {
  let said: Told | undefined
  const run = runFiles({
    places: { importRoots: [path], dataDirectory: join(path, 'data') },
    clock: systemClock,
    key: () => ({ keyId: 'hk_test', key: new Uint8Array(32) }),
    reading,
    sync: async (input) => {
      said = input
      return { counts: {} }
    },
  })
  const whole = { name: 'c', type: 'files', settings: { path }, options: {}, credentials: {}, schedule: null, ...data }
  await run({
    connection: { id: 'cnn_1', data: { state: 'enabled', ...whole } },
    run: { id: 'run_1', askedBy: 'psn_1', confirmLeavers: false },
    signal: new AbortController().signal,
    progress: () => undefined,
  } as unknown as RunInput)
  assert.ok(said !== undefined)
  return said
}

test('what reeve.yaml says of tables, clusters, exclusion and limits holds for a run as for a scan', async (t) => {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'reeve-rules-')))
  t.after(async () => rm(path, { recursive: true }))
  await mkdir(join(path, 'vendor'))
  const account = (name: string): string =>
    `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: ${name}, namespace: shop }\n`
  await writeFile(join(path, 'accounts.csv'), 'Konto,Chef\nbatch-7,ada@larkfield.example\n')
  await writeFile(join(path, 'k8s.yaml'), account('till'))
  await writeFile(join(path, 'vendor', 'k8s.yaml'), account('foreign'))
  const reading: Reading = {
    exclude: ['vendor/'],
    scopes: [{ glob: '*.yaml', cluster: 'eu-1' }],
    csvMappings: [{ glob: 'accounts.csv', mapping: { columns: { externalId: 'Konto', owner: 'Chef' } } }],
  }
  const principals = ({ read }: Told): string =>
    JSON.stringify(read.facts.filter((fact): fact is Extract<Fact, { type: 'principal' }> => fact.type === 'principal'))
  const said = principals(await told(path, {}, reading))
  for (const there of ['batch-7', 'till', 'eu-1']) assert.ok(said.includes(there), said)
  assert.ok(!said.includes('foreign'), said)

  const own = principals(
    await told(path, { options: { scopes: [{ glob: '*.yaml', cluster: 'us-2' }], exclude: ['*.csv'] } }, reading),
  )
  for (const there of ['till', 'us-2']) assert.ok(own.includes(there), own)
  for (const absent of ['eu-1', 'foreign', 'batch-7']) assert.ok(!own.includes(absent), own)
  const few = await told(path, {}, { ...reading, limits: { files: 1 } })
  assert.equal(few.read.stats.partial, true)
})

test('a removed connection is a source that is whole and has nothing, and its path is not looked at', async (t) => {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'reeve-removed-')))
  t.after(async () => rm(path, { recursive: true }))
  const { read, act } = await told(path, { state: 'removed', settings: { path: '/not/there' } }, {})
  assert.deepEqual([read.facts, read.stats.partial], [[], false])
  assert.equal(act.reason, 'the connection was removed')
})
