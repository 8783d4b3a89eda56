import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deriveId } from '#kernel'
import { hash53, IdSet } from './id-set.ts'

test('a set of ids holds what was added, once, and nothing else', () => {
  const ids = new IdSet()
  const known = Array.from({ length: 100_000 }, (_, at) => deriveId('principal', String(at)))
  for (const id of [...known, ...known]) ids.add(id)
  assert.equal(ids.size, known.length)
  assert.ok(known.every((id) => ids.has(id)))
  assert.ok(!known.some((_, at) => ids.has(deriveId('credential', String(at)))))
})

test('a hash is a whole number that a double holds exactly, and never the mark of an empty place', () => {
  for (const text of ['', 'a', 'prn_', '\u0000', 'x'.repeat(10_000)]) {
    const hash = hash53(text)
    assert.ok(Number.isSafeInteger(hash - 1) && hash > 0, text.slice(0, 10))
  }
})
