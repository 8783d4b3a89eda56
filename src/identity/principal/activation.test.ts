import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import { PRINCIPAL_STATES, PRIVILEGE_TIERS } from '../record/principal-record.ts'
import { isOfFeed } from '../record/of-feed.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { mayStand } from './activation.ts'
import { person } from './roll-in-test.ts'

const AT = '2026-03-01T08:00:00.000Z' as Instant
const from = fc.constantFrom('stated' as const, 'derived' as const)
const stated = <T>(value: fc.Arbitrary<T>) => fc.record({ value, from, reason: fc.constant('x') })
const owner = fc.record({ party: fc.constantFrom(person('ada'), person('ben')), from, reason: fc.constant('x') })

/** Only the members that the rules look at: each there or not. */
const record = fc.record(
  {
    kind: fc.constantFrom('human', 'human', 'service_account'),
    provenance: fc.record({ how: fc.constantFrom('feed', 'registered', 'discovered') }),
    personId: fc.constant('psn_x'),
    state: fc.constantFrom(...PRINCIPAL_STATES, 'active' as const, 'active' as const, 'active' as const),
    tier: stated(fc.constantFrom(...PRIVILEGE_TIERS)),
    backups: fc.array(owner, { maxLength: 2 }),
    owner,
    purpose: stated(fc.constantFrom('', 'takes payments')),
    expiresAt: fc.constant(AT),
    nextReviewAt: fc.constant(AT),
    binding: fc.record({
      how: fc.constant('assertion' as const),
      reason: fc.constant('x'),
      at: fc.constant(AT),
      by: fc.constant('x'),
    }),
    exception: fc.record({
      reason: fc.constant('x'),
      until: fc.constant(AT),
      by: fc.constant('x'),
      cause: fc.constant('stated' as const),
    }),
  },
  { requiredKeys: ['kind', 'provenance', 'state', 'tier', 'backups'] },
)

describe('what an active principal must have', { skip: databaseUnavailable() }, () => {
  test('PostgreSQL and the code agree on every record', async () => {
    const base = await testDatabase()
    try {
      const records = fc.sample(record, 2000)
      const verdicts = await base.database.layer('identity').transaction(async (tx) => {
        const [constraint] = await tx.prepared<{ rule: string }>(
          'rule_of_active',
          `select pg_get_expr(conbin, conrelid) as rule from pg_constraint where conname = 'principal_active_complete'`,
          [],
        )
        // a check holds unless it is false
        return await tx.prepared<{ holds: boolean }>(
          'rule_of_active_on_records',
          `select (${constraint?.rule ?? 'null'}) is not false as holds
           from jsonb_array_elements($1::jsonb) with ordinality as given (data, place),
                lateral (select data ->> 'state' as state) as generated
           order by place`,
          [JSON.stringify(records)],
        )
      })
      assert.equal(verdicts.length, records.length)
      for (const [at, given] of records.entries()) {
        assert.equal(verdicts[at]?.holds, mayStand(given as unknown as PrincipalRecord), JSON.stringify(given))
      }
      for (const fed of [true, false]) {
        const active = verdicts.filter((_, at) => {
          const given = records[at] as unknown as PrincipalRecord
          return given.state === 'active' && given.exception === undefined && isOfFeed(given) === fed
        })
        const holding = active.filter(({ holds }) => holds).length
        const refused = active.length - holding
        // whom a feed has may be active whatever they lack, and nobody else
        assert.ok(
          holding > 10 && (fed ? refused === 0 : refused > 20),
          `${holding} of ${active.length}, of a feed: ${fed}`,
        )
      }
    } finally {
      await base.close()
    }
  })
})
