import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import { sql } from '#db'
import { readCurrent } from '#db/history'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'
import { activatePrincipal } from './activate.ts'
import { mayStand } from './activation.ts'
import { acceptOffer, declineOffer } from './answer-offer.ts'
import { assignOwner } from './assign-owner.ts'
import { attestPrincipal } from './attest.ts'
import { addBackup, removeBackup } from './backups.ts'
import { endException, recordException } from './exception.ts'
import { offerOwnership } from './offer-ownership.ts'
import { completed } from './patch-principal.ts'
import { proveBinding } from './prove-binding.ts'
import { quarantinePrincipal, restorePrincipal } from './quarantine.ts'
import { registerPrincipal } from './register.ts'
import { retirePrincipal } from './retire.ts'
import { person, rollInTest } from './roll-in-test.ts'
import type { RollInTest } from './roll-in-test.ts'
import { setExpiry, setNextReview } from './set-dates.ts'
import { classifyPrincipal, setPurpose } from './set-facts.ts'

const LATER = '2027-01-01T00:00:00.000Z' as Instant
const BEGAN = '2026-01-01T00:00:00.000Z' as Instant
const PEOPLE = ['ada', 'ben', 'leo'] as const

interface Step {
  readonly operation: keyof typeof OPERATIONS
  readonly who: (typeof PEOPLE)[number]
  /** Back-dated to that day of January, where the operation can be; `until` makes it a correction. */
  readonly day: number | undefined
  readonly until: boolean
  readonly nothing: boolean
}

/** One entry per operation; `offerId` is the last offer that was made. */
const OPERATIONS = {
  activate: (roll, id) => activatePrincipal(roll.identity, roll.act('ada'), { id }),
  assign: (roll, id, { who }, when) => assignOwner(roll.identity, roll.act('ada'), { id, owner: person(who), ...when }),
  offer: async (roll, id, { who }, _when, offers) => {
    offers.push((await offerOwnership(roll.identity, roll.act('ada'), { id, to: person(who), why: 'x' })).id)
  },
  accept: (roll, _id, { who }, _when, offers) =>
    acceptOffer(roll.identity, roll.act(who), { offerId: offers.at(-1) ?? '', teamIds: [] }),
  decline: (roll, _id, { who }, _when, offers) =>
    declineOffer(roll.identity, roll.act(who), { offerId: offers.at(-1) ?? '', teamIds: [] }),
  backup: (roll, id, { who }) => addBackup(roll.identity, roll.act('ada'), { id, backup: person(who) }),
  unbackup: (roll, id, { who }) => removeBackup(roll.identity, roll.act('ada'), { id, backup: person(who) }),
  purpose: (roll, id, _step, when) => setPurpose(roll.identity, roll.act('ada'), { id, purpose: 'pays', ...when }),
  expiry: (roll, id, { nothing }, when) =>
    setExpiry(roll.identity, roll.act('ada'), { id, expiresAt: nothing ? null : LATER, ...when }),
  review: (roll, id, { nothing }) =>
    setNextReview(roll.identity, roll.act('ada'), { id, nextReviewAt: nothing ? null : LATER }),
  classify: (roll, id, _step, when) =>
    classifyPrincipal(roll.identity, roll.act('ada'), { id, environment: 'production', ...when }),
  attest: (roll, id) => attestPrincipal(roll.identity, roll.act('ada'), { id, because: 'needed' }),
  except: (roll, id) =>
    recordException(roll.identity, roll.act('ada'), { id, reason: 'x', until: '2026-06-01T00:00:00.000Z' as Instant }),
  unexcept: (roll, id) => endException(roll.identity, roll.act('ada'), { id }),
  bind: (roll, id, { who }) =>
    proveBinding(roll.identity, roll.act(who), { id, proof: { how: 'assertion', reason: 'x', teamIds: [] } }),
  quarantine: (roll, id) => quarantinePrincipal(roll.identity, roll.act('ada'), { id, reason: 'odd' }),
  restore: (roll, id) => restorePrincipal(roll.identity, roll.act('ada'), { id, reason: 'fine' }),
  retire: (roll, id) => retirePrincipal(roll.identity, roll.act('ada'), { id, reason: 'replaced' }),
} as const satisfies Record<
  string,
  (
    roll: RollInTest,
    id: string,
    step: Omit<Step, 'operation'>,
    when: { validFrom?: Instant; validTo?: Instant },
    offers: string[],
  ) => Promise<unknown>
