import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Act, Id, Instant } from '#kernel'
import { sql } from '#db'
import { activatePrincipal, quarantinePrincipal, registerPrincipal } from '#identity/roll'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { personOf, rollInTest } from '../../identity/principal/roll-in-test.ts'
import type { RollInTest } from '../../identity/principal/roll-in-test.ts'
import { decide } from '../decide/index.ts'
import type { Administration } from '../role/administration.ts'
import { createToken } from '../token/create-token.ts'
import { issueToken } from '../token/issue-token.ts'
import { markTokenUsed } from '../token/mark-used.ts'
import { ResidentAuthentication } from '../token/resident-token.ts'
import { revokeToken } from '../token/revoke-token.ts'
import { activatePolicies, approvePolicies, proposePolicies } from '../policy-version/write-policies.ts'
import { followOutbox } from './follow.ts'
import type { Follower } from './follow.ts'

const LATER = '2027-02-01T00:00:00.000Z' as Instant

describe('what the roll and tokens say reaches whoever decides', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let roll: RollInTest
  let access: Administration
  let follower: Follower
  let tokens: ResidentAuthentication
  const key = { keyId: 'hk_test', key: randomBytes(32) }
  const act = (): Act => roll.act('ada', { reason: 'a test' })
  const now = (): number => Date.parse(roll.now())
  const deniedWhy = (value: string): string => {
    const answer = tokens.authenticate(follower.state, value, now())
    return 'denied' in answer ? answer.denied : 'good'
  }

  async function client(name: string): Promise<Id<'principal'>> {
    const made = await registerPrincipal(roll.identity, act(), {
      kind: 'api_client',
      system: 'reeve',
      externalId: name,
      name,
      owner: { kind: 'person', id: personOf('ada') },
      purpose: 'a test',
      expiresAt: LATER,
      labels: { team: 'payments' },
    })
    const id = made.id as Id<'principal'>
    await activatePrincipal(roll.identity, act(), { id })
    return id
  }
  const issued = async (subjectId: string): Promise<{ readonly id: string; readonly value: string }> => {
    const by = { subjectId: personOf('ada'), roles: new Set(['access-admin'] as const), scopes: ['write'] as const }
    const input = { subjectId, label: 'a test', scopes: ['decide'] as const, expiresAt: LATER, by }
    const { token, value } = await issueToken(roll.identity, access, act(), input)
    return { id: token.id, value }
  }

  before(async () => {
    base = await testDatabase()
    roll = await rollInTest(() => Promise.resolve(base))
    access = {
      db: base.database.layer('access'),
      clock: () => roll.now(),
      tokenKeys: () => [key],
      settings: { bothAdministrations: false, tokenDaysMax: 366 },
    }
    tokens = new ResidentAuthentication(access.tokenKeys)
    await roll.addPerson('ada')
    const said = (event: string): never => assert.fail(event)
    follower = await followOutbox({ identity: roll.identity, access: access.db, now, say: said, lookEveryMs: 600_000 })
  })
  after(async () => {
    await follower.stop()
    await base.close()
  })

  test('a token is good from when it was made until it is revoked, and one that was there before is known too', async () => {
    const id = await client('gateway')
    const first = await issued(id)
    assert.equal(deniedWhy(first.value), 'unknown')
    await follower.look()
    assert.equal(deniedWhy(first.value), 'good')
    const other = await followOutbox({ identity: roll.identity, access: access.db, now, say: () => undefined })
    assert.ok('token' in tokens.authenticate(other.state, first.value, now()))
    await other.stop()
    await revokeToken(access, act(), first.id)
    await follower.look()
    assert.equal(deniedWhy(first.value), 'revoked')
  })

  test('a token is no longer good when its client is held, and a bootstrap token never was', async () => {
    const id = await client('held')
    const { value } = await issued(id)
    const bootstrap = await createToken(access, act(), {
      subject: { kind: 'bootstrap' },
      label: 'a test',
      scopes: ['write'],
      expiresAt: LATER,
    })
    await follower.look()
    assert.deepEqual([deniedWhy(value), deniedWhy(bootstrap.value)], ['good', 'unknown'])
    await quarantinePrincipal(roll.identity, act(), { id, reason: 'a test' })
    await follower.look()
    assert.equal(deniedWhy(value), 'the API client is quarantined')
  })

  test('the day on which a token was used is kept, and is no news', async () => {
    const { id } = await issued(await client('used'))
    await follower.look()
    const count = async (): Promise<unknown> =>
      await access.db.transaction(async (tx) => await tx.query(sql`select count(*)::int from outbox.change`))
    const news = await count()
    await markTokenUsed(access, id, roll.now())
    const [row] = await access.db.transaction(
      async (tx) => await tx.query<{ on: string }>(sql`select used_on::text as on from access.token where id = ${id}`),
    )
    assert.equal(row?.on, roll.now().slice(0, 10))
    assert.deepEqual(await count(), news)
  })

  test('labels of the roll are tags that policies ask for, and a changed one counts after one look', async () => {
    const id = await client('labelled')
    const { version } = await proposePolicies(access, act(), {
      text: '@id("team") permit (principal, action, resource) when { principal.hasTag("team") && principal.getTag("team") == "payments" };',
      comment: 'a test',
      behind: ['psn_one'],
    })
    const number = version?.data.number ?? 0
    await approvePolicies(access, act(), { number, behind: ['psn_two'] })
    await activatePolicies(access, act(), { number })
    await follower.look()
    const reason = (): string =>
      decide(
        follower.state,
        { subject: { type: 'reeve', id: 'labelled' }, action: { name: 'pg:SELECT' }, resource: { type: 'a', id: 'b' } },
        now(),
      ).reason
    assert.equal(reason(), 'policy_permits')
    await roll.identity.db.transaction(
      async (tx) =>
        await tx.execute(sql`
          update identity.principal set version = version + 1, data = jsonb_set(data, '{labels,team}', '"billing"')
          where id = ${id}`),
    )
    await follower.look()
    assert.equal(reason(), 'nothing_permits')
  })
})
