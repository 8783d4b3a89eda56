import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { Client } from 'pg'
import { Fault } from '#kernel'
import { openDatabase } from './connect.ts'
import type { Connection } from './connect.ts'
import { databaseUnavailable, testDatabase } from './database-in-test.ts'
import type { TestDatabase } from './database-in-test.ts'
import { LAYER_NAMES, LAYERS } from './layer.ts'
import type { Layer } from './layer.ts'
import { violated } from './pg-faults.ts'
import { sql } from './sql.ts'
import type { LayerDatabase, Tx } from './transaction.ts'

describe('pools and transactions', { skip: databaseUnavailable() }, () => {
  let test1: TestDatabase
  before(async () => {
    test1 = await testDatabase()
  })
  after(() => test1.close())

  test('each layer connects as its own role', async () => {
    for (const layer of LAYER_NAMES) {
      const rows = await test1.database.layer(layer).transaction((tx) => tx.query(sql`select current_user as role`))
      assert.deepEqual(rows, [{ role: LAYERS[layer].role }])
    }
  })

  test('values come back as the door says', async () => {
    const rows = await test1.database.layer('identity').transaction((tx) =>
      tx.query(sql`
        select timestamptz '2026-01-31 08:00:00.123456+00' as at, 5::int8 as count, 1.50::numeric as price,
               '{"a":[1]}'::jsonb as document, array[7::int8] as counts, ${'x'}::text as text`),
    )
    assert.deepEqual(rows, [
      { at: '2026-01-31T08:00:00.123Z', count: 5, price: '1.50', document: { a: [1] }, counts: [7], text: 'x' },
    ])
  })

  test('a 64-bit integer that a number cannot hold is an error, never rounded', async () => {
    await assert.rejects(
      test1.database.layer('identity').transaction((tx) => tx.query(sql`select 9007199254740993::int8`)),
      /above 2\^53/,
    )
  })
})

