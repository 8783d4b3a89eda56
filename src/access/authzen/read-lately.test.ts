import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ReadLately } from './read-lately.ts'

const body = (id: string, more: object = {}): string =>
  JSON.stringify({
    subject: { type: 'user', id },
    action: { name: 'read' },
    resource: { type: 'doc', id: '1' },
    ...more,
  })

test('the same words are the same question, and what has a context is read each time', () => {
  const lately = new ReadLately()
  const first = lately.questionIn(body('ada'))
  assert.equal(lately.questionIn(body('ada')), first)
  assert.equal(first.subject.id, 'ada')
  assert.notEqual(lately.questionIn(body('eve')), first)
  // a space is another text, which may mean something else
  assert.notEqual(lately.questionIn(`${body('ada')} `), first)
  const secret = body('ada', { context: { token: 'a' } })
  assert.notEqual(lately.questionIn(secret), lately.questionIn(secret))
  const long = body('x'.repeat(2000))
  assert.notEqual(lately.questionIn(long), lately.questionIn(long))
})

test('what is wrong is refused each time that it is sent', () => {
  const lately = new ReadLately()
  for (let time = 0; time < 3; time++) {
    assert.throws(() => lately.questionIn('{"subject":{}}'), { code: 'invalid' })
    assert.throws(() => lately.questionIn(body('ada').replace('{', '{"subject":1,')), { detail: /given twice/ })
  }
})

test('no more is kept than the questions of lately: those that are asked go on being known, others are forgotten', () => {
  const lately = new ReadLately()
  const hot = lately.questionIn(body('hot'))
  const cold = lately.questionIn(body('cold'))
  for (let at = 0; at < 7000; at++) {
    lately.questionIn(body(`user-${at}`))
    assert.equal(lately.questionIn(body('hot')), hot)
  }
  assert.notEqual(lately.questionIn(body('cold')), cold)
})

const nested = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)

test('what was asked by itself may be nested deeper than an item of a batch, which does not become one by that', () => {
  const lately = new ReadLately()
  const deep = body('ada').replace('{', `{"more":${nested(63)},`)
  assert.equal(lately.questionIn(deep), lately.questionIn(deep))
  assert.equal(lately.questionsIn(`{"evaluations":[${deep}]}`, 1000), undefined)
  const less = body('ada').replace('{', `{"more":${nested(61)},`)
  assert.equal(lately.questionsIn(`{"evaluations":[${less}]}`, 1000)?.length, 1)
})

test('what is kept of an item keeps no batch that it came in, however large', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const used = (): number => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const lately = new ReadLately()
  const batch = (...items: readonly string[]): string => `{"evaluations":[${items.join(',')}]}`
  const items = Array.from({ length: 50 }, (_, at) => body(`user-${at}`))
  lately.questionsIn(batch(...items), 1000)
  // until those are the older ones, which are kept anew when they are asked again
  for (let at = 0; at < 3000; at++) lately.questionsIn(batch(body(`other-${at}`)), 1000)
  const before = used()
  for (const [at, item] of items.entries()) {
    const large = body('large', { resource: { type: 'doc', id: '1', properties: { at, x: 'x'.repeat(1_000_000) } } })
    assert.equal(lately.questionsIn(Buffer.from(batch(item, large)).toString(), 1000)?.length, 2)
  }
  const kept = used() - before
  assert.ok(kept < 10_000_000, `${Math.round(kept / 1_000_000)} MB`)
  assert.equal(lately.questionsIn(batch(...items), 1000)?.length, 50)
})

test('who asks ever new questions, as large in memory as they may be, fills no more than some dozen megabytes', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const lately = new ReadLately()
  collect()
  const before = process.memoryUsage().heapUsed
  const list = `[${'[[]],'.repeat(170)}[]]`
  for (let at = 0; at < 3000; at++) {
    const text = body(`user-${at}`).replace('"id":"1"', `"id":"1","properties":{"list":${list}}`)
    assert.ok(lately.questionIn(text).reading?.stated !== undefined)
  }
  collect()
  const kept = process.memoryUsage().heapUsed - before
  assert.ok(kept > 1_000_000 && kept < 50_000_000, `${Math.round(kept / 1_000_000)} MB`)
  assert.equal(lately.questionIn(body('ada')).subject.id, 'ada')
})
