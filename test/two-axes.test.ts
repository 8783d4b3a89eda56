// What held on a day, by what was known on another: the database against a model that replays every change by hand.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { deriveId, newId } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import { sql } from '#db'
import { readAsOf, readCurrent, readVersions, versionHash } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { databaseUnavailable } from '../src/db/database-in-test.ts'
import { seededRandom } from '../src/db/random-in-test.ts'
import { completed } from '../src/identity/principal/patch-principal.ts'
import { listPrincipals } from '../src/identity/read/principal.ts'
import { actAt, ownedBy, principalRecord, rollInTest } from '../src/identity/read/roll-in-test.ts'
import type { RollInTest } from '../src/identity/read/roll-in-test.ts'
import { EVERYTHING } from '../src/identity/read/viewer.ts'
import type { PrincipalRecord } from '../src/identity/record/principal-record.ts'
import { PRINCIPAL } from '../src/identity/record/tables.ts'

const PRINCIPALS = 50
const EXHAUSTIVE = process.env['REEVE_EXHAUSTIVE'] !== undefined
const CHANGES = EXHAUSTIVE ? 5000 : 1500
const PAIRS_OF_TIMES = EXHAUSTIVE ? 400 : 120
const PAIRS_FOR_LISTS = EXHAUSTIVE ? 60 : 20
const HOUR_MS = 3_600_000

const random = seededRandom()
const at = (ms: number): Instant => new Date(ms).toISOString() as Instant
const OWNERS = Array.from({ length: 6 }, (_, index) => deriveId(index < 4 ? 'person' : 'team', `owner ${index}`))

type Patch = (record: PrincipalRecord) => PrincipalRecord

interface Change {
  readonly recordedAt: Instant
  readonly from: Instant
  readonly to: Instant | undefined
  readonly patch: Patch
}

/** One principal as the model keeps it: how it began, and every change in the order in which it was told. */
interface Modelled {
  readonly id: Id<'principal'>
  readonly began: Instant
  readonly recordedAt: Instant
  readonly data: PrincipalRecord
  readonly changes: Change[]
}

const trailOf = (record: PrincipalRecord): readonly number[] => (record.attributes['trail'] ?? []) as readonly number[]

/** The one sentence that the two axes mean. */
function told(model: Modelled, asOf: Instant, asKnownAt: Instant): PrincipalRecord | undefined {
  if (model.began > asOf || model.recordedAt > asKnownAt) return undefined
  const record = model.changes
    .filter(({ recordedAt, from, to }) => recordedAt <= asKnownAt && from <= asOf && (to === undefined || asOf < to))
    .reduce((data, { patch }) => patch(data), model.data)
  return completed(record)
}

function drawPatch(number: number): Patch {
  const stated = <T>(value: T) => ({ value, from: 'stated', reason: 'in a test' }) as const
  const change = random.pick<Partial<PrincipalRecord>>([
    ownedBy(random.pick(OWNERS)),
    ownedBy(random.pick(OWNERS)),
    { purpose: stated(`purpose ${random.below(9)}`) },
    { environment: stated(random.pick(['production', 'test', 'unknown'] as const)) },
    { expiresAt: at(Date.UTC(2027, random.below(12), 1)) },
    { name: `renamed ${random.below(50)}` },
  ])
  // the trail shows every patch that ever touched this stretch of time, in order
  return (record) => ({ ...record, ...change, attributes: { trail: [...trailOf(record), number] } })
}

