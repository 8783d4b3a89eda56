import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { newId } from '#kernel'
import type { Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../../db/database-in-test.ts'
import type { TestDatabase } from '../../../db/database-in-test.ts'
import { appendEntries } from '../../append.ts'
import { pruneContent } from '../../prune.ts'
import { sequenceOnce } from '../../sequencer.ts'
import { verifyGuard } from './verify-guard.ts'
import { verifyLog } from './verify-log.ts'

describe('what guards the log in the database', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let superuser: Client
  before(async () => {
    base = await testDatabase()
    superuser = new Client(base.superuser)
    await superuser.connect()
  })
  after(async () => {
    await superuser.end()
    await base.close()
  })

  async function found(): Promise<string[]> {
    const findings = await verifyGuard(base.database.layer('evidence'), base.connectionFor('evidence'))
    return findings.flatMap(({ outcome, detail }) => (outcome === 'failed' ? [detail] : []))
  }

  test('nothing is found where nothing was touched', async () => {
    assert.deepEqual(await found(), [])
  })

  for (const [edit, expected, undo] of [
    [
      'grant update, delete on evidence.entry to reeve_access',
      /beyond the release: grant delete, insert .*update on evidence\.entry to reeve_access/,
      'revoke update, delete on evidence.entry from reeve_access',
    ],
    [
      'alter table access.token disable trigger evidence_changed',
      /switched off: the trigger evidence_changed of access\.token/,
      'alter table access.token enable trigger evidence_changed',
    ],
    [
      'alter trigger outbox_changed on access.token rename to other',
      /missing: CREATE TRIGGER outbox_changed .*of: create table access\.token/,
      'alter trigger other on access.token rename to outbox_changed',
    ],
    [
      'alter function evidence.prune security invoker',
      /missing: SECURITY DEFINER \(of: CREATE OR REPLACE FUNCTION evidence\.prune/,
      'alter function evidence.prune security definer',
    ],
    [
      `update evidence.retention set days_min = 0 where type = '*'`,
      /evidence\.retention keeps `\*` for 0 days: 1095 is the least/,
      `update evidence.retention set days_min = 1095 where type = '*'`,
    ],
  ] as const)
    test(`${edit}: named`, async () => {
      await superuser.query(edit)
      assert.match((await found()).join('\n'), expected)
      await superuser.query(undo)
      assert.deepEqual(await found(), [])
    })

  test('content that was pruned before its least time is named, though an entry says that it was', async () => {
    const evidence = base.database.layer('evidence')
    const at = '2026-03-01T12:00:00.000Z' as Instant
    await base.database.layer('identity').transaction(async (tx) => {
      const entry = {
        layer: 'identity',
        type: 'principal.updated',
        at,
        actor: 'psn_x',
        subjects: [],
        reason: 'because',
      }
      await appendEntries(tx, [{ ...entry, id: newId('entry') }])
    })
    await superuser.query(`update evidence.retention set days_min = 0 where type = '*'`)
    const act = { actor: { id: 'reeve' }, at: new Date().toISOString() as Instant }
    assert.equal(await pruneContent(evidence, act, { type: 'principal.updated', days: 0 }), 1)
    await superuser.query(`update evidence.retention set days_min = 1095 where type = '*'`)
    while ((await sequenceOnce(evidence, at)).sequenced > 0);
    const findings = await verifyLog({ evidence, keys: [], nowMs: () => Date.parse(at) })
    assert.match(
      findings.find(({ check, outcome }) => check === 'content' && outcome === 'failed')?.detail ?? '',
      /the content of `principal\.updated` is gone from 0 on, before its least time was over/,
    )
  })
})
