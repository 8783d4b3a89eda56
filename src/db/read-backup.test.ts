import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { databaseUnavailable, testDatabase } from './database-in-test.ts'
import { backup } from './backup.ts'
import { readBackupRows } from './read-backup.ts'

test('rows come out of a backup as they went in, whatever they hold', { skip: databaseUnavailable() }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-'))
  t.after(async () => rm(folder, { recursive: true }))
  const source = await testDatabase()
  t.after(async () => source.close())
  const long = 'x'.repeat(300_000)
  const texts = ['plain', 'tab\there', 'line\nbreak\r', 'back\\slash', String.raw`\N`, '', 'ü 漢字', long]
  const rows = texts.map((text, at) => ['client', `key ${at}`, Buffer.from([at]), { text }, '2026-01-01T00:00:00.000Z'])
  await source.database.layer('identity').transaction(async (tx) => {
    await tx.copyIn('identity.idempotency', ['client', 'key', 'request_hash', 'response', 'recorded_at'], rows)
  })
  const path = join(folder, 'a.reeve-backup')
  await backup({ owner: source.owner, path, release: '1', createdAt: '2026-01-01T00:00:00.000Z' })
  const found = new Map<string, string>()
  let manifests = 0
  for await (const item of readBackupRows(path, ['identity.idempotency'])) {
    if (item.kind === 'manifest') manifests++
    else found.set(item.row['key'] ?? '', (JSON.parse(item.row['response'] ?? '') as { text: string }).text)
  }
  assert.equal(manifests, 1)
  assert.deepEqual(
    texts.map((_, at) => found.get(`key ${at}`)),
    texts,
  )
})
