// Times of entries against their order: what is backdated is told, and a clock that was ahead once is no reason to refuse a log for ever.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, beforeEach, describe, test } from 'node:test'
import { keepLog, verifyLog } from '#evidence'
import { appendEntries } from '#evidence/port'
import { newId } from '#kernel'
import type { Instant } from '#kernel'
import { sql } from '#db'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { BACK_MS_MAX, EntryTimes } from '../../src/evidence/verify/offline/entry-times.ts'
import { verifyBundle } from '../../src/evidence/verify/offline/verify-bundle.ts'
import { evidenceEstate, keyText, logKey } from './estate.ts'
import type { Estate } from './estate.ts'
import { cosignEverything, witnessKeys } from './honest-witness.ts'

const DAY_MS = 86_400_000

/** What is said of entries of so many days after some instant; a text is a step, `w3` a cosignature of the third day. */
function outcomes(days: readonly (number | string)[]): string {
  const times = new EntryTimes()
  for (const [seq, day] of days.entries()) {
    if (typeof day === 'number') times.take(seq, 'principal.updated', day * DAY_MS)
    else if (day.startsWith('w')) times.cosigned(Number(day.slice(1)) * DAY_MS)
    else times.take(seq, 'clock.stepped', Number(day) * DAY_MS)
  }
  return times
    .findings()
    .map(({ outcome, range }) => `${outcome}${range === undefined ? '' : ` ${range.from} to ${range.to}`}`)
    .join(', ')
}

describe('the times of entries', () => {
  test('may go back by a day, which an act may take, and by no more', () => {
    assert.equal(BACK_MS_MAX, DAY_MS)
    assert.equal(outcomes([1, 2, 1, 3, 2.5]), 'passed')
    assert.equal(outcomes([1, 5, 3.9, 4.1, 2]), 'failed 2 to 4')
  })

  test('go back further where the log says that a clock was set back, and from there on only against that', () => {
    assert.equal(outcomes([1, 9, '2', 2, 3, 2.5]), 'stated')
    assert.equal(outcomes([1, 9, 2, '2', 2, 3]), 'stated', 'what came before the log noticed')
    assert.equal(outcomes([1, 9, '2', 2, 5, 3]), 'failed 5 to 5, stated')
    assert.equal(outcomes([1, 9, '2', 2, 1, 0]), 'failed 5 to 5, stated')
  })

  test('do not go back before what a witness cosigned in front of them', () => {
    assert.equal(outcomes([1, 'w9', 2, 3]), 'failed 2 to 3')
    assert.equal(outcomes([1, 'w2', 1.5, 'w3', 2.1]), 'passed')
    assert.equal(
      outcomes([9, '1', 'w9', 2]),
      'cannot 3 to 3, stated',
      'the log says itself that they are not to be trusted',
    )
  })
})

