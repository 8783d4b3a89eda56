import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { assessControls, CONTROLS } from '#governance'
import type { Assessment } from '#governance'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { controlReader } from '../../src/start/control-reader.ts'
import { assess, at, sampleEstate } from './estate.ts'
import type { SampleEstate } from './estate.ts'
import { VIOLATIONS } from './violations.ts'

const red = ({ controls }: Assessment): string[] =>
  controls.filter(({ outcome }) => outcome === 'fail').map(({ id, detail }) => `${id}: ${detail}`)

/** Every third, from another one on at each run; all with REEVE_EXHAUSTIVE. */
const STEP = process.env['REEVE_EXHAUSTIVE'] === undefined ? 3 : 1
const FIRST = randomInt(STEP)

describe('controls over the sample estate', { skip: databaseUnavailable() }, () => {
  let estate: SampleEstate
  before(async () => {
    estate = await sampleEstate()
  })
  after(async () => {
    await estate.close()
  })

  test('are all green once it is in order, and each has something to judge', () => {
    assert.deepEqual(red(estate.assessment), [])
    for (const { id, outcome, detail, population, sample } of estate.assessment.controls) {
      if (!CONTROLS.some((control) => control.id === id)) continue
      // what was offboarded is the one population that must be empty here, so that its violation is new
      assert.equal(outcome, id === 'vendor-ended' ? 'nothing to judge' : 'pass', `${id}: ${detail}`)
      if (id !== 'vendor-ended') assert.ok(population > 0 && sample.length > 0, `${id} judges nothing`)
    }
  })

  test('each evaluable control has a violation here', () => {
    assert.deepEqual(Object.keys(VIOLATIONS).sort(), CONTROLS.map(({ id }) => id).sort())
  })

  for (const [place, [id, violate]] of Object.entries(VIOLATIONS).entries()) {
    if (place % STEP !== FIRST) continue
    test(`one violation turns exactly this control red: ${id}`, async () => {
      const copy = await estate.copy()
      try {
        for (const [table, check] of [
          ['principal', 'principal_active_complete'],
          ['request', 'request_four_eyes'],
        ] as const)
          await copy.superuser.query(`alter table identity.${table} drop constraint ${check}`)
        await violate(copy, estate.named)
        const assessment = await assess(copy)
        const failing = assessment.controls.filter(({ outcome }) => outcome === 'fail')
        assert.deepEqual(
          failing.map((control) => control.id),
          [id],
          red(assessment).join('\n'),
        )
        assert.equal(failing[0]?.violations, 1)
      } finally {
        await copy.close()
      }
    })
  }

  test('of a moment in the past tell that moment, and say what is only kept as it is now', async () => {
    const copy = await estate.copy()
    try {
      await copy.superuser.query('alter table identity.principal drop constraint principal_active_complete')
      const until = copy.identity.clock()
      await VIOLATIONS['purpose-stated']?.(copy, estate.named)
      assert.deepEqual(red(await assess(copy)).length, 1)
      const past = await assessControls(controlReader(copy.database, copy.identity, [], until))
      assert.deepEqual(red(past), [])
      const outcomeOf = (id: string): string | undefined => past.controls.find((control) => control.id === id)?.outcome
      assert.equal(outcomeOf('purpose-stated'), 'pass')
      assert.equal(outcomeOf('log-signed'), 'not evaluable')
      const ever = await assessControls(controlReader(copy.database, copy.identity, [], at(-1)))
      assert.ok(ever.controls.every(({ population }) => population === 0))
    } finally {
      await copy.close()
    }
  })
})
