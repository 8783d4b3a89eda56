import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import * as fc from 'fast-check'
import { Client } from 'pg'
import { Fault, newId } from '#kernel'
import type { Act, Instant } from '#kernel'
import { sql } from '#db'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { personOf, rollInTest } from '../../identity/principal/roll-in-test.ts'
import type { RollInTest } from '../../identity/principal/roll-in-test.ts'
import { denySubject } from '../grant/deny-subject.ts'
import { ADMINISTRATION_SETTINGS } from '../role/administration.ts'
import { heldByNobody } from '../role/administrators.ts'
import type { Administration } from '../role/administration.ts'
import { authenticateToken } from './authenticate-token.ts'
import { bootstrapToken, endBootstrap } from './bootstrap.ts'
import { createToken } from './create-token.ts'
import { listTokens } from './list-tokens.ts'
import { revokeToken } from './revoke-token.ts'
import { mintToken, tokenKind } from './token-value.ts'

const START = '2026-03-01T12:00:00.000Z' as Instant
const IN_A_WEEK = '2026-03-08T12:00:00.000Z' as Instant

test('a token says whose kind it is, and no changed character goes unnoticed', () => {
  const value = mintToken('client')
  assert.match(value, /^reeve_c_[0-9A-Za-z]{36}$/)
  assert.equal(tokenKind(value), 'client')
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 43 }), fc.constantFrom('0', 'a', 'Z', '9'), (at, character) => {
      if (value[at] === character) return
      assert.equal(tokenKind(`${value.slice(0, at)}${character}${value.slice(at + 1)}`), undefined)
    }),
  )
  for (const wrong of ['', 'reeve_c_', `${value} `, `${value}a`, value.replace('_c_', '_x_'), value.toLowerCase()]) {
    assert.equal(tokenKind(wrong), undefined, wrong)
  }
})

