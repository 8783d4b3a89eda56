// Decisions on record, edited, added or taken from their batch: by whoever has the superuser's password, by the role of the
// layer, and by whoever makes a bundle and has the key of the log.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pruneDecisions, writeDecisions } from '#access/decisions'
import { newId } from '#kernel'
import type { Instant } from '#kernel'
import { sql } from '#db'
import { DecisionBatches } from '../../src/evidence/verify/offline/decision-batches.ts'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { BundleCopies, edit, refused, signAgain, verifyAlone } from './bundle-copies.ts'
import { copyOf } from './copies.ts'
import type { Copy } from './copies.ts'
import { evidenceEstate, keyText, logKey } from './estate.ts'
import type { Estate } from './estate.ts'

const SPOOL = `spl_${'a'.repeat(32)}`
const OTHER = `spl_${'b'.repeat(32)}`

describe('decisions on record', { skip: databaseUnavailable() }, () => {
  let estate: Estate
  let bundle = ''
  let ofSome = ''
  let ofPeriod = ''
  let copies: BundleCopies

  const send = async (source: string, from: number, outcomes: readonly object[]): Promise<void> => {
    const { roll, db, first } = estate
    const access = { db: db.database.layer('access'), clock: () => roll.now() }
    const lines = outcomes.map((more, at) => {
      const line = { id: newId('decision'), at: Date.parse(roll.now()), principalId: first, action: 'pg:SELECT' }
      const rest = { resource: 'table:orders', allowed: false, reason: 'quarantined', highRisk: false, ...more }
      return { seq: from + at, text: JSON.stringify({ ...line, ...rest }) }
    })
    await writeDecisions(access, roll.act('ada'), { source, lines })
  }

  before(async () => {
    copies = await BundleCopies.make()
    estate = await evidenceEstate()
    await send(SPOOL, 1, [{}, { allowed: true, reason: 'granted' }, { resource: '=table:"x"\n' }, { enforced: false }])
    await send(SPOOL, 5, [{ allowed: true, highRisk: true, reason: 'granted', point: 'edge' }, {}])
    const to = new Date(Date.parse(estate.roll.now()) + 1).toISOString() as Instant
    await send(OTHER, 1, [{}])
    await estate.integrate()
    bundle = (await estate.bundle('all')).out
    ofSome = (await estate.bundle('some', { scope: [`principal=${estate.first}`] })).out
    ofPeriod = (await estate.bundle('before', { period: { to } })).out
    await estate.db.database.close()
  })
  after(async () => {
    await estate.close()
    await copies.close()
  })

  async function found(tamper: (copy: Copy) => Promise<unknown>): Promise<string> {
    const copy = await copyOf(estate)
    try {
      await tamper(copy)
      return (await copy.failed({ state: true })).map(({ check, detail }) => `${check}: ${detail}`).join('\n')
    } finally {
      await copy.close()
    }
  }

  test('nothing is found where nothing was touched', async () => {
    assert.equal(await found(() => Promise.resolve()), '')
  })

  const where = `where source = '${SPOOL}' and first_seq = 1`
  const NEW = `insert into access.decision_batch (source, first_seq, received_at, root, lines)
    select source, 99, received_at, root, lines from access.decision_batch ${where}`
  const EDITS: readonly (readonly [name: string, edit: string, found: RegExp])[] = [
    [
      'a decision edited',
      `update access.decision_batch set lines[1] = replace(lines[1], 'quarantined', 'nothing_permits') ${where}`,
      /decisions: batch 1 of spl_a+: a decision was edited, added or taken away/,
    ],
    [
      'a decision added',
      `update access.decision_batch set lines = lines || lines[1] ${where}`,
      /decisions: batch 1 of spl_a+: a decision was edited, added or taken away/,
    ],
    [
      'a decision taken from its batch',
      `update access.decision_batch set lines = lines[2:] ${where}`,
      /decisions: batch 1 of spl_a+: a decision was edited, added or taken away/,
    ],
    [
      'decisions in another order',
      `update access.decision_batch set lines = array[lines[2], lines[1], lines[3]] ${where}`,
      /decisions: batch 1 of spl_a+: a decision was edited, added or taken away/,
    ],
    ['a batch taken away', `delete from access.decision_batch ${where}`, /decisions: batch 1 of spl_a+ is gone/],
    ['a batch added', NEW, /decisions: batch 99 of spl_a+ has no entry/],
    [
      'a batch under another number',
      `update access.decision_batch set first_seq = 77 ${where}`,
      /batch 77 of spl_a+ has no entry[^]*batch 1 of spl_a+ is gone/,
    ],
  ]
  for (const [name, edited, expected] of EDITS) {
    test(`${name} by a superuser past the triggers: named`, async () => {
      const named = await found(async (copy) => {
        await copy.query('set session_replication_role = replica')
        await copy.query(edited)
      })
      assert.match(named, expected)
      assert.match(named, /rows of access\.decision_batch: /, 'the row differs from what the log was told of it, too')
    })
  }

  test('a batch that the role of the layer writes by itself has no decision in the log: named', async () => {
    const named = await found(async ({ database }) => {
      await database.layer('access').transaction(
        async (tx) =>
          await tx.execute(sql`
        insert into access.decision_batch (source, first_seq, received_at, root, lines)
        select source, 99, received_at, root, lines from access.decision_batch where first_seq = 5`),
      )
    })
    assert.match(named, /decisions: batch 99 of spl_a+ has no entry/)
    assert.doesNotMatch(named, /rows of access\.decision_batch/, 'the trigger told the log of the row')
  })

  test('what was pruned by its age is not missed', async () => {
    const named = await found(async (copy) => {
      const act = { actor: { id: 'reeve' }, at: new Date().toISOString() as Instant }
      const pruned = await pruneDecisions(copy.database.layer('access'), act, 30)
      assert.equal(pruned, 'done')
    })
    assert.doesNotMatch(named, /decision/)
  })

  test('what a pruning says that stands in front of it, is of the future or of too short a time, is missed', async () => {
    const PRUNED = (at: string, from: string): string => `insert into evidence.entry
      (id, layer, type, at, actor, subjects, content_hash, salt, content) values
      ('${newId('entry')}', 'access', 'decision.pruned', '${at}', 'reeve', '{}', sha256(''), '', '{"before": "${from}"}')`
    const named = await found(async (copy) => {
      await copy.query(PRUNED(estate.roll.now(), '2026-03-02T00:00:00.000Z'))
      await copy.query('set session_replication_role = replica')
      await copy.query(`delete from access.decision_batch ${where}`)
    })
    assert.match(named, /decisions: batch 1 of spl_a+ is gone/)
    const batches = new DecisionBatches()
    const [march, april, may] = ['03', '04', '05'].map((month) => `2026-${month}-30T00:00:00.000Z`) as [
      string,
      string,
      string,
    ]
    const content = { source: 'spl_x', batch: 1, root: '', count: 1 }
    batches.takePruned(may, { before: april })
    batches.take('decision.denied', march, content)
    assert.deepEqual(batches.missing(), ['batch 1 of spl_x is gone'], 'the pruning stands in front of it')
    batches.takePruned('2031-01-01T00:00:00.000Z', { before: '2030-12-01T00:00:00.000Z' })
    assert.deepEqual(batches.missing(Date.parse('2026-04-10')), ['batch 1 of spl_x is gone'], 'it was too young by now')
    batches.takePruned(may, { before: april })
    assert.deepEqual(batches.missing(Date.parse(may)), [])
  })

  test('a bundle shows them with what proves them, in the one file that needs nothing but Node', async () => {
    const csv = await readFile(join(bundle, 'populations/decisions.csv'), 'utf8')
    assert.match(csv, /^source,batch,id,at,principal,action,/)
    assert.equal(csv.match(/,dec_/g)?.length, 6, 'what was allowed without high risk is counted, not kept')
    assert.match(csv, /,"'=table:""x""\n",/, 'no cell is a formula')
    assert.equal(await refused(bundle), undefined)
    const { text } = await verifyAlone(bundle, ['.', '--log-key', keyText(logKey())])
    assert.match(text, /decisions.*6 decisions in 3 batches, each as its entries name it/)
  })

  test('a bundle of a period has the batches of the period, one of some identities has none', async () => {
    const rows = async (folder: string): Promise<number> =>
      (await readFile(join(folder, 'records/decisions.ndjson'), 'utf8')).split('\n').length - 1
    assert.deepEqual([await rows(bundle), await rows(ofPeriod), await rows(ofSome)], [3, 2, 0])
    assert.equal(await refused(ofPeriod), undefined)
    assert.equal(await refused(ofSome), undefined)
  })

  const RECORDS = 'records/decisions.ndjson'
  const TABLE = 'populations/decisions.csv'
  const LIES: readonly (readonly [name: string, edits: Record<string, (text: string) => string>, found: RegExp])[] = [
    [
      'a cell',
      { [TABLE]: (text) => text.replace(',quarantined,', ',nothing_permits,') },
      /the row of dec_\w+ is not what its line says/,
    ],
    [
      'a decision edited, in both',
      {
        [TABLE]: (text) => text.replace(',quarantined,', ',nothing_permits,'),
        [RECORDS]: (text) => text.replace('quarantined', 'nothing_permits'),
      },
      /a decision was edited, added or taken away/,
    ],
    [
      'a decision taken from its batch, in both',
      {
        [TABLE]: (text) => text.replace(/\n[^\n]*/, ''),
        [RECORDS]: (text) => text.replace(/"lines":\["(?:[^"\\]|\\.)*",/, '"lines":['),
      },
      /a decision was edited, added or taken away/,
    ],
    [
      'a decision twice, in both',
      {
        [TABLE]: (text) => text.replace(/\n([^\n]*)/, '\n$1\n$1'),
        [RECORDS]: (text) => text.replace(/"lines":\[("(?:[^"\\]|\\.)*")/, '"lines":[$1,$1'),
      },
      /a decision was edited, added or taken away/,
    ],
    [
      'a batch left out, in both',
      {
        [TABLE]: (text) => text.replace(/\n(?:spl_b[^\n]*)/, ''),
        [RECORDS]: (text) => text.replace(/[^\n]*spl_b[^\n]*\n/, ''),
      },
      /batch 1 of spl_b+ is gone/,
    ],
    [
      'a batch of no entry, in both',
      {
        [TABLE]: (text) => text.replaceAll('spl_b', 'spl_c'),
        [RECORDS]: (text) => text.replaceAll('spl_b', 'spl_c'),
      },
      /batch 1 of spl_cb+ has no entry[^]*batch 1 of spl_b+ is gone/,
    ],
    ['a row more', { [TABLE]: (text) => `${text}spl_z,1,,,,,,,,,,,\n` }, /the table has rows of no batch/],
    ['a column', { [TABLE]: (text) => text.replace('source,batch', 'source,lot') }, /its columns have to be/],
  ]
  for (const [name, edits, expected] of LIES) {
    test(`a bundle is refused by whoever signed it again: ${name}`, async () => {
      const folder = await copies.of(bundle)
      for (const [path, change] of Object.entries(edits)) await edit(folder, path, change)
      await signAgain(folder)
      assert.match((await refused(folder)) ?? '', expected)
    })
  }

  test('a bundle of some identities that holds a batch after all is refused', async () => {
    const folder = await copies.of(ofSome)
    for (const path of [TABLE, RECORDS]) {
      const text = await readFile(join(bundle, path), 'utf8')
      await edit(folder, path, () => text)
    }
    await signAgain(folder)
    assert.match((await refused(folder)) ?? '', /a bundle of some identities has no batches/)
  })
})
