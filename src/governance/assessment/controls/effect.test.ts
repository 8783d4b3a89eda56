import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Instant } from '#kernel'
import { CONTROL_SETTINGS, daysBefore } from '../control.ts'
import type { Surroundings } from '../control.ts'
import type { PlanFacts, Rows } from '../rows.ts'
import { PLANS, TARGETS } from './effect.ts'

const NOW = '2026-07-01T12:00:00.000Z' as Instant
const ago = (days: number): Instant => daysBefore(NOW, days)
const around = { at: NOW, settings: CONTROL_SETTINGS, exceptions: new Map() } as unknown as Surroundings

const PLAN: PlanFacts = {
  operation: 'contain',
  targetName: 'main',
  account: 'app',
  about: [],
  madeAt: ago(90),
  plannedBy: 'psn_a',
  plannedBehind: ['psn_a'],
  approval: { behind: [] },
  state: 'verified',
  acted: true,
  outcome: 'verified',
  unproven: [],
  followed: false,
  accepted: false,
}

/** Undefined where the plan is not in the population. */
function verdictOf(id: string, facts: Partial<PlanFacts>): string | undefined {
  const control = PLANS.find((one) => one.id === id) ?? assert.fail(`there is a control ${id}`)
  const row = { id: 'plan_a', data: { ...PLAN, ...facts } }
  return control.applies(row, around) ? control.judge(row, around).is : undefined
}

test('telling of an unproven plan counts within a day, each time that it ended so', () => {
  const told = (...unproven: PlanFacts['unproven']): string | undefined => verdictOf('unproven-told', { unproven })
  assert.equal(told(), undefined)
  assert.equal(told({ at: ago(60), toldAt: ago(59.9) }), 'holds')
  assert.equal(told({ at: ago(60), toldAt: ago(59) }), 'holds')
  assert.equal(told({ at: ago(60), toldAt: ago(1) }), 'violates')
  assert.equal(told({ at: ago(60), toldAt: ago(59.9) }, { at: ago(30) }), 'violates')
  assert.equal(told({ at: ago(60), toldAt: ago(59.9) }, { at: ago(30), toldAt: ago(29.9) }), 'holds')
  assert.equal(told({ at: ago(0.5) }), 'holds')
})

test('a plan whose open ways another person accepted is closed by that, and one with another reason is not', () => {
  const closed = (accepted: boolean): string | undefined =>
    verdictOf('unproven-closed', { state: 'unproven', outcome: 'unproven', unproven: [{ at: ago(60) }], accepted })
  assert.equal(closed(false), 'violates')
  assert.equal(closed(true), 'holds')
})

test('a plan that stays open is judged, though it began nothing at its target', () => {
  const stays = (state: string, madeAt: Instant): string | undefined => {
    const { outcome: _, ...open } = { ...PLAN, state, madeAt, acted: false }
    const control = PLANS.find(({ id }) => id === 'acts-have-receipts') ?? assert.fail('it is there')
    const row = { id: 'plan_a', data: open }
    return control.applies(row, around) ? control.judge(row, around).is : undefined
  }
  for (const state of ['proposed', 'running', 'paused', 'undoing']) {
    assert.equal(stays(state, ago(90)), 'violates', state)
    assert.equal(stays(state, ago(1)), 'holds', state)
  }
  assert.equal(stays('cancelled', ago(90)), undefined)
})

test('an administrator fits by an examination that could tell all, and is younger than what it is of', () => {
  const [control = assert.fail('it is there')] = TARGETS
  const facts = { name: 'main', system: 'postgresql', administrator: 'reeve', changedAt: ago(30) }
  const fits = (counts: Partial<NonNullable<Rows['targets']['examined']>>): string =>
    control.judge(
      { id: 'tgt_a', data: { ...facts, examined: { at: ago(1), missing: 0, tooMuch: 0, unknown: 0, ...counts } } },
      around,
    ).is
  assert.equal(control.judge({ id: 'tgt_a', data: facts }, around).is, 'undecided')
  assert.equal(fits({}), 'holds')
  assert.equal(fits({ at: ago(30) }), 'holds')
  assert.equal(fits({ unknown: 30 }), 'undecided')
  assert.equal(fits({ unknown: 30, tooMuch: 1 }), 'violates')
  assert.equal(fits({ at: ago(31) }), 'undecided')
  // changed while it was looked at: the entry is younger, and of what it was before
  assert.equal(fits({ at: ago(1), ofThis: false }), 'undecided')
  assert.equal(fits({ at: ago(31), ofThis: true }), 'holds')
  assert.equal(fits({ at: ago(91) }), 'violates')
})
