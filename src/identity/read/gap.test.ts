import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { deriveId } from '#kernel'
import { joined, sql } from '#db'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import { activationGaps, GAPS } from '../principal/activation.ts'
import type { Gap } from '../principal/activation.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { listPrincipals } from './principal.ts'
import { principalConditions } from './principal-filter.ts'
import { addPrincipals, NOW, ownedBy, principalRecord, rollInTest } from './roll-in-test.ts'
import type { RollInTest } from './roll-in-test.ts'
import { EVERYTHING } from './viewer.ts'

const stated = <T>(value: T) => ({ value, from: 'stated', reason: 'in a test' }) as const
const party = { kind: 'person', id: deriveId('person', 'b') } as const
const CHOICES: readonly (readonly Partial<PrincipalRecord>[])[] = [
  [{}, ownedBy(deriveId('person', 'a')), { owner: { party, from: 'derived', reason: 'a tag' } }],
  [{}, { backups: [{ party, from: 'stated', reason: 'r' }] }, { backups: [{ party, from: 'derived', reason: 'r' }] }],
  [{}, { purpose: stated('pays') }],
  [{}, { expiresAt: NOW }, { nextReviewAt: NOW }],
  [{ tier: stated('low') }, { tier: stated('high') }, { tier: stated('admin') }],
  [{}, { binding: { how: 'assertion', reason: 'r', at: NOW, by: 'reeve' } }],
  [{ state: 'discovered' }, { state: 'retired' }],
  [{}, { kind: 'human', personId: party.id, provenance: { how: 'feed', source: 'hr', firstSeenAt: NOW } }],
]

describe('what a principal lacks', { skip: databaseUnavailable() }, () => {
  let roll: RollInTest
  const records: PrincipalRecord[] = CHOICES.reduce<Partial<PrincipalRecord>[]>(
    (made, choices) => made.flatMap((one) => choices.map((choice) => Object.assign({}, one, choice))),
    [{}],
  ).map((given, n) => principalRecord(`p${String(n).padStart(4, '0')}`, given))

  before(async () => {
    roll = await rollInTest()
    await addPrincipals(roll, records)
  })
  after(() => roll.database.close())

  for (const gap of Object.keys(GAPS) as Gap[]) {
    test(`the filter for a missing ${gap} finds what the rules of activation say, now and as of a day`, async () => {
      const expected = records
        .filter((record) => record.state !== 'retired' && activationGaps(record).includes(gap))
        .map(({ name }) => name)
      assert.ok(expected.length > 0 && expected.length < records.length)
      for (const times of [{}, { asOf: '2026-12-31' }]) {
        const found: string[] = []
        let cursor: string | undefined
        do {
          const page = await listPrincipals(
            roll.identity,
            EVERYTHING,
            { gap, times },
            { limit: 200, ...(cursor && { cursor }) },
          )
          found.push(...page.items.map(({ data }) => data.name))
          cursor = page.next
        } while (cursor !== undefined)
        assert.deepEqual(found, expected)
      }
    })

    test(`a missing ${gap} is looked up in its own index`, async () => {
      const plan = await roll.identity.db.transaction(async (tx) => {
        await tx.execute(sql`set local enable_seqscan = off`)
        return await tx.query(sql`
          explain (format json) select id from identity.principal p
          where ${joined(principalConditions({ gap }, 'now'), ' and ')} order by p.name, p.id limit 50`)
      })
      assert.match(JSON.stringify(plan), new RegExp(`"principal_gap_${gap}"`))
    })
  }
})
