// What was worked out of a question once says the same when it is asked again, whatever is known by then.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Fault } from '#kernel'
import { decide } from './decide.ts'
import { Reading } from './reading.ts'
import { facts, grant, NOON, principalId, question, stateWith } from './state-in-test.ts'

const OTHER = principalId('other')
const POLICIES = `
permit (principal, action, resource);
forbid (principal, action, resource) when { context.subject has of && context.subject.of == Principal::"${OTHER}" };
forbid (principal, action, resource) when { context.subject has of && context.subject.of in Principal::"${OTHER}" };
forbid (principal, action, resource) when { context.resource has left && context.resource.left.lessThan(decimal("1.5")) };
forbid (principal, action, resource) when { context.request has list && context.request.list.contains(3) };
forbid (principal, action, resource) when { context.action has deep && context.action.deep.a.b == "c" };
`

test('a question decides alike with and without what was read of it before', async () => {
  const states = await Promise.all([
    stateWith([facts('app')], [grant('grt_1', 'app')], POLICIES),
    stateWith([facts('app'), facts('other')], [grant('grt_1', 'app')], POLICIES),
    stateWith([facts('app')], []),
    stateWith([facts('app', { state: 'quarantined' })], [grant('grt_1', 'app')], POLICIES),
    stateWith([facts('other')], []),
  ])
  const good = ['c', 3, 1.25, true, null, [1, 2, 3], [], { a: { b: 'c' } }, { a: { b: 1 } }]
  const named = [{ __entity: { type: 'Principal', id: OTHER } }, { __extn: { fn: 'decimal', arg: '1.0' } }]
  const bad = [-0, 1e300, 0.123456, '\ud800', { __entity: { type: 'No name', id: 'x' } }]
  const worse = [{ __extn: { fn: 'decimal', arg: 'none' } }, { __expr: '1' }]
  const value = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom<unknown>(...good, ...named) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(...bad, ...worse) },
  )
  const name = fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom('of', 'left', 'list', 'deep') },
    { weight: 1, arbitrary: fc.constantFrom('__entity', '__proto__') },
  )
  const given = fc.option(fc.dictionary(name, value, { maxKeys: 3 }), { nil: undefined })
  const outcomes = new Set<string>()
  fc.assert(
    fc.property(given, given, given, given, fc.array(fc.nat(states.length - 1), { minLength: 2 }), (...drawn) => {
      const [subject, resource, action, context, order] = drawn
      const asked = question('app', {
        subject: { type: 'kubernetes', id: 'app', ...(subject && { properties: subject as never }) },
        resource: {
          type: 'table',
          id: 'pg://main/shop/public.orders',
          ...(resource && { properties: resource as never }),
        },
        action: { name: 'pg:SELECT', ...(action && { properties: action as never }) },
        ...(context && { context: context as never }),
      })
      const kept = { ...asked, reading: new Reading(asked) }
      for (const place of order) {
        const state = states[place] ?? assert.fail()
        const [once, again] = [asked, kept].map((each) => decided(() => decide(state, each, NOON)))
        assert.deepEqual(again, once)
        outcomes.add(typeof once === 'object' && 'reason' in once ? once.reason : 'thrown')
      }
    }),
    { numRuns: 600 },
  )
  for (const reason of ['granted', 'policy_forbids', 'invalid_request', 'unknown_principal', 'quarantined'])
    assert.ok(outcomes.has(reason), `${reason} is not among ${[...outcomes].join(', ')}`)
})

function decided(work: () => ReturnType<typeof decide>): ReturnType<typeof decide> | { readonly thrown: string } {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { thrown: error.detail }
  }
}
