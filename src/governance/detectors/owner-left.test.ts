import assert from 'node:assert/strict'
import { test } from 'node:test'
import { daysAgo, findingsOf, ownedBy, personFact, principalFact } from '../estate-in-test.ts'
import { ownerLeft } from './owner-left.ts'

const gone = personFact('tom', { status: 'leaver', endAt: daysAgo(30) })

test('a leaver who owns something is found, with the day', () => {
  const [finding] = findingsOf(ownerLeft, [gone, ownedBy('x', 'tom@larkfield.example')])
  assert.equal(finding?.severity, 'medium')
  assert.match(finding?.title ?? '', /tom, owner of account x, has left on 2026-10-24/)
})

test('an end date that has passed counts although the feed still says active, one ahead does not', () => {
  const facts = [ownedBy('x', 'ada@larkfield.example')]
  assert.equal(findingsOf(ownerLeft, [personFact('ada', { endAt: daysAgo(1) }), ...facts]).length, 1)
  assert.equal(findingsOf(ownerLeft, [personFact('ada', { endAt: daysAgo(-30) }), ...facts]).length, 0)
})

test('it is milder when somebody else answers, worse when privileged', () => {
  const both = [gone, personFact('ada'), ownedBy('x', 'tom@larkfield.example; ada@larkfield.example')]
  const split = principalFact('x', {
    ownerHints: [
      { who: 'tom@larkfield.example', how: 'declared', reason: 'r' },
      { who: 'ada@larkfield.example', how: 'tag', reason: 'r' },
    ],
  })
  assert.deepEqual(findingsOf(ownerLeft, both), [], 'of two owners of one statement the present one owns')
  assert.equal(findingsOf(ownerLeft, [gone, personFact('ada'), split])[0]?.severity, 'low')
  assert.equal(
    findingsOf(ownerLeft, [gone, ownedBy('x', 'tom@larkfield.example')], { x: 'admin' })[0]?.severity,
    'high',
  )
})

test('somebody on leave and somebody in no feed have not left', () => {
  const away = personFact('ada', { status: 'on_leave' })
  assert.deepEqual(findingsOf(ownerLeft, [away, ownedBy('x', 'ada@larkfield.example')]), [])
  assert.deepEqual(findingsOf(ownerLeft, [gone, ownedBy('x', 'eve@larkfield.example')]), [])
})
