import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { right, role, syncInTest } from '../../connectors/sync/sync-in-test.ts'
import type { SyncInTest } from '../../connectors/sync/sync-in-test.ts'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { streamEntitlements } from './stream-entitlements.ts'
import type { StreamedEntitlement } from './stream-entitlements.ts'

const names = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => `r${from + at}`)

describe('rights for whoever keeps a copy', { skip: databaseUnavailable() }, () => {
  let opened: TestDatabase
  let roll: SyncInTest
  beforeEach(async () => {
    opened = await testDatabase()
    roll = syncInTest(opened.database)
  })
  afterEach(() => opened.close())

  /** A copy as somebody else keeps it: what they were told, in order. */
  class Kept {
    readonly rights = new Map<string, StreamedEntitlement>()
    readonly told: string[] = []
    cursor: string | undefined

    async page(limit: number): Promise<number> {
      const { items, next } = await streamEntitlements(roll.access.db, {
        limit,
        ...(this.cursor !== undefined && { cursor: this.cursor }),
      })
      for (const item of items) {
        this.told.push(`${item.id} ${item.version}`)
        if (item.data.goneAt === undefined) this.rights.set(item.id, item)
        else this.rights.delete(item.id)
      }
      this.cursor = next
      return items.length
    }

    /** All there is by now: transactions of other tests in the same PostgreSQL hold back what is told, so they end first. */
    async rest(limit = 7): Promise<void> {
      await nothingEarlierIsOpen()
      while ((await this.page(limit)) > 0);
    }
  }

  const ofRoles = (of: readonly string[], permission = 'reader') =>
    of.flatMap((name) => [role(name), right(name, permission)])

  async function asked<T>(of: (superuser: Client) => Promise<T>): Promise<T> {
    const superuser = new Client(opened.superuser)
    await superuser.connect()
    try {
      return await of(superuser)
    } finally {
      await superuser.end()
    }
  }

  const live = async (): Promise<string[]> =>
    await asked(async (superuser) => {
      const { rows } = await superuser.query<{ at: string }>(
        `select id || ' ' || version as at from access.entitlement where gone_at is null order by id`,
      )
      return rows.map(({ at }) => at)
    })

  const nothingEarlierIsOpen = async (): Promise<void> =>
    await asked(async (superuser) => {
      const { rows } = await superuser.query<{ now: string }>('select pg_current_xact_id()::text as now')
      for (let turn = 0; turn < 600; turn++) {
        const { rows: past } = await superuser.query(
          'select 1 where pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8',
          [rows[0]?.now],
        )
        if (past.length > 0) return
        await sleep(50)
      }
      assert.fail('a transaction of another test has been open for half a minute')
    })

  const kept = (copy: Kept): string[] =>
    [...copy.rights.values()].map(({ id, version }) => `${id} ${version}`).sort((a, b) => (a < b ? -1 : 1))

  test('a copy is right after any pages, whatever changed between them, and nothing is told twice', async () => {
    await roll.sync('aws', ofRoles(names(0, 40)))
    const copy = new Kept()
    await copy.page(7)
    // what was told already goes, what was not told yet goes, and more comes, while the first round is under way
    await roll.sync('aws', ofRoles(names(5, 60)))
    await copy.page(7)
    await roll.sync('aws', ofRoles(names(10, 60)))
    await copy.rest()
    assert.deepEqual(kept(copy), await live())
    assert.equal(copy.rights.size, 50)
    assert.equal(new Set(copy.told).size, copy.told.length)

    const before = copy.told.length
    assert.equal(await copy.page(7), 0, 'nothing new so far')
    await roll.sync('aws', ofRoles(names(12, 61)))
    await copy.rest(1)
    assert.equal(copy.told.length - before, 3, 'two are gone and one is new; the others are not told again')
    assert.deepEqual(kept(copy), await live())
  })

  test('what a transaction writes that began earlier and ends later is not passed over', async () => {
    await roll.sync('aws', ofRoles(names(0, 3)))
    const copy = new Kept()
    await copy.rest()
    const slow = new Client(opened.superuser)
    await slow.connect()
    try {
      await slow.query('begin')
      await slow.query('select pg_current_xact_id()')
      // it is committed first, and is told only when nothing can come in before it
      await roll.sync('aws', ofRoles(names(0, 4)))
      const before = copy.told.length
      assert.equal(await copy.page(10), 0)
      const [first] = kept(copy).map((text) => text.split(' ')[0] ?? '')
      await slow.query('update access.entitlement set changed_in = null where id = $1', [first])
      await slow.query('commit')
      await copy.rest()
      assert.deepEqual(copy.told.length - before, 2)
      assert.deepEqual(kept(copy), await live())
    } finally {
      await slow.end()
    }
  })

  test('each says whether it covers what is asked for: yes, no, or that the record does not decide it', async () => {
    await roll.sync('aws', [
      role('plain'),
      right('plain', 'reader'),
      role('bound'),
      { ...right('bound', 'reader'), conditions: { Condition: { Bool: { 'aws:SecureTransport': 'true' } } } },
    ])
    await new Kept().rest()
    const coveredBy = async (action: string): Promise<unknown[]> => {
      const covering = { action, resource: 'arn:aws:s3:::a/x' }
      const { items } = await streamEntitlements(roll.access.db, { limit: 10, covering })
      return items.map(({ covered = '' }) => covered).sort((a, b) => (a < b ? -1 : 1))
    }
    assert.deepEqual(await coveredBy('aws:s3:GetObject'), ['unknown', 'yes'])
    assert.deepEqual(await coveredBy('aws:iam:PassRole'), ['no', 'no'])
  })

  test('the cursor of another database, or of one before a restore, is refused, and so is what is no cursor', async () => {
    const copy = new Kept()
    await copy.rest()
    const cursor = copy.cursor ?? ''
    const read = async (text: string): Promise<unknown> =>
      await streamEntitlements(roll.access.db, { limit: 1, cursor: text })
    await read(cursor)
    await assert.rejects(read(cursor.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))), { code: 'conflict' })
    // an older copy of the same database was put back: its transactions have not come so far yet
    await assert.rejects(read(cursor.replace(/\.\d+/, '.999999999999')), { code: 'conflict' })
    for (const odd of ['', 'x', `${cursor}.ent_1`, cursor.replace('since', 'none'), `${cursor}'; select 1`, '1.evt_2'])
      await assert.rejects(read(odd), { code: 'invalid' }, odd)
  })
})
