import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as check, constantFrom, integer, property, record, uniqueArray } from 'fast-check'
import { authorizeIssue } from './authorize-issue.ts'
import { facts, grant, HOUR, NOON, stateWith } from './state-in-test.ts'
import type { ResidentGrant } from './grant-index.ts'

const ACTIONS = ['pg:SELECT', 'pg:INSERT', 'pg:DELETE', 's3:GetObject']
const RESOURCE = { type: 'table', id: 'pg://main/shop/public.orders' }
const anyGrant = record({
  who: constantFrom('app', 'bot'),
  actions: uniqueArray(constantFrom(...ACTIONS, 'pg:*', '*'), { minLength: 1, maxLength: 2 }),
  resource: constantFrom('pg://main/shop/*', RESOURCE.id, 'pg://main/other/*', '*'),
  fromMs: integer({ min: -HOUR, max: HOUR }),
  lastsMs: integer({ min: 0, max: 2 * HOUR }),
  ended: constantFrom(false, false, true),
})
const covers = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name

test('what is issued is what each member of the chain may now, no scope more and no millisecond longer', async () => {
  const principals = [facts('app'), facts('bot', { kind: 'ai_agent' })]
  const empty = await stateWith(principals, [])
  check(
    property(
      array(anyGrant, { maxLength: 8 }),
      uniqueArray(constantFrom(...ACTIONS, 'pg:*'), { maxLength: 5 }),
      integer({ min: 1, max: 7200 }),
      constantFrom(true, false),
      (grants, scopes, ttlSeconds, delegated) => {
        const made: ResidentGrant[] = grants.map((one, at) =>
          grant(`g${at}`, one.who, {
            actions: one.actions,
            resources: [one.resource],
            from: NOON + one.fromMs,
            until: NOON + one.fromMs + one.lastsMs,
            ended: one.ended,
          }),
        )
        for (const one of made) empty.grants.put(one)
        const members = delegated ? ['app', 'bot'] : ['app']
        /** The longest that covers it for each member; the shortest of these. */
        const lasts = (scope: string): number =>
          Math.min(
            ...members.map((who) =>
              Math.max(
                -1,
                ...made
                  .filter(
                    (one, at) =>
                      grants[at]?.who === who &&
                      !one.ended &&
                      one.from <= NOON &&
                      one.until > NOON &&
                      one.actions.some((action) => covers(action, scope)) &&
                      one.resources.some((resource) => covers(resource, RESOURCE.id)),
                  )
                  .map(({ until }) => until),
              ),
            ),
          )
        const party = (id: string): { type: string; id: string } => ({ type: 'kubernetes', id })
        const issued = authorizeIssue(
          empty,
          { subject: party('app'), ...(delegated && { actor: party('bot') }), resource: RESOURCE, scopes, ttlSeconds },
          NOON,
        )
        const expected = scopes.filter((scope) => !scope.includes('*') && lasts(scope) > NOON)
        assert.deepEqual(issued.scopes, expected)
        assert.equal(issued.denied.length, scopes.length - expected.length)
        const end = Math.min(NOON + Math.min(ttlSeconds, 3600) * 1000, ...expected.map(lasts))
        assert.equal(issued.expiresAt, expected.length === 0 ? NOON : end)
        for (const one of made) empty.grants.remove(one.id)
      },
    ),
    { numRuns: 2000 },
  )
})

test('nobody who is held, and no resource that is a pattern, is issued anything', async () => {
  const state = await stateWith([facts('app', { state: 'quarantined' })], [grant('g', 'app')])
  const asked = {
    subject: { type: 'kubernetes', id: 'app' },
    resource: RESOURCE,
    scopes: ['pg:SELECT'],
    ttlSeconds: 60,
  }
  assert.deepEqual(authorizeIssue(state, asked, NOON).denied, [{ scope: 'pg:SELECT', reason: 'quarantined' }])
  const live = await stateWith([facts('app')], [grant('g', 'app')])
  assert.deepEqual(authorizeIssue(live, asked, NOON).scopes, ['pg:SELECT'])
  const wide = { ...asked, resource: { type: 'table', id: 'pg://main/shop/*' } }
  assert.deepEqual(authorizeIssue(live, wide, NOON).scopes, [])
})