describe('a transaction', { skip: databaseUnavailable() }, () => {
  let own: TestDatabase
  let identity: LayerDatabase
  before(async () => {
    own = await testDatabase()
    await asSuperuser(`
      create table identity.note (id integer primary key, text text, constraint note_short check (length(text) < 5));
      grant select, insert, update, delete on identity.note to reeve_identity`)
    identity = own.database.layer('identity')
  })
  after(() => own.close())
  const asSuperuser = async (text: string): Promise<unknown[]> => {
    const client = new Client(own.superuser)
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }
  const count = async (): Promise<unknown> =>
    (await identity.transaction((tx) => tx.query(sql`select count(*) as count from identity.note`)))[0]?.['count']
  const isFaultOf =
    (code: string) =>
    (error: unknown): boolean => {
      assert.ok(error instanceof Fault, String(error))
      assert.equal(error.code, code)
      return true
    }

  test('is durable as a whole, or leaves nothing', async () => {
    await identity.transaction(async (tx) => {
      assert.equal(await tx.execute(sql`insert into identity.note values (${1}, ${'a'}), (${2}, ${'b'})`), 2)
    })
    assert.equal(await count(), 2)
    await assert.rejects(
      identity.transaction(async (tx) => {
        await tx.execute(sql`delete from identity.note`)
        throw new Error('changed my mind')
      }),
      /changed my mind/,
    )
    assert.equal(await count(), 2)
  })

  test('a violated constraint is a value for the caller, by name', async () => {
    for (const [statement, expected] of [
      [sql`insert into identity.note values (1, 'x')`, { sqlState: '23505', constraint: 'note_pkey' }],
      [sql`insert into identity.note values (9, 'too long')`, { sqlState: '23514', constraint: 'note_short' }],
    ] as const)
      await assert.rejects(
        identity.transaction((tx) => tx.execute(statement)),
        (error) => {
          assert.deepEqual(violated(error), expected)
          return true
        },
      )
    assert.equal(violated(new Error('other')), undefined)
  })

  test('an error that was swallowed does not pass for a commit', async () => {
    await assert.rejects(
      identity.transaction(async (tx) => {
        await tx.execute(sql`insert into identity.note values (3, 'c')`)
        await tx.execute(sql`insert into identity.note values (3, 'c')`).catch(() => undefined)
      }),
      /swallowed/,
    )
    assert.equal(await count(), 2)
  })

  test('runs its statements one after another, also those that nobody awaited, and none after its end', async () => {
    let late: Tx | undefined
    await identity.transaction(async (tx) => {
      late = tx
      void tx.execute(sql`insert into identity.note values (10, 'a')`)
      void tx.execute(sql`update identity.note set text = 'b' where id = 10`)
      await Promise.resolve()
    })
    const rows = await identity.transaction((tx) =>
      tx.query(sql`delete from identity.note where id = 10 returning text`),
    )
    assert.deepEqual(rows, [{ text: 'b' }])
    await assert.rejects(async () => late?.query(sql`select 1`), /has ended/)
  })

  test('a deadlock is tried again until both are through', async () => {
    await asSuperuser("insert into identity.note values (101, 'a'), (102, 'b')")
    let runs = 0
    let bothHold = (): void => undefined
    const held = new Promise<void>((resolve) => {
      bothHold = resolve
    })
    const cross = (first: number, second: number): Promise<void> =>
      identity.transaction(async (tx) => {
        runs++
        await tx.execute(sql`update identity.note set text = 'x' where id = ${first}`)
        // neither asks for the other's row before both hold their own, so that one has to be given up
        if (runs === 2) bothHold()
        await held
        await tx.execute(sql`update identity.note set text = 'y' where id = ${second}`)
      })
    await Promise.all([cross(101, 102), cross(102, 101)])
    assert.ok(runs > 2, `ran ${runs} times`)
    await asSuperuser('delete from identity.note where id > 100')
  })

  test('one that only reads sees one snapshot and cannot write', async () => {
    await identity.transaction(
      async (tx) => {
        const before1 = await tx.query(sql`select count(*) as count from identity.note`)
        await asSuperuser(`insert into identity.note values (20, 'z')`)
        assert.deepEqual(await tx.query(sql`select count(*) as count from identity.note`), before1)
        await asSuperuser('delete from identity.note where id = 20')
      },
      { readOnly: true },
    )
    await assert.rejects(
      identity.transaction((tx) => tx.execute(sql`delete from identity.note`), { readOnly: true }),
      { code: '25006' },
    )
  })

  test('a statement that takes too long is given up', async () => {
    await assert.rejects(
      identity.transaction((tx) => tx.query(sql`select pg_sleep(10)`), { statementTimeoutMs: 50 }),
      isFaultOf('database_unavailable'),
    )
    assert.equal(await count(), 2)
  })

  test('a connection that is cut is a fault of that transaction; the next has another', async () => {
    await assert.rejects(
      identity.transaction(async (tx) => {
        const [row] = await tx.query(sql`select pg_backend_pid() as pid`)
        await asSuperuser(`select pg_terminate_backend(${String(row?.['pid'])})`)
        await tx.query(sql`select 1`)
      }),
      isFaultOf('database_unavailable'),
    )
    assert.equal(await count(), 2)
    // idle ones too: all are cut between two transactions
    await asSuperuser(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'reeve_identity' and datname = current_database()`,
    )
    assert.equal(await count(), 2)
  })

  test('a commit whose answer is lost says so', async () => {
    await asSuperuser(`
      create function identity.cut() returns trigger language plpgsql as
        'begin perform pg_terminate_backend(pg_backend_pid()); return null; end';
      alter function identity.cut() security definer;
      create constraint trigger cut after insert on identity.note deferrable initially deferred
        for each row execute function identity.cut()`)
    await assert.rejects(
      identity.transaction((tx) => tx.execute(sql`insert into identity.note values (30, 'q')`)),
      isFaultOf('outcome_unknown'),
    )
    await asSuperuser('drop trigger cut on identity.note')
    assert.equal(await count(), 2)
  })

  test('more transactions than connections wait for their turn', async () => {
    const turns = await Promise.all(
      Array.from({ length: 40 }, (_, at) => identity.transaction((tx) => tx.query(sql`select ${at}::int as at`))),
    )
    assert.deepEqual(
      turns.flat(),
      Array.from({ length: 40 }, (_, at) => ({ at })),
    )
  })

  test('a prepared statement is one text under one name', async () => {
    const text = 'select text from identity.note where id = $1'
    const rows = await identity.transaction((tx) => tx.prepared('note_text', text, [1]))
    assert.equal(rows.length, 1)
  })

  test('closing waits for what runs and lets nothing new in', async () => {
    const database = openDatabase(
      Object.fromEntries(LAYER_NAMES.map((layer) => [layer, own.connectionFor(layer)])) as Record<Layer, Connection>,
    )
    const running = database.layer('usage').transaction((tx) => tx.query(sql`select pg_sleep(0.2), 1 as one`))
    await sleep(50)
    const closed = database.close()
    await assert.rejects(
      database.layer('usage').transaction((tx) => tx.query(sql`select 1`)),
      isFaultOf('database_unavailable'),
    )
    assert.equal((await running)[0]?.['one'], 1)
    await closed
  })
})

test('where there is no server, the fault says so at once and names no password', async () => {
  const nowhere = { host: '/nowhere', user: 'reeve_identity', password: 'very secret', database: 'reeve' }
  const database = openDatabase(
    Object.fromEntries(LAYER_NAMES.map((layer) => [layer, nowhere])) as Record<Layer, Connection>,
  )
  await assert.rejects(
    database.layer('identity').transaction((tx) => tx.query(sql`select 1`)),
    (error: Error) =>
      error instanceof Fault && error.code === 'database_unavailable' && !inspect(error).includes('very secret'),
  )
  await database.close()
})