describe('two time axes', { skip: databaseUnavailable() }, () => {
  let roll: RollInTest
  let nowMs = Date.UTC(2026, 0, 1)
  const models: Modelled[] = []
  const present = new Map<string, Current<PrincipalRecord>>()
  const moments: Instant[] = []

  /** Time goes on, sometimes stands still, and now and then goes backwards. */
  function tick(): Instant {
    if (random.chance(0.02)) nowMs -= random.below(72 * HOUR_MS)
    else if (random.chance(0.9)) nowMs += random.below(6 * HOUR_MS)
    return at(nowMs)
  }

  function drawChange(model: Modelled, number: number, act: Act): Change {
    const last = model.changes.at(-1)?.recordedAt ?? model.recordedAt
    const recordedAt = act.at > last ? act.at : last
    const patch = drawPatch(number)
    if (random.chance(0.7)) return { recordedAt, from: recordedAt, to: undefined, patch }
    const began = Date.parse(model.began)
    const past = (): Instant => at(began + random.below(Date.parse(recordedAt) - began + 1))
    const [from, to] = [past(), past()].toSorted((a, b) => (a < b ? -1 : 1)) as [Instant, Instant]
    return { recordedAt, from, to: from < to && random.chance(0.5) ? to : undefined, patch }
  }

  async function createAll(): Promise<void> {
    for (let index = 0; index < PRINCIPALS; index++) {
      const act = actAt(tick())
      const began = at(Date.parse(act.at) - random.below(200 * HOUR_MS))
      const id = newId('principal')
      const data = principalRecord(`principal ${index}`)
      const [made] = await roll.identity.db.transaction(
        async (tx) =>
          await createWithEntries(tx, PRINCIPAL, act, [
            { id, data, words: { type: 'principal.discovered' }, validFrom: began },
          ]),
      )
      assert.ok(made)
      present.set(id, made)
      models.push({ id, began, recordedAt: act.at, data, changes: [] })
    }
  }

  /** Several principals in one transaction, as a sync does. */
  async function changeSome(first: number, count: number): Promise<void> {
    const act = actAt(tick(), `change ${first}`)
    const touched = new Set<Modelled>()
    while (touched.size < count) touched.add(random.pick(models))
    const drawn = [...touched].map((model, index) => ({ model, change: drawChange(model, first + index, act) }))
    const made = await roll.identity.db.transaction(async (tx) => {
      const current = await readCurrent<PrincipalRecord>(
        tx,
        PRINCIPAL,
        drawn.map(({ model }) => model.id),
        { lock: true },
      )
      return await changeWithEntries(
        tx,
        PRINCIPAL,
        act,
        drawn.map(({ model, change: { from, to, patch, recordedAt } }) => ({
          current: current.get(model.id) ?? assert.fail('it is there'),
          patch: (record: PrincipalRecord) => completed(patch(record)),
          words: { type: 'principal.classified' },
          ...(from === recordedAt && to === undefined ? {} : { validFrom: from }),
          ...(to === undefined ? {} : { validTo: to }),
        })),
      )
    })
    for (const [index, { model, change }] of drawn.entries()) {
      model.changes.push(change)
      present.set(model.id, made[index] ?? assert.fail('each change made a version'))
      moments.push(change.recordedAt, change.from, change.to ?? change.from)
    }
  }

  /** Half of them anywhere, half at the very edges of what was told, where mistakes are. */
  function drawMoment(): Instant {
    if (random.chance(0.5)) return at(Date.UTC(2025, 11, 20) + random.below(nowMs - Date.UTC(2025, 11, 1)))
    return at(Date.parse(random.pick(moments)) + random.pick([-1, 0, 0, 1]))
  }

  before(async () => {
    roll = await rollInTest()
    await createAll()
    for (let changed = 0; changed < CHANGES;) {
      const count = Math.min(1 + random.below(12), CHANGES - changed)
      await changeSome(changed, count)
      changed += count
    }
  })
  after(() => roll.database.close())

  test('asOf and asKnownAt answer as the model, at every point', async (t) => {
    t.diagnostic(`REEVE_SEED=${random.seed}`)
    const backdated = models.flatMap(({ changes }) => changes).filter(({ from, recordedAt }) => from < recordedAt)
    assert.ok(backdated.length > CHANGES / 4, 'three in ten are of the past')
    let answers = 0
    for (let pair = 0; pair < PAIRS_OF_TIMES; pair++) {
      const times = { asOf: drawMoment(), asKnownAt: drawMoment() }
      const found = await roll.identity.db.transaction(
        async (tx) =>
          await readAsOf<PrincipalRecord>(
            tx,
            PRINCIPAL,
            models.map(({ id }) => id),
            times,
          ),
      )
      for (const model of models) {
        const where = `${model.id} as of ${times.asOf} as known at ${times.asKnownAt}, REEVE_SEED=${random.seed}`
        assert.deepEqual(found.get(model.id)?.data, told(model, times.asOf, times.asKnownAt), where)
        answers++
      }
    }
    assert.equal(answers, PRINCIPALS * PAIRS_OF_TIMES)
  })

  test('lists of a past day hold exactly what the model says was owned then', async () => {
    for (let pair = 0; pair < PAIRS_FOR_LISTS; pair++) {
      const [asOf, asKnownAt, owner] = [drawMoment(), drawMoment(), random.pick([...OWNERS, 'none' as const])]
      const { items } = await listPrincipals(
        roll.identity,
        EVERYTHING,
        { owner, times: { asOf, asKnownAt } },
        { limit: 200 },
      )
      const expected = models.filter((model) => {
        const record = told(model, asOf, asKnownAt)
        return record !== undefined && (record.owner?.party.id ?? 'none') === owner
      })
      assert.deepEqual(
        new Set(items.map(({ id }) => id)),
        new Set(expected.map(({ id }) => id)),
        `owner ${owner} as of ${asOf} as known at ${asKnownAt}, REEVE_SEED=${random.seed}`,
      )
    }
  })

  test('the present row is what the model says of now, and what the last change gave back', async () => {
    const rows = await roll.identity.db.transaction(
      async (tx) => await readCurrent<PrincipalRecord>(tx, PRINCIPAL, [...present.keys()]),
    )
    const ever = '9999-12-31T00:00:00.000Z' as Instant
    for (const model of models) {
      assert.deepEqual(rows.get(model.id), present.get(model.id))
      assert.deepEqual(rows.get(model.id)?.data, told(model, ever, ever), `REEVE_SEED=${random.seed}`)
    }
  })

  test('versions are numbered without a gap, recorded in order, and each has one entry with its hash', async () => {
    for (const model of models) {
      const segments = await roll.identity.db.transaction(
        async (tx) => await readVersions<PrincipalRecord>(tx, PRINCIPAL, model.id),
      )
      const versions = Map.groupBy(segments, ({ version }) => version)
      assert.deepEqual(
        [...versions.keys()],
        Array.from({ length: model.changes.length + 1 }, (_, index) => index + 1),
      )
      const salts = await roll.identity.db.transaction(
        async (tx) =>
          await tx.query<{ version: number; salt: string }>(sql`
            select distinct version, encode(salt, 'hex') as salt from identity.version where record_id = ${model.id}`),
      )
      const saltOf = new Map(salts.map(({ version, salt }) => [version, salt]))
      const entries = await roll.database.database.layer('evidence').transaction(
        async (tx) =>
          await tx.query<{ version: number; hash: string; at: Instant }>(sql`
            select record_version as version, encode(record_hash, 'hex') as hash, at
            from evidence.entry where record_id = ${model.id} order by record_version`),
      )
      assert.deepEqual(
        entries,
        [...versions].map(([version, stretches]) => {
          const recordedAt = version === 1 ? model.recordedAt : model.changes[version - 2]?.recordedAt
          assert.ok(recordedAt)
          return {
            version,
            hash: versionHash(model.id, version, recordedAt, stretches, saltOf.get(version)),
            at: recordedAt,
          }
        }),
      )
    }
  })
})
