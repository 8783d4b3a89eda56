import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { Fault, newId } from '#kernel'
import type { Id, Instant } from '#kernel'
import { sql } from '#db'
import type { Layer, LayerDatabase, Tx } from '#db'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { seededRandom } from '../db/random-in-test.ts'
import { appendEntries } from './append.ts'
import type { Entry } from './entry.ts'
import { isAllSigned, sequenceOnce } from './sequencer.ts'

const AT = '2026-01-01T00:00:00.000Z' as Instant
const random = seededRandom()

const entry = (type: string): Entry => ({
  id: newId('entry'),
  layer: 'identity',
  type,
  at: AT,
  actor: 'reeve',
  subjects: [],
})

interface Placed {
  readonly seq: number
  readonly id: Id<'entry'>
}

describe('the sequencer', { skip: databaseUnavailable() }, () => {
  let database: TestDatabase
  let evidence: LayerDatabase
  let superuser: Client
  before(async () => {
    database = await testDatabase()
    evidence = database.database.layer('evidence')
    superuser = new Client(database.superuser)
    await superuser.connect()
  })
  beforeEach(async () => {
    await superuser.query('truncate evidence.entry, evidence.sequence, evidence.watermark')
  })
  after(async () => {
    await superuser.end()
    await database.close()
  })

  const placed = async (): Promise<Placed[]> =>
    await evidence.transaction(
      async (tx) => await tx.query<Placed>(sql`select seq, entry_id as id from evidence.sequence order by seq`),
      { readOnly: true },
    )

  const append = async (layer: Layer, entries: readonly Entry[], then?: (tx: Tx) => Promise<void>): Promise<void> => {
    await database.database.layer(layer).transaction(async (tx) => {
      await appendEntries(tx, entries)
      await then?.(tx)
    })
  }

  function assertGapFree(rows: readonly Placed[]): void {
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      rows.map((_row, index) => index),
    )
    assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length, 'nothing has two places')
  }

  /** Passes until told to stop; what a lost connection throws is what `keepLog` meets too, and tries again. */
  async function keepSequencing(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sequenceOnce(evidence, AT).catch(faultsOnly)
      await sleep(random.below(8))
    }
  }

  function faultsOnly(error: unknown): undefined {
    // a backend that was killed ends in one of these; anything else is a bug of the sequencer
    if (error instanceof Fault && ['database_unavailable', 'outcome_unknown'].includes(error.code)) return undefined
    throw error
  }

  /** A writer: quick ones, slow ones, some that roll back. Gives the ids of what was acknowledged, in order. */
  async function write(layer: Layer, transactions: number): Promise<Id<'entry'>[][]> {
    const acknowledged: Id<'entry'>[][] = []
    for (let count = 0; count < transactions; count++) {
      const entries = Array.from({ length: 1 + random.below(4) }, () => entry('principal.changed'))
      const rollBack = random.chance(0.2)
      const slow = random.chance(0.15) ? 20 + random.below(150) : 0
      try {
        await append(layer, entries, async () => {
          if (slow > 0) await sleep(slow)
          if (rollBack) throw new RangeError('rolled back')
        })
        acknowledged.push(entries.map(({ id }) => id))
      } catch (error) {
        if (!(error instanceof RangeError)) faultsOnly(error)
      }
    }
    return acknowledged
  }

  const WRITERS: readonly Layer[] = [
    'identity',
    'identity',
    'access',
    'usage',
    'effect',
    'governance',
    'connections',
    'evidence',
  ]

  test('eight writers, two sequencers: no gap at any moment, everything once, in the order of each writer', async (t) => {
    t.diagnostic(`REEVE_SEED=${random.seed}`)
    const stopping = new AbortController()
    const sequencers = [keepSequencing(stopping.signal), keepSequencing(stopping.signal)]
    const watching = (async () => {
      while (!stopping.signal.aborted) {
        assertGapFree(await placed())
        await sleep(10)
      }
    })()
    const acknowledged = await Promise.all(WRITERS.map((layer) => write(layer, 40)))
    stopping.abort()
    await Promise.all([...sequencers, watching])
    await sequenceOnce(evidence, AT)
    const rows = await placed()
    assertGapFree(rows)
    const place = new Map(rows.map(({ id, seq }) => [id, seq]))
    assert.deepEqual(new Set(place.keys()), new Set(acknowledged.flat(2)))
    for (const transactions of acknowledged) {
      const places = transactions.flat().map((id) => place.get(id) ?? Number.NaN)
      assert.deepEqual(
        places,
        places.toSorted((a, b) => a - b),
        'what one writer wrote later stands later',
      )
    }
  })

  test('backends killed at any moment: what is committed has one place, what is not has none', async (t) => {
    t.diagnostic(`REEVE_SEED=${random.seed}`)
    const stopping = new AbortController()
    const sequencing = keepSequencing(stopping.signal)
    const killing = (async () => {
      while (!stopping.signal.aborted) {
        await superuser.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid() order by random() limit 2`,
        )
        await sleep(15)
      }
    })()
    const acknowledged = await Promise.all(WRITERS.slice(0, 4).map((layer) => write(layer, 30)))
    stopping.abort()
    await Promise.all([sequencing, killing])
    for (let tries = 0; tries < 20 && (await leftOver()) > 0; tries++)
      await sequenceOnce(evidence, AT).catch(faultsOnly)
    const rows = await placed()
    assertGapFree(rows)
    // a commit whose answer was lost may be there without being acknowledged; the reverse may not be
    const there = new Set(rows.map(({ id }) => id))
    assert.deepEqual(
      acknowledged.flat(2).filter((id) => !there.has(id)),
      [],
    )
    const stored = await superuser.query<{ id: Id<'entry'> }>('select id from evidence.entry')
    assert.deepEqual(there, new Set(stored.rows.map(({ id }) => id)))
  })

  async function leftOver(): Promise<number> {
    const { rows } = await superuser.query<{ count: number }>(
      `select count(*)::integer as count from evidence.entry e
       where not exists (select from evidence.sequence s where s.entry_id = e.id)`,
    )
    return rows[0]?.count ?? 0
  }

  test('an entry has no place before its transaction is committed, however far the others have gone', async () => {
    const late = entry('principal.late')
    await append('identity', [late], async () => {
      for (let count = 0; count < 5; count++) {
        await append('access', [entry('account.changed')])
        await sequenceOnce(evidence, AT)
      }
      assert.equal((await placed()).length, 5)
    })
    assert.deepEqual(await sequenceOnce(evidence, AT), { sequenced: 1, elsewhere: false })
    assert.deepEqual((await placed()).at(-1), { seq: 5, id: late.id })
  })

  test('while one sequencer works, another does nothing and says so', async () => {
    await append('identity', [entry('principal.changed')])
    const other = new Client(database.connectionFor('evidence'))
    await other.connect()
    try {
      await other.query('begin')
      await other.query('select pg_advisory_xact_lock(7269733301)')
      assert.deepEqual(await sequenceOnce(evidence, AT), { sequenced: 0, elsewhere: true })
    } finally {
      await other.end()
    }
    assert.deepEqual(await sequenceOnce(evidence, AT), { sequenced: 1, elsewhere: false })
    assert.deepEqual(await sequenceOnce(evidence, AT), { sequenced: 0, elsewhere: false })
  })

  test('more than one batch takes more than one pass and leaves no gap', async () => {
    const entries = Array.from({ length: 5001 }, () => entry('principal.discovered'))
    await append('identity', entries)
    assert.equal((await sequenceOnce(evidence, AT)).sequenced, 5000)
    assert.equal((await sequenceOnce(evidence, AT)).sequenced, 1)
    assert.deepEqual(
      (await placed()).map(({ id }) => id),
      entries.map(({ id }) => id),
    )
  })

  test('a watermark of another cluster is ignored: entries restored from there get their places', async () => {
    // transactions of the other cluster may be numbered far ahead of this one, or far behind
    const restored = [newId('entry'), newId('entry'), newId('entry')]
    for (const [index, transaction] of ['3', '999999999999', '999999999998'].entries()) {
      await superuser.query(
        `insert into evidence.entry (id, transaction, written_by, layer, type, at, actor, subjects)
         values ($1, $2::xid8, 'reeve_identity', 'identity', 'principal.changed', $3, 'reeve', '{}')`,
        [restored[index], transaction, AT],
      )
    }
    await superuser.query(`insert into evidence.sequence values (0, $1, $2)`, [restored[0], AT])
    await superuser.query(
      `insert into evidence.watermark (transaction, cluster) values ('999999999990', 'elsewhere/x')`,
    )
    const later = entry('principal.changed')
    await append('identity', [later])
    assert.deepEqual(await sequenceOnce(evidence, AT), { sequenced: 3, elsewhere: false })
    const rows = await placed()
    assertGapFree(rows)
    assert.equal(rows[0]?.id, restored[0])
    assert.deepEqual(new Set(rows.map(({ id }) => id)), new Set([...restored, later.id]))
    const next = entry('principal.changed')
    await append('identity', [next])
    assert.equal((await sequenceOnce(evidence, AT)).sequenced, 1)
    assert.equal((await placed()).at(-1)?.id, next.id)
  })

  test('is not said to be done while an entry has no place, is under way, or is under no checkpoint', async () => {
    const signed = async (size: number): Promise<void> => {
      await superuser.query('truncate evidence.checkpoint')
      await superuser.query(
        `insert into evidence.checkpoint (size, root, note, signed_at) values ($1, '', '', now())`,
        [size],
      )
    }
    await signed(2)
    assert.equal(await isAllSigned(evidence, 0), false, 'nobody has looked here yet')
    await append('identity', [entry('a'), entry('b')])
    await sequenceOnce(evidence, AT)
    assert.equal(await isAllSigned(evidence, 2), true)
    assert.equal(await isAllSigned(evidence, 1), false, 'this process has not seen both')
    await signed(1)
    assert.equal(await isAllSigned(evidence, 2), false)
    await signed(2)
    await append('identity', [entry('c')], async (tx) => {
      assert.equal(await isAllSigned(evidence, 2), true, 'it is not committed')
      await tx.query(sql`select 1`)
    })
    assert.equal(await isAllSigned(evidence, 2), false)
    await sequenceOnce(evidence, AT)
    assert.equal(await isAllSigned(evidence, 2), false)
    await signed(3)
    assert.equal(await isAllSigned(evidence, 3), true)
    await superuser.query('truncate evidence.watermark')
    assert.equal(await isAllSigned(evidence, 3), false)
  })
})
