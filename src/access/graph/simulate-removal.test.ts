import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deriveId } from '#kernel'
import { array, assert as check, constantFrom, property, record, subarray } from 'fast-check'
import { simulateRemoval } from './simulate-removal.ts'
import type { HeldRight, UsedRight } from './simulate-removal.ts'

const ACTIONS = ['pg:SELECT', 'pg:DELETE']
const RESOURCES = ['pg://main/shop/a', 'pg://main/shop/b', 'pg://main/other/a']
const WHO = ['app', 'batch'].map((name) => deriveId('principal', name))
const used: readonly UsedRight[] = WHO.flatMap((principalId) =>
  ACTIONS.flatMap((action) => RESOURCES.map((resource) => ({ principalId, action, resource }))),
)

const anyRight = record({
  principalId: constantFrom(...WHO),
  effect: constantFrom('allow', 'allow', 'allow', 'deny'),
  actions: subarray(ACTIONS, { minLength: 1 }),
  resources: subarray(RESOURCES, { minLength: 1 }),
})
const held = (rights: readonly Omit<HeldRight, 'id' | 'level'>[]): HeldRight[] =>
  rights.map((right, at) => ({ ...right, id: deriveId('entitlement', String(at)), level: 'read' }))

test('rights that are removed change exactly the uses that nothing else covers, or that a denial kept back', () => {
  check(
    property(array(anyRight, { maxLength: 8 }), array(constantFrom(0, 1, 2, 3, 4, 5, 6, 7)), (some, places) => {
      const rights = held(some)
      const removed = new Set(places.flatMap((place) => rights[place]?.id ?? []))
      /** Whole names, so that a reading of them needs no rules. */
      const allowed = (of: readonly HeldRight[], { principalId, action, resource }: UsedRight): boolean => {
        const own = of.filter(
          (right) =>
            right.principalId === principalId && right.actions.includes(action) && right.resources.includes(resource),
        )
        return own.length > 0 && own.every(({ effect }) => effect === 'allow')
      }
      const left = rights.filter(({ id }) => !removed.has(id))
      assert.deepEqual(
        simulateRemoval(rights, removed, used).map((flip) => [flip.used, flip.before, flip.after]),
        used
          .filter((one) => allowed(rights, one) !== allowed(left, one))
          .map((one) => [one, allowed(rights, one) ? 'yes' : 'no', allowed(left, one) ? 'yes' : 'no']),
      )
    }),
    { numRuns: 500 },
  )
})

test('what nobody can tell is said to be unknown, and never that it is not used', () => {
  const [app = WHO[0]] = WHO
  const sure = { principalId: app, effect: 'allow', actions: ['pg:SELECT'], resources: ['pg://main/shop/a'] } as const
  const cut = { ...sure, resources: ['pg://main/shop/…'] }
  const rights = held([sure, cut] as never)
  const [flip] = simulateRemoval(rights, new Set([rights[0]?.id ?? '']), used)
  assert.deepEqual([flip?.before, flip?.after], ['yes', 'unknown'])
})
