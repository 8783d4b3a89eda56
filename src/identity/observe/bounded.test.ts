import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Instant, PersonFact } from '#kernel'
import { feedRows } from '../people/feed-rows.ts'
import { boundedLabels, boundedName, boundedText } from './bounded.ts'

test('no control character of a source stands in a name or label, and nothing is refused for one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.match(boundedName(text), /^\P{Cc}*$/u)
      assert.match(boundedText(text), /^[\P{Cc}\t\n\r]*$/u)
      assert.ok(boundedText(text).isWellFormed())
    }),
  )
  assert.equal(boundedName('a\u001b[31mb\nc\u0085'), 'a\ufffd[31mb\ufffdc\ufffd')
  assert.deepEqual(boundedLabels({ 'te\u0000am': 'x\u001by\nz' }), { 'te\ufffdam': 'x\ufffdy\nz' })
  assert.equal(boundedName('pay\u202erunner'), 'pay\u202erunner')
})

test('a person whose name holds control characters is imported with the rest of the feed', () => {
  const person = (personId: string, name: string): PersonFact =>
    ({ personId, name, emails: [], status: 'active', provenance: { file: 'people.csv', startLine: 1 } }) as never
  const feed = {
    source: 'hr',
    people: [person('1', 'A\u001b[31mda\nX'), person('2', 'Bob')],
    teams: [],
    complete: true,
  }
  const { people } = feedRows(feed, '2026-06-01T00:00:00.000Z' as Instant)
  assert.deepEqual(
    [...people.values()].map(({ name }) => name),
    ['A\ufffd[31mda\ufffdX', 'Bob'],
  )
})
