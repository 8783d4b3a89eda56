import assert from 'node:assert/strict'
import { test } from 'node:test'
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
  for (let at = 0; at < 5000; at++) {
    lately.questionIn(body(`user-${at}`))
    assert.equal(lately.questionIn(body('hot')), hot)
  }
  assert.notEqual(lately.questionIn(body('cold')), cold)
})