>

const steps = fc.array(
  fc.record<Step>({
    operation: fc.constantFrom(...(Object.keys(OPERATIONS) as Step['operation'][])),
    who: fc.constantFrom(...PEOPLE),
    day: fc.option(fc.integer({ min: 2, max: 28 }), { nil: undefined }),
    until: fc.boolean(),
    nothing: fc.boolean(),
  }),
  { minLength: 15, maxLength: 30 },
)

const onDay = (day: number): Instant => new Date(Date.UTC(2026, 0, day)).toISOString() as Instant
const whenOf = ({ day, until }: Step): { validFrom?: Instant; validTo?: Instant } =>
  day === undefined ? {} : { validFrom: onDay(day), ...(until ? { validTo: onDay(day + 2) } : {}) }

describe('whatever is done with principals', { skip: databaseUnavailable() }, () => {
  test('the rules hold after every step, and each acknowledged change has exactly one entry', async () => {
    const roll = await rollInTest(testDatabase)
    try {
      for (const feedId of ['ada', 'ben']) await roll.addPerson(feedId)
      await roll.addPerson('leo', { status: 'leaver' })
      const done = new Map<string, number>()
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const input = { kind: 'workload', system: 'host', name: 'BuildAgent', validFrom: BEGAN } as const
          const { id } = await registerPrincipal(roll.identity, roll.act('ada'), input)
          const offers: string[] = []
          let version = 1
          for (const step of sequence) {
            const now = await perform(roll, id, step, offers)
            if (now.done) done.set(step.operation, (done.get(step.operation) ?? 0) + 1)
            assert.ok(now.version === version || (now.done && now.version === version + 1), 'refused means unchanged')
            version = now.version
          }
          assert.equal((await roll.entriesOf(id)).length, version)
        }),
        { numRuns: process.env['REEVE_EXHAUSTIVE'] === undefined ? 25 : 300 },
      )
      assert.deepEqual(await roll.versionsWithoutTheirEntry(), [])
      for (const often of ['assign', 'offer', 'purpose', 'quarantine', 'except', 'backup']) {
        assert.ok((done.get(often) ?? 0) > 0, `\`${often}\` succeeded at least once`)
      }
      await assertPendingOffersAreOfWhatLives(roll)
    } finally {
      await roll.close()
    }
  })
})

async function perform(
  roll: RollInTest,
  id: string,
  step: Step,
  offers: string[],
): Promise<{ readonly done: boolean; readonly version: number }> {
  let done = true
  try {
    await OPERATIONS[step.operation](roll, id, step, whenOf(step), offers)
  } catch (error) {
    // a broken constraint would come as PostgreSQL's own error
    assert.ok(error instanceof Fault, String(error))
    done = false
  }
  const current = await roll.identity.db.transaction(
    async (tx) => (await readCurrent<PrincipalRecord>(tx, PRINCIPAL, [id])).get(id) ?? assert.fail(),
  )
  assert.ok(mayStand(current.data))
  assert.deepEqual(completed(current.data), current.data, 'what follows from other fields is in step')
  const { owner, backups } = current.data
  assert.ok(!backups.some(({ party }) => party.id === owner?.party.id), 'nobody is owner and backup')
  assert.notEqual(owner?.party.id, person('leo').id, 'nobody who left owns')
  return { done, version: current.version }
}

async function assertPendingOffersAreOfWhatLives(roll: RollInTest): Promise<void> {
  const rows = await roll.identity.db.transaction((tx) =>
    tx.query(sql`
      select o.id from identity.offer o join identity.principal p on p.id = o.principal_id
      where o.state = 'pending' and p.state = 'retired'`),
  )
  assert.deepEqual(rows, [])
}
