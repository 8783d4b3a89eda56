import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Fault } from '#kernel'
import type { Id, Instant } from '#kernel'
import {
  activatePrincipal,
  EVERYTHING,
  getCredential,
  listCredentials,
  quarantinePrincipal,
  readActor,
  recordCredential,
  recordRevocation,
  registerPrincipal,
} from '#identity/roll'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import { personOf, rollInTest } from '../../identity/principal/roll-in-test.ts'
import type { RollInTest } from '../../identity/principal/roll-in-test.ts'
import { ADMINISTRATION_SETTINGS } from '../role/administration.ts'
import type { Administration } from '../role/administration.ts'
import type { Role } from '../role/role.ts'
import { roleInTest } from '../role/role-in-test.ts'
import { authenticateToken } from './authenticate-token.ts'
import { issueToken } from './issue-token.ts'
import type { TokenToIssue } from './issue-token.ts'
import { listTokens } from './list-tokens.ts'
import { repairTokens } from './repair-tokens.ts'

const EXPIRES = '2026-05-01T00:00:00.000Z' as Instant
const ADMIN = { subjectId: personOf('kim'), roles: new Set(['access-admin'] as const), scopes: ['write'] as const }

describe('tokens for persons and API clients', { skip: databaseUnavailable() }, () => {
  let roll: RollInTest
  let administration: Administration
  before(async () => {
    roll = await rollInTest(testDatabase)
    administration = {
      db: roll.database.layer('access'),
      clock: () => roll.now(),
      tokenKeys: () => [{ keyId: 'hk_test', key: Buffer.alloc(32, 7) }],
      settings: ADMINISTRATION_SETTINGS,
    }
    for (const name of ['kim', 'olga', 'ada']) await roll.addPerson(name)
    await holds(personOf('ada'), 'identity-admin')
  })
  after(() => roll.close())

  const holds = async (subjectId: string, role: Role): Promise<void> =>
    await roleInTest(administration.db, roll.act('kim'), subjectId, role)
  const issue = async (subjectId: string, more: Partial<TokenToIssue> = {}) =>
    await issueToken(roll.identity, administration, roll.act('kim'), {
      subjectId,
      label: 'ci',
      scopes: ['read'],
      expiresAt: EXPIRES,
      by: ADMIN,
      ...more,
    })
  async function client(): Promise<Id<'principal'>> {
    const registered = await registerPrincipal(roll.identity, roll.act('ada'), {
      kind: 'api_client',
      system: 'reeve',
      name: 'exporter',
      owner: { kind: 'person', id: personOf('olga') },
      purpose: 'exports the roll',
      expiresAt: '2026-12-01T00:00:00.000Z' as Instant,
    })
    const id = registered.id as Id<'principal'>
    await activatePrincipal(roll.identity, roll.act('ada'), { id })
    return id
  }
  const refused = (code: string) => (error: unknown) => error instanceof Fault && error.code === code

  test('a client’s token has a record in the roll, with the fingerprint by which a scan will know it', async () => {
    const principalId = await client()
    const fingerprint = (secret: string) => [
      { keyId: 'hk_scan', value: Buffer.from(secret).toString('hex').slice(-64) },
    ]
    const { token, value } = await issue(principalId, { fingerprint })
    const record = await getCredential(roll.identity, EVERYTHING, token.credentialId ?? '')
    assert.equal(record.data.principalId, principalId)
    assert.equal(record.data.type, 'api_token')
    assert.deepEqual(record.data.fingerprints, fingerprint(value))
    assert.ok(!JSON.stringify(record).includes(value))
    assert.ok('token' in (await authenticateToken(administration, value)))
  })

  test('a client that is not active, or whose record says revoked, is nobody', async () => {
    const principalId = await client()
    const { token } = await issue(principalId)
    assert.equal((await readActor(roll.identity, principalId, token.credentialId ?? ''))?.inactive, undefined)
    await recordRevocation(roll.identity, roll.act('ada'), { id: token.credentialId ?? '', reason: 'seen in a log' })
    assert.match((await readActor(roll.identity, principalId, token.credentialId ?? ''))?.inactive ?? '', /revoked/)
    await quarantinePrincipal(roll.identity, roll.act('ada'), { id: principalId, reason: 'odd' })
    assert.match((await readActor(roll.identity, principalId))?.inactive ?? '', /quarantined/)
    await assert.rejects(issue(principalId), refused('unprocessable'))
  })

  test('nobody makes a token stronger than their own, or one of the other administration', async () => {
    const self = { subjectId: personOf('olga'), roles: new Set<never>(), scopes: ['read'] as const }
    assert.ok(await issue(personOf('olga'), { by: self }))
    await assert.rejects(issue(personOf('olga'), { by: self, scopes: ['write'] }), refused('forbidden'))
    await assert.rejects(issue(personOf('kim'), { by: self }), refused('forbidden'))
    await assert.rejects(issue(personOf('ada')), refused('forbidden'), 'access-admin as identity-admin')
    await assert.rejects(issue(`psn_${'0'.repeat(26)}`), refused('not_found'))
  })

  test('what a crash left between record and token is ended at the next start, and nothing else', async () => {
    const principalId = await client()
    const { token: whole } = await issue(principalId)
    const lonely = await recordCredential(roll.identity, roll.act('kim'), {
      type: 'api_token',
      principalId,
      name: 'its token was never made',
      source: 'reeve',
    })
    const foreign = await recordCredential(roll.identity, roll.act('kim'), {
      type: 'api_token',
      principalId,
      name: 'of another system',
      source: 'src_other',
    })
    const { token: ended } = await issue(principalId)
    await recordRevocation(roll.identity, roll.act('ada'), { id: ended.credentialId ?? '', reason: 'leaked' })

    assert.equal((await repairTokens(roll.identity, administration)).recordsRevoked, 0, 'it may be in the making')
    roll.pass(1)
    const repaired = await repairTokens(roll.identity, administration)
    assert.equal(repaired.recordsRevoked, 1)
    const stateOf = async (id: string): Promise<string> =>
      (await getCredential(roll.identity, EVERYTHING, id)).data.state
    assert.equal(await stateOf(lonely.id), 'revoked')
    assert.equal(await stateOf(foreign.id), 'live')
    assert.equal(await stateOf(whole.credentialId ?? ''), 'live')
    const tokens = await listTokens(administration, { all: true, limit: 100 })
    assert.notEqual(tokens.find(({ id }) => id === ended.id)?.revokedAt, null)
    assert.equal(tokens.find(({ id }) => id === whole.id)?.revokedAt, null)
    assert.deepEqual(await repairTokens(roll.identity, administration), { recordsRevoked: 0, tokensRevoked: 0 })
  })

  test('a token that could not be made leaves no record that says it lives', async () => {
    const principalId = await client()
    await assert.rejects(issue(principalId, { expiresAt: '2099-01-01T00:00:00.000Z' as Instant }))
    const { items } = await listCredentials(roll.identity, EVERYTHING, { principal: principalId })
    assert.deepEqual(
      items.filter(({ data }) => data.state === 'live'),
      [],
    )
  })
})