describe('a log whose clock was ahead', { skip: databaseUnavailable() }, () => {
  let estate: Estate | undefined
  let start = 0
  beforeEach(async () => {
    await estate?.close()
    estate = await evidenceEstate()
    start = Date.parse(estate.roll.now())
  })
  after(async () => await estate?.close())

  /** As by a server whose clock says so. */
  async function append(atMs: number, count = 1): Promise<void> {
    const at = new Date(atMs).toISOString() as Instant
    const words = { layer: 'identity', type: 'principal.updated', at, actor: 'reeve', subjects: [] } as const
    const entries = Array.from({ length: count }, () => ({ ...words, id: newId('entry') }))
    await opened()
      .db.database.layer('identity')
      .transaction(async (tx) => await appendEntries(tx, entries))
  }

  async function written(atMs: number, count = 1): Promise<void> {
    await append(atMs, count)
    await opened().integrate()
  }

  const opened = (): Estate => {
    if (estate === undefined) throw new Error('it was opened')
    return estate
  }

  async function steps(): Promise<string[]> {
    const rows = await opened()
      .db.database.layer('evidence')
      .transaction(
        async (tx) =>
          await tx.query<{ words: string }>(sql`
            select content ->> 'newest' || ' ' || to_char(at at time zone 'UTC', 'YYYY-MM-DD') as words
            from evidence.entry where type = 'clock.stepped'`),
      )
    return rows.map(({ words }) => words)
  }

  /** A server that runs with this clock, until it has said something of it or had the time to. */
  async function served(clock: () => number, until: () => Promise<boolean>): Promise<void> {
    const { db, tiles } = opened()
    const failures: unknown[] = []
    const keeper = await keepLog({
      evidence: db.database.layer('evidence'),
      tiles,
      signer: logKey(),
      clock: () => new Date(clock()).toISOString() as Instant,
      onFailure: (error) => failures.push(error),
      everyMs: 5,
    })
    for (let tries = 0; tries < 400 && !(await until()); tries += 1) await new Promise((done) => setTimeout(done, 10))
    await keeper.stop()
    assert.deepEqual(failures, [])
  }

  /** Live and offline alike. */
  async function said(witnesses: readonly string[] = []): Promise<string> {
    const { db, tiles, folder } = opened()
    const nowMs = (): number => start + 400 * DAY_MS
    const evidence = db.database.layer('evidence')
    const live = await verifyLog({
      evidence,
      connection: db.connectionFor('evidence'),
      tileFolder: tiles.folder,
      keys: [keyText(logKey())],
      witnessKeys: witnesses,
      nowMs,
    })
    const name = `times-${newId('entry')}`
    await opened().bundle(name)
    const offline = await verifyBundle(`${folder}/${name}`, {
      logKey: keyText(logKey()),
      witnessKeys: witnesses,
      nowMs,
    })
    const [one, other] = [live, offline].map((all) =>
      all.flatMap(({ check, outcome, detail }) => (check === 'time' ? `${outcome}: ${detail}` : [])).join('\n'),
    )
    assert.equal(one, other, 'one rule for both')
    return one ?? ''
  }

  test('is good where the server that saw its clock set back said so, and names both times', async () => {
    await written(start + 9 * DAY_MS, 3)
    await written(start + 1000, 2)
    await served(
      () => start + 2000,
      async () => (await steps()).length > 0,
    )
    await written(start + 3000, 300)
    assert.deepEqual(await steps(), [
      `${new Date(start + 9 * DAY_MS).toISOString()} ${new Date(start).toISOString().slice(0, 10)}`,
    ])
    assert.match(
      await said(),
      /^stated: entry \d+ says that a clock was set back from .*; 2 entries between places \d+ and \d+ are dated up to 8 days/,
    )
  })

  test('has in the bundle of a period what was done in it after the clock was set right', async () => {
    await written(start + 9 * DAY_MS)
    await served(
      () => start + 1000,
      async () => (await steps()).length > 0,
    )
    const made = await opened().register('while the clock was right again')
    await opened().integrate()
    const { out } = await opened().bundle('period', {
      period: { to: new Date(start + 5 * DAY_MS).toISOString() as Instant },
    })
    const findings = await verifyBundle(out, { logKey: keyText(logKey()), nowMs: () => start + 400 * DAY_MS })
    assert.deepEqual(
      findings.filter(({ outcome }) => outcome === 'failed'),
      [],
    )
    assert.match(await readFile(`${out}/populations/principals.csv`, 'utf8'), new RegExp(`^${made},`, 'm'))
  })

  test('is told of while it runs, once, and not again at the next start', async () => {
    let clock = start + 9 * DAY_MS
    await served(
      () => clock,
      async () => {
        await append(clock)
        const found = (await steps()).length > 0
        clock = start + 5000
        return found
      },
    )
    let tries = 0
    await served(
      () => start + 6000,
      async () => {
        await append(start + 6000)
        return (tries += 1) > 20
      },
    )
    assert.equal((await steps()).length, 1)
    assert.doesNotMatch(await said(), /failed/)
  })

  test('is refused where nothing says that a clock was set back, and the places are named', async () => {
    await written(start + 9 * DAY_MS)
    await written(start + 1000, 600)
    assert.match(await said(), /^failed: 600 entries between places \d+ and \d+ are dated up to 8 days before an entry/)
  })

  test('that was backdated all along is told by what a witness cosigned in front of it', async () => {
    opened().roll.pass(30)
    await cosignEverything(opened(), await opened().integrate())
    await written(start + 2 * 3_600_000, 300)
    assert.match(await said(), /^passed/, 'not without a witness: this is documented')
    assert.match(
      await said(witnessKeys),
      /^failed: 300 entries between .* dated up to 29 days before a witness cosigned/,
    )
  })
})