describe('tokens of the API', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let now = START
  let keys = [{ keyId: 'hk_one', key: randomBytes(32) }]
  let administration: Administration
  let roll: RollInTest
  const act = (extra: Partial<Act> = {}): Act => ({ actor: { id: 'prn_tester' }, at: now, ...extra })
  const personToken = (personId = newId('person'), extra: Partial<Act> = {}) =>
    createToken(administration, act(extra), {
      subject: { kind: 'person', personId },
      label: 'laptop',
      scopes: ['write'],
      expiresAt: IN_A_WEEK,
    })

  const asOwner = async (text: string): Promise<void> => {
    const client = new Client(base.owner)
    await client.connect()
    await client.query(text)
    await client.end()
  }

  before(async () => {
    base = await testDatabase()
    roll = await rollInTest(() => Promise.resolve(base))
    for (const role of ['identity-admin', 'access-admin']) await roll.addPerson(role)
    administration = {
      db: base.database.layer('access'),
      clock: () => now,
      tokenKeys: () => keys,
      settings: ADMINISTRATION_SETTINGS,
    }
  })
  after(() => base.close())

  test('a token is good until it expires or is revoked, and each refusal says why', async () => {
    const { token, value } = await personToken()
    const accepted = await authenticateToken(administration, value)
    assert.ok('token' in accepted)
    assert.equal(accepted.token.id, token.id)

    now = IN_A_WEEK
    assert.deepEqual(await authenticateToken(administration, value), { denied: 'expired', tokenId: token.id })
    now = START
    await revokeToken(administration, act(), token.id)
    assert.deepEqual(await authenticateToken(administration, value), { denied: 'revoked', tokenId: token.id })
    assert.deepEqual(await authenticateToken(administration, mintToken('person')), { denied: 'unknown' })
    assert.deepEqual(await authenticateToken(administration, 'Bearer x'), { denied: 'malformed' })
  })

  test('neither the value nor anything that it could be checked against is in the database or in a list', async () => {
    const { value } = await personToken()
    const rows = await administration.db.transaction((tx) =>
      tx.query<{ row: string }>(sql`select t::text as row from access.token t`),
    )
    assert.ok(rows.length > 0)
    assert.ok(rows.every(({ row }) => !row.includes(value.slice(8))))
    const listed = JSON.stringify(await listTokens(administration, { limit: 100, all: true }))
    assert.doesNotMatch(listed, /hash|reeve_p_/)
  })

  test('a token outlives the rotation of the key, and not its retirement', async () => {
    const { value } = await personToken()
    const old = keys
    keys = [{ keyId: 'hk_two', key: randomBytes(32) }, ...old]
    assert.ok('token' in (await authenticateToken(administration, value)))
    keys = keys.slice(0, 1)
    assert.deepEqual(await authenticateToken(administration, value), { denied: 'unknown' })
    keys = old
  })

  test('the day of last use is written once a day', async () => {
    const { token, value } = await personToken()
    const usedOn = async (): Promise<string | null | undefined> =>
      (await listTokens(administration, { limit: 100 })).find(({ id }) => id === token.id)?.usedOn
    await authenticateToken(administration, value)
    assert.equal(await usedOn(), '2026-03-01')
    now = '2026-02-27T12:00:00.000Z' as Instant
    await authenticateToken(administration, value)
    assert.equal(await usedOn(), '2026-03-01', 'a clock that goes backwards takes nothing back')
    now = START
  })

  test('one idempotency key makes one token, and its value is never said twice', async () => {
    const person = newId('person')
    const idempotency = { client: 'prn_tester', key: 'k1', request: { person } }
    await personToken(person, { idempotency })
    await assert.rejects(
      personToken(person, { idempotency }),
      (error: unknown) => error instanceof Fault && error.code === 'conflict',
    )
    assert.equal((await listTokens(administration, { subjectId: person, limit: 10 })).length, 1)
  })

  test('a token needs a scope, a label and an end within the bound', async () => {
    const subject = { kind: 'person', personId: newId('person') } as const
    const good = { subject, label: 'x', scopes: ['read'], expiresAt: IN_A_WEEK } as const
    for (const wrong of [
      { ...good, scopes: [] },
      { ...good, label: ' ' },
      { ...good, label: 'a\nb' },
      { ...good, expiresAt: START },
      { ...good, expiresAt: '2099-01-01T00:00:00.000Z' as Instant },
    ]) {
      await assert.rejects(
        createToken(administration, act(), wrong),
        (error: unknown) => error instanceof Fault && error.code === 'unprocessable',
      )
    }
  })

  test('a token that is denied opens nothing until the denial is lifted', async () => {
    const { token, value } = await personToken()
    await denySubject(administration, act(), { subjectId: token.id, reason: 'it was in a log' })
    assert.deepEqual(await authenticateToken(administration, value), { denied: 'revoked', tokenId: token.id })
    await asOwner(
      `update access.denial set data = data || '{"liftedAt": "${now}"}' where data ->> 'subjectId' = '${token.id}'`,
    )
    assert.ok('token' in (await authenticateToken(administration, value)))
  })

  test('who is denied has no token that opens anything, until the denial is lifted', async () => {
    const { token, value } = await personToken()
    const subjectId = token.personId ?? assert.fail()
    await denySubject(administration, act(), { subjectId, reason: 'they were phished' })
    assert.deepEqual(await authenticateToken(administration, value), { denied: 'revoked', tokenId: token.id })
    await asOwner(
      `update access.denial set data = data || '{"liftedAt": "${now}"}' where data ->> 'subjectId' = '${subjectId}'`,
    )
    assert.ok('token' in (await authenticateToken(administration, value)))
  })

  test('every token made and revoked has its entry, without the value', async () => {
    const { token, value } = await personToken()
    await revokeToken(administration, act(), token.id)
    await revokeToken(administration, act(), token.id)
    const entries = await base.database
      .layer('evidence')
      .transaction((tx) =>
        tx.query<{ type: string; row: string }>(
          sql`select type, e::text as row from evidence.entry e where ${token.id} = any(subjects) order by ordinal`,
        ),
      )
    assert.deepEqual(
      entries.map(({ type }) => type),
      ['token.created', 'token.revoked'],
    )
    assert.ok(entries.every(({ row }) => !row.includes(value)))
  })

  test('there is one bootstrap token while an administration is free, and none once both are held', async () => {
    const both = await Promise.all([
      bootstrapToken(roll.identity, administration, act()),
      bootstrapToken(roll.identity, administration, act()),
    ])
    const made = both.find((result) => result !== undefined)
    assert.equal(both.filter((result) => result !== undefined).length, 1)
    assert.ok(made)
    assert.equal(await endBootstrap(roll.identity, administration, act()), false)
    assert.ok('token' in (await authenticateToken(administration, made.value)))
    now = '2026-03-02T12:00:00.000Z' as Instant
    assert.deepEqual(await authenticateToken(administration, made.value), { denied: 'expired', tokenId: made.token.id })
    const again = await bootstrapToken(roll.identity, administration, act())
    assert.ok(again)
    await administration.db.transaction(async (tx) => {
      for (const role of ['identity-admin', 'access-admin']) {
        const person = personOf(role)
        await tx.execute(sql`insert into access.role_assignment (id, subject_id, role, assigned_at, assigned_by, reason)
          values (${newId('role')}, ${person}, ${role}, ${now}, 'bootstrap', 'first')`)
        await tx.execute(sql`
          insert into access.token (id, hash, key_id, person_id, label, scopes, created_at, created_by, expires_at)
          values (${newId('token')}, ${Buffer.from(person)}, ${keys[0]?.keyId}, ${person}, 'of a holder', ${['write']}, ${now}, 'bootstrap',
                  ${'2026-06-01T00:00:00.000Z'})`)
      }
    })
    assert.equal(await endBootstrap(roll.identity, administration, act()), true)
    assert.deepEqual(await authenticateToken(administration, again.value), {
      denied: 'revoked',
      tokenId: again.token.id,
    })
    assert.equal(await bootstrapToken(roll.identity, administration, act()), undefined)
    now = START
  })

  test('holders whose tokens were all revoked, as a restore does, or have expired lock nobody out', async () => {
    now = '2026-03-02T12:00:00.000Z' as Instant
    assert.equal(await bootstrapToken(roll.identity, administration, act()), undefined)
    await administration.db.transaction(async (tx) => {
      await tx.execute(
        sql`update access.token set revoked_at = ${now}, revoked_by = 'reeve' where label = 'of a holder'`,
      )
    })
    const back = await bootstrapToken(roll.identity, administration, act())
    assert.ok(back, 'there is a way back in')
    assert.ok('token' in (await authenticateToken(administration, back.value)))
    assert.equal(await endBootstrap(roll.identity, administration, act()), false)
    now = START
  })

  test('an administration is held by nobody once its holder has left, or the key of its tokens is lost', async () => {
    await administration.db.transaction((tx) =>
      tx.execute(sql`update access.token set revoked_at = null, revoked_by = null where label = 'of a holder'`),
    )
    const vacant = () => heldByNobody(roll.identity, administration, now)
    assert.deepEqual(await vacant(), [])
    // a token that can only feed people brings nobody in who could give a role
    await asOwner(
      `update access.token set scopes = '{people:feed}' where label = 'of a holder' and person_id = '${personOf('identity-admin')}'`,
    )
    assert.deepEqual(await vacant(), ['identity-admin'])
    await asOwner(`update access.token set scopes = '{write}' where label = 'of a holder'`)
    await roll.setStatus('access-admin', 'leaver')
    assert.deepEqual(await vacant(), ['access-admin'])
    await roll.setStatus('access-admin', 'active')
    const known = keys
    keys = [{ keyId: 'hk_new', key: randomBytes(32) }]
    assert.deepEqual(await vacant(), ['identity-admin', 'access-admin'])
    keys = known
  })
})
