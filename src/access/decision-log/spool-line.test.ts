import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { framedLines, linesAfter, turnIn, WrittenTails } from './spool-line.ts'
import type { PlacedTurn, Written } from './spool-line.ts'

test('what was written comes back whole, from memory and from the file, whatever ends its texts share', () => {
  const tails = ['"a"}', '"\u2028\\u001e"}', `"${'x'.repeat(300_000)}"}`].map((text) => ({ text }))
  const text = fc.record(
    { head: fc.string().map((name) => `{"name":${JSON.stringify(name)},"of":`), tail: fc.constantFrom(...tails) },
    { requiredKeys: ['head'] },
  )
  const turn = fc.record({ texts: fc.array(text, { minLength: 1, maxLength: 8 }), forgets: fc.boolean() })
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 20 }), fc.nat(30), fc.integer({ min: 1, max: 60 }), (turns, after, max) => {
      const [written, known] = [new WrittenTails(), new Map()]
      const told: string[] = []
      const [here, back]: [PlacedTurn[], PlacedTurn[]] = [[], []]
      for (const { texts, forgets } of turns) {
        if (forgets) written.forget()
        for (const { bytes, ...line } of framedLines(told.length + 1, texts, written)) {
          const place = { segment: 1, from: 0, end: bytes.length }
          here.push({ ...line, ...place })
          const read = turnIn(bytes.toString('utf8', 0, bytes.length - 1), known)
          back.push({ ...(read ?? assert.fail('it is no line')), ...place })
          told.push(...line.tails.map(() => ''))
        }
        for (const [place, whole] of texts.entries()) told[told.length - texts.length + place] = wholeOf(whole)
      }
      for (const from of [here, back]) {
        const lines = linesAfter(from, after, 0, max)
        assert.deepEqual(
          lines.map((line) => [line.seq, line.text]),
          told.map((whole, place) => [place + 1, whole]).slice(after, after + max),
        )
      }
    }),
    { numRuns: 100 },
  )
})

const wholeOf = ({ head, tail }: Written): string => head + (tail?.text ?? '')

test('a line of which a byte is another one is none', () => {
  const [line] = framedLines(7, [{ head: '{"a":', tail: { text: '1}' } }], new WrittenTails())
  const { bytes } = line ?? assert.fail()
  for (let at = 0; at < bytes.length - 1; at++) {
    const other = Buffer.from(bytes)
    other[at] = (other[at] ?? 0) ^ 1
    assert.equal(turnIn(other.toString('utf8', 0, other.length - 1), new Map()), undefined, `byte ${at}`)
  }
})
