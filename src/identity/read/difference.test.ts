import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assert as check, dictionary, jsonValue, property, string } from 'fast-check'
import type { Json } from '#kernel'
import { differences } from './difference.ts'

describe('differences', () => {
  test('only what changed is named, at its own path', () => {
    const before = { name: 'a', owner: { party: { kind: 'person', id: 'psn_1' }, from: 'derived' }, refs: ['x'] }
    const after = {
      name: 'a',
      owner: { party: { kind: 'person', id: 'psn_2' }, from: 'stated' },
      refs: ['x', 'y'],
      goneAt: 't',
    }
    assert.deepEqual(differences(before, after), [
      { path: '/goneAt', after: 't' },
      { path: '/owner/from', before: 'derived', after: 'stated' },
      { path: '/owner/party/id', before: 'psn_1', after: 'psn_2' },
      { path: '/refs', before: ['x'], after: ['x', 'y'] },
    ])
  })

  test('a field that comes or goes has one side only; null is a value', () => {
    assert.deepEqual(differences({ a: null }, {}), [{ path: '/a', before: null }])
    assert.deepEqual(differences({}, { a: null }), [{ path: '/a', after: null }])
  })

  test('hostile keys are members like any other', () => {
    const before = JSON.parse('{"labels": {"__proto__": 1, "a/b~c": 1}}') as Json
    assert.deepEqual(differences(before, { labels: {} }), [
      { path: '/labels/__proto__', before: 1 },
      { path: '/labels/a~1b~0c', before: 1 },
    ])
  })

  test('what follows from other fields is not told', () => {
    assert.deepEqual(differences({ searchText: 'a', parties: [] }, { searchText: 'b', parties: ['person:x'] }), [])
  })

  test('there is none between equals, and there is one between unequals', () => {
    check(
      property(dictionary(string(), jsonValue()), dictionary(string(), jsonValue()), (a, b) => {
        const one = JSON.parse(JSON.stringify(a)) as Json
        const copy = JSON.parse(JSON.stringify(a)) as Json
        const other = JSON.parse(JSON.stringify(b)) as Json
        assert.deepEqual(differences(one, copy), [])
        const apart = differences(one, other).length > 0
        const { searchText: _s, parties: _p, ...mine } = one as { [key: string]: Json }
        const { searchText: _t, parties: _q, ...theirs } = other as { [key: string]: Json }
        assert.equal(apart, !isDeepEqual(mine, theirs))
      }),
    )
  })
})

function isDeepEqual(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(a, b)
    return true
  } catch {
    return false
  }
}
