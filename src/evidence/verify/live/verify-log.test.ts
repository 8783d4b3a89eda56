import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { newId } from '#kernel'
import type { Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../../db/database-in-test.ts'
import type { TestDatabase } from '../../../db/database-in-test.ts'
import { appendEntries } from '../../append.ts'
import { sequenceOnce } from '../../sequencer.ts'
import { verifyLog } from './verify-log.ts'

const ENTRIES = 700

describe('places of the log without an entry', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let superuser: Client
  const at = '2026-03-01T12:00:00.007Z' as Instant
  before(async () => {
    base = await testDatabase()
    superuser = new Client(base.superuser)
    await superuser.connect()
    await base.database.layer('identity').transaction(async (tx) => {
      const entry = { layer: 'identity' as const, type: 'principal.updated', at, actor: 'reeve', subjects: [] }
      await appendEntries(
        tx,
        Array.from({ length: ENTRIES }, () => ({ ...entry, id: newId('entry') })),
      )
    })
    while ((await sequenceOnce(base.database.layer('evidence'), at)).sequenced > 0);
  })
  after(async () => {
    await superuser.end()
    await base.close()
  })

  async function failures(): Promise<string[]> {
    const evidence = base.database.layer('evidence')
    const connection = base.connectionFor('evidence')
    const findings = await verifyLog({ evidence, connection, keys: [], nowMs: () => Date.parse(at) })
    return findings.flatMap(({ outcome, detail }) => (outcome === 'failed' ? [detail] : []))
  }

  test('a whole tile that is gone leaves its places, and the entries behind it keep theirs', async () => {
    await superuser.query('begin; set local session_replication_role = replica')
    const { rows } = await superuser.query<{ seq: string; entry_id: string }>(
      'delete from evidence.sequence where seq between 256 and 511 or seq = 600 returning seq, entry_id',
    )
    await superuser.query('commit')
    const found = await failures()
    assert.equal(rows.length, 257)
    assert.deepEqual(found.slice(0, 2), ['no entry stands at place 256', 'no entry stands at place 257'])
    assert.ok(found.includes('no entry stands at 257 places'), found.join('\n'))
    assert.ok(found.includes(`443 entries have a place, and the last place is ${ENTRIES - 1}`), found.join('\n'))
    for (const { seq, entry_id: id } of rows)
      await superuser.query('insert into evidence.sequence (seq, entry_id, sequenced_at) values ($1, $2, now())', [
        seq,
        id,
      ])
    assert.deepEqual(await failures(), [])
  })

  test('an entry that was put far behind the others is told of, and nobody waits for the places between', async () => {
    const far = 9_000_000_000_000
    await superuser.query('update evidence.sequence set seq = $1 where seq = $2', [far, ENTRIES - 1])
    const found = await failures()
    assert.ok(found.includes(`${ENTRIES} entries have a place, and the last place is ${far}`), found.join('\n'))
    assert.ok(found.includes(`no entry stands at place ${ENTRIES - 1}`), found.join('\n'))
    await superuser.query('update evidence.sequence set seq = $2 where seq = $1', [far, ENTRIES - 1])
    assert.deepEqual(await failures(), [])
  })
})
