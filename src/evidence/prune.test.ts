import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after as afterAll, before as beforeAll, describe, test } from 'node:test'
import { Client } from 'pg'
import { Fault, newId } from '#kernel'
import type { Act, Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { LAYER_NAMES } from '../db/layer.ts'
import { readCurrent } from '../db/history/index.ts'
import type { RecordTable } from '../db/history/index.ts'
import { signerFromSeed, verifierKey, verifierOf } from './checkpoint/note.ts'
import { Log } from './log/log.ts'
import { TileFolder } from './log/tile-folder.ts'
import { appendEntries, createWithEntries } from './port.ts'
import { pruneContent } from './prune.ts'
import { sequenceOnce } from './sequencer.ts'
import { verifyLog } from './verify/live/verify-log.ts'

const OLD = '2020-01-01T00:00:00.000Z' as Instant
const AT = new Date().toISOString() as Instant
const ACT: Act = { actor: { id: 'psn_admin' }, at: AT }
const signer = signerFromSeed('reeve.test/log', Buffer.alloc(32, 3))
const VENDOR: RecordTable = { schema: 'identity', table: 'vendor' }
const isFault =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof Fault && error.code === code

describe('entries', { skip: databaseUnavailable() }, () => {
  let db: TestDatabase
  let folder: string
  beforeAll(async () => {
    db = await testDatabase()
    folder = await mkdtemp(join(tmpdir(), 'reeve-prune-'))
    await db.database.layer('identity').transaction(async (tx) => {
      const entry = { layer: 'identity', actor: 'reeve', subjects: [], reason: 'asked by Ada', content: { who: 'Ada' } }
      await appendEntries(tx, [
        { ...entry, id: newId('entry'), type: 'principal.registered', at: OLD },
        { ...entry, id: newId('entry'), type: 'principal.retired', at: OLD },
        { ...entry, id: newId('entry'), type: 'log.key_rotated', at: OLD },
        { ...entry, id: newId('entry'), type: 'principal.registered', at: AT },
      ])
    })
  })
  afterAll(async () => {
    await db.close()
    await rm(folder, { recursive: true })
  })

  async function asSuperuser<T extends object>(text: string): Promise<T[]> {
    const client = new Client(db.superuser)
    await client.connect()
    try {
      return (await client.query<T>(text)).rows
    } finally {
      await client.end()
    }
  }

  test('lose their content after its time, by an entry that says so, and the log still verifies', async () => {
    const evidence = db.database.layer('evidence')
    const tiles = new TileFolder(folder)
    const integrate = async (): Promise<number> => {
      await sequenceOnce(evidence, AT)
      return await (await Log.open({ evidence, tiles, signer })).integrate(AT)
    }
    await asSuperuser("delete from evidence.entry where type = 'log.key_rotated'")
    assert.equal(await integrate(), 3)
    assert.equal(await pruneContent(evidence, ACT, { type: 'principal.registered', days: 1095 }), 1)
    assert.equal(await integrate(), 4)
    const rows = await asSuperuser<{ type: string; reason: string | null; content: unknown; writer: string }>(
      'select type, reason, content, written_by::text as writer from evidence.entry order by at, type',
    )
    assert.deepEqual(
      rows.map(({ type, reason, writer }) => [type, reason, writer]),
      [
        ['principal.registered', null, 'reeve_identity'],
        ['principal.retired', 'asked by Ada', 'reeve_identity'],
        ['content.pruned', null, 'reeve_owner'],
        ['principal.registered', 'asked by Ada', 'reeve_identity'],
      ],
    )
    assert.equal((rows[2]?.content as { count: number } | undefined)?.count, 1)
    const keys = [verifierKey(verifierOf(signer))]
    const findings = await verifyLog({ evidence, tileFolder: folder, keys, nowMs: () => Date.now() })
    assert.deepEqual(
      findings.filter(({ outcome }) => outcome === 'failed'),
      [],
    )
    assert.ok(findings.some(({ detail }) => detail.startsWith('of 1 entries the content was pruned, of 0 erased')))
  })

  test('keep it at least as long as the database says, whoever asks', async () => {
    const evidence = db.database.layer('evidence')
    for (const [type, days] of [
      ['principal.registered', 1094],
      ['log.key_rotated', 9999],
      ['content.pruned', 9999],
    ] as const) {
      await assert.rejects(pruneContent(evidence, ACT, { type, days }), isFault('forbidden'))
    }
    await assert.rejects(pruneContent(evidence, ACT, { type: `x'; drop`, days: 9999 }), isFault('invalid'))
    await assert.rejects(pruneContent(evidence, ACT, { type: 'principal.retired', days: -1 }), isFault('invalid'))
  })

  test('keep it while the clock of the database, by which they are old, is not that of the server', async () => {
    const evidence = db.database.layer('evidence')
    for (const hours of [-2, 2]) {
      const at = new Date(Date.now() + hours * 3_600_000).toISOString() as Instant
      const wrong = { ...ACT, at }
      await assert.rejects(
        pruneContent(evidence, wrong, { type: 'principal.retired', days: 1095 }),
        isFault('conflict'),
      )
    }
  })

  test('are updated, deleted or pruned by no other role', async () => {
    for (const layer of LAYER_NAMES) {
      const client = new Client(db.connectionFor(layer))
      await client.connect()
      const forbidden = [
        "update evidence.entry set reason = 'x'",
        'delete from evidence.entry',
        'truncate evidence.entry',
        'update evidence.sequence set seq = seq + 1',
        'delete from evidence.sequence',
        "update evidence.checkpoint set note = ''",
        'delete from evidence.checkpoint',
        'update evidence.retention set days_min = 0',
        ...(layer === 'evidence' ? [] : [`select evidence.prune('a.b', 9999, '${newId('entry')}', now(), 'reeve')`]),
      ]
      for (const text of forbidden) await assert.rejects(client.query(text), { code: '42501' }, `${layer}: ${text}`)
      await client.end()
    }
  })

  test('that cannot be written keep what they are about from happening', async () => {
    const identity = db.database.layer('identity')
    const id = newId('vendor')
    await asSuperuser('revoke insert on evidence.entry from reeve_identity')
    const columns =
      'id, layer, type, at, actor, on_behalf_of, subjects, record_id, record_version, record_hash, follows, content_hash, salt, reason, content'
    await asSuperuser(`revoke insert (${columns}) on evidence.entry from reeve_identity`)
    const write = async (): Promise<unknown> =>
      await identity.transaction(
        async (tx) =>
          await createWithEntries(tx, VENDOR, ACT, [
            { id, data: { name: 'Larkfield', state: 'active' }, words: { type: 'vendor.registered' } },
          ]),
      )
    await assert.rejects(write(), isFault('evidence_unavailable'))
    const found = await identity.transaction(async (tx) => await readCurrent(tx, VENDOR, [id]))
    assert.equal(found.size, 0)
    assert.equal((await asSuperuser(`select from identity.version where record_id = '${id}'`)).length, 0)
    await asSuperuser(`grant insert (${columns}) on evidence.entry to reeve_identity`)
    await write()
  })
})
