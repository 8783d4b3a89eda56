import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { canonicalJson } from './canonical-json.ts'
import type { Json } from './canonical-json.ts'

/** RFC 8785 as it reads, by JSON.stringify alone. */
function asItReads(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(asItReads).join(',')}]`
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${asItReads(member as Json)}`).join(',')}}`
}

test('any value has the one form that RFC 8785 gives it', () => {
  const { tree } = fc.letrec((tie) => ({
    text: fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('"', '\\', '\u007f', '\u0000', 'ä', '\ud800'),
    ),
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false, -0, 0.1, 1e21, 2 ** 53),
      fc.integer(),
      tie('text'),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(tie('text') as fc.Arbitrary<string>, tie('tree'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(tree, (value) => {
      assert.equal(canonicalJson(value as Json), asItReads(value as Json))
    }),
    { numRuns: 2000 },
  )
})

test('members that are undefined are left out, and what JSON cannot carry is refused', () => {
  assert.equal(canonicalJson({ b: 1, a: undefined, '': [] }), '{"":[],"b":1}')
  for (const bad of [Number.NaN, Infinity, -Infinity]) assert.throws(() => canonicalJson({ a: [bad] }), RangeError)
})
