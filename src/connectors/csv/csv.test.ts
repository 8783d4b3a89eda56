import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Observation } from '#kernel'
import { fixedContext, offerText } from '../read/offer-text.ts'
import { csv } from './csv.ts'

const only = <T extends Observation['type']>(observations: readonly Observation[], type: T) =>
  observations.filter((each): each is Extract<Observation, { type: T }> => each.type === type)
const read = (mapping: unknown, text: string) =>
  offerText(csv, 'a.csv', text, fixedContext({ csvMapping: () => mapping }))
const MAPPING = {
  columns: {
    externalId: 'Account',
    name: 'Name',
    owner: 'Owner',
    enabled: 'Active',
    permission: 'Right',
    level: 'Level',
  },
}

test('a table with a BOM, quoted newlines and semicolons is read row by row with its lines', () => {
  const text =
    '\uFEFFAccount;Name;Owner;Active;Right;Level\r\nsvc-1;"Two\nlines";a@x.example;no;db_owner;admin\r\nsvc-2;Plain;b@x.example|c@x.example;yes;;\r\n'
  const facts = read(MAPPING, text)
  const [first, second] = only(facts, 'principal')
  assert.equal(first?.externalId, 'svc-1')
  assert.equal(first?.name, 'Two\nlines')
  assert.equal(first?.enabled, false)
  assert.equal(first?.provenance.startLine, 3)
  assert.deepEqual(
    second?.ownerHints?.map(({ who }) => who),
    ['b@x.example', 'c@x.example'],
  )
  assert.deepEqual(
    only(facts, 'entitlement').map(({ permission, level }) => [permission, level]),
    [['db_owner', 'admin']],
  )
})

test('without a mapping a table says nothing; with a wrong one it says which member is wrong', () => {
  assert.deepEqual(read(undefined, 'a,b\n1,2\n'), [])
  assert.match(only(read({ columns: {} }, 'a\n1\n'), 'problem')[0]?.message ?? '', /columns\.externalId/)
  assert.match(only(read({ columns: { externalId: 'Nope' } }, 'a\n1\n'), 'problem')[0]?.message ?? '', /`Nope`/)
})

test('rows without an identifier are counted, shown up to a bound, and do not stop the rest', () => {
  const facts = read({ columns: { externalId: 'id' } }, `id,x\n${',1\n'.repeat(30)}last,2\n`)
  assert.equal(only(facts, 'principal').length, 1)
  assert.equal(only(facts, 'problem').length, 21)
})

test('a header named __proto__ is a column like any other', () => {
  const facts = read({ columns: { externalId: '__proto__' } }, '__proto__\nx\n')
  assert.deepEqual(
    only(facts, 'principal').map(({ externalId }) => externalId),
    ['x'],
  )
  assert.equal(({} as Record<string, unknown>)['x'], undefined)
})
