// A batch whose items are found in its text is answered as one that is read whole.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { DecisionState } from '../decide/index.ts'
import { NOON } from '../decide/state-in-test.ts'
import { AnswersLately, AnswerText } from './answers-lately.ts'
import { itemsIn } from './batch-items.ts'
import { certificationState } from './certification-in-test.ts'
import { evaluateAll, evaluateAllToSend } from './evaluate-all.ts'
import { readBody } from './read-body.ts'
import { ReadLately } from './read-lately.ts'

const item = (id: string, more: object = {}): object => ({
  subject: { type: 'user', id },
  action: { name: 'read' },
  resource: { type: 'record', id: 'record-1' },
  ...more,
})

const nested = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)

const ITEMS: readonly string[] = [
  ...['alice', 'bob', 'carol', 'nobody'].map((id) => JSON.stringify(item(id))),
  JSON.stringify(item('alice', { context: { at: '}],{' } }), null, 2),
  JSON.stringify(item('al"ic\\e}')),
  JSON.stringify(item('\u00e4\ud83d\ude00')),
  JSON.stringify({ subject: { type: 'user', id: 'alice' } }),
  `{"subject":{"type":"user","id":"alice","properties":${nested(58)}},"action":{"name":"read"},"resource":{"type":"record","id":"1"}}`,
  `{"subject":{"type":"user","id":"alice","properties":${nested(70)}},"action":{"name":"read"},"resource":{"type":"record","id":"1"}}`,
  '{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"action":{"name":"write"},"resource":{"type":"record","id":"1"}}',
  '{}',
  '[]',
  '1',
  '{"a":1',
  '{"a":"\\',
  '}',
]

const mostly = (usual: readonly string[], odd: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: fc.constantFrom(...odd) })
const SPACE = mostly(['', ' ', '\n\t', '\r\n '], ['\u00a0'])
const FINE = 7
const batch = fc
  .record({
    items: fc.array(fc.tuple(SPACE, mostly(ITEMS.slice(0, FINE), ITEMS.slice(FINE)), SPACE), { maxLength: 6 }),
    begin: mostly(
      ['{"evaluations":[', ' {"evaluations" : [ '],
      ['{"evaluations":', '{"action":{"name":"write"},"evaluations":['],
    ),
    end: mostly([']}', ' ] } '], [']', ']},', '],"options":{"evaluations_semantic":"deny_on_first_deny"}}']),
    between: mostly([',', ' , '], [',,', '']),
  })
  .map(({ items, begin, end, between }) => begin + items.map((parts) => parts.join('')).join(between) + end)

/** Without what differs between any two answers; what is refused, by its words. */
async function said(answer: Promise<object>): Promise<string> {
  const text = await answer.then(
    (told) => (told instanceof AnswerText ? told.text : JSON.stringify(told)),
    (error: unknown) => JSON.stringify({ refused: (error as { detail?: string }).detail }),
  )
  return text.replaceAll(/dec_[0-9a-z]{26}/g, 'dec_')
}

test('whatever is sent, it is answered as if it had been read whole', async () => {
  const state: DecisionState = await certificationState()
  const point = { state: () => state, now: () => NOON }
  const lately = { asked: new ReadLately(), answered: new AnswersLately() }
  let found = 0
  await fc.assert(
    fc.asyncProperty(batch, async (text) => {
      if (itemsIn(text, 1000) !== undefined) found += 1
      const whole = said((async () => evaluateAll(point, readBody(text)))())
      const sent = await said(evaluateAllToSend(point, text, lately))
      assert.equal(sent, await whole, text)
    }),
    { numRuns: 1500 },
  )
  assert.ok(found > 300, String(found))
})

test('how long an answer is in bytes is told, and more items than are allowed are refused', async () => {
  const state = await certificationState()
  const point = { state: () => state, now: () => NOON }
  const lately = { asked: new ReadLately(), answered: new AnswersLately() }
  const of = (count: number): string =>
    JSON.stringify({ evaluations: Array.from({ length: count }, (_, at) => item(at % 2 === 0 ? 'alice' : '\u00e4')) })
  for (const count of [1, 2, 1000]) {
    const answer = await evaluateAllToSend(point, of(count), lately)
    assert.ok(answer instanceof AnswerText)
    assert.equal(answer.byteLength, Buffer.byteLength(answer.text))
    assert.equal((JSON.parse(answer.text) as { evaluations: unknown[] }).evaluations.length, count)
  }
  await assert.rejects(evaluateAllToSend(point, of(1001), lately), { code: 'invalid', detail: /at most 1000/ })
})
