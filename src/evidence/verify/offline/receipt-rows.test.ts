import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { checkReceipts, receiptHash } from './receipt-rows.ts'

const GOOD = { planId: 'pln_1', outcome: 'verified', reasons: [] }

function bundle(t: TestContext, plans: readonly string[], receipts: readonly string[], record: unknown = GOOD): string {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-receipts-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const name of ['populations', 'records']) mkdirSync(join(folder, name))
  const write = (path: string, rows: readonly string[]): void =>
    writeFileSync(join(folder, path), rows.map((row) => `${row}\n`).join(''))
  write('populations/plans.csv', ['id,state,receipt', ...plans])
  write('populations/receipts.csv', ['id,plan,outcome,reasons', ...receipts])
  write('records/receipts.ndjson', [JSON.stringify({ id: 'rcp_1', segments: [{ data: record }] })])
  return folder
}

describe('receipts beside their plans', () => {
  const said = new Map([['rcp_1', receiptHash(GOOD)]])

  test('are one for each plan that came to an end, and none is asked of those that run', async (t) => {
    const folder = bundle(t, ['pln_1,verified,rcp_1', 'pln_2,running,', 'pln_3,cancelled,'], ['rcp_1,pln_1,verified,'])
    assert.match(await checkReceipts(folder, said), /^1 plans .*; 1 of 1 say in the log/)
    assert.match(await checkReceipts(folder, new Map()), /; 0 of 1 say in the log/)
  })

  for (const [what, plans, receipts, found] of [
    ['a plan that ended and has none', ['pln_1,verified,'], [], /pln_1 is verified, and has no receipt/],
    [
      'the receipt of another plan',
      ['pln_1,undone,rcp_1', 'pln_2,undone,rcp_1'],
      ['rcp_1,pln_1,undone,'],
      /pln_2 is undone/,
    ],
    ['another outcome', ['pln_1,verified,rcp_1'], ['rcp_1,pln_1,unproven,x'], /its receipt says otherwise/],
    ['no plan', [], ['rcp_1,pln_1,verified,'], /rcp_1 is of no plan/],
    ['a reason against itself', ['pln_1,verified,rcp_1'], ['rcp_1,pln_1,verified,it may log in'], /says why it is not/],
  ] as const)
    test(`are refused: ${what}`, async (t) => {
      await assert.rejects(checkReceipts(bundle(t, plans, receipts), said), found)
    })

  test('say in their record what their entry says', async (t) => {
    const other = { ...GOOD, account: 'another' }
    const folder = bundle(t, ['pln_1,verified,rcp_1'], ['rcp_1,pln_1,verified,'], other)
    await assert.rejects(checkReceipts(folder, said), /rcp_1 says something else in the log/)
  })
})
