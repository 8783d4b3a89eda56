import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { Client } from 'pg'
import type { Instant } from '#kernel'
import { activatePrincipal, registerPrincipal } from '#identity/roll'
import { activatePolicies, approvePolicies, proposePolicies } from '../policy-version/write-policies.ts'
import { entryHashes } from '../../evidence/standing.ts'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { personOf, rollInTest } from '../../identity/principal/roll-in-test.ts'
import type { RollInTest } from '../../identity/principal/roll-in-test.ts'
import { decide } from '../decide/index.ts'
import type { Administration } from '../role/administration.ts'
import { hashOfCompiled } from './change.ts'
import type { PolicyJson } from './change.ts'
import { followOutbox } from './follow.ts'
import { policiesInForce } from './policies-in-force.ts'

const FORBIDS = 'forbid (principal, action, resource);'
const PERMITS = 'permit (principal, action, resource);'

describe('policies decide only as they were approved', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let roll: RollInTest
  let access: Administration
  const bases: TestDatabase[] = []
  const entryHash = async (id: string, version: number): Promise<string | undefined> =>
    (await entryHashes(base.database.layer('evidence'), [{ id, version }])).get(`${id} ${version}`)
  const kinds = async (): Promise<string[]> =>
    (await policiesInForce(access.db, entryHash)).map((change) =>
      change.kind === 'policies_refused' ? change.why : change.kind,
    )

  async function inForce(text: string, schema?: string): Promise<void> {
    const act = roll.act('ada', { reason: 'a test' })
    const asked = { text, comment: 'a test', behind: ['psn_one'], ...(schema !== undefined && { schema }) }
    const { version } = await proposePolicies(access, act, asked)
    const number = version?.data.number ?? 0
    await approvePolicies(access, act, { number, behind: ['psn_two'] })
    await activatePolicies(access, act, { number })
  }

  async function asSuperuser(text: string, values: unknown[] = []): Promise<void> {
    const client = new Client(base.superuser)
    await client.connect()
    await client.query(text, values)
    await client.end()
  }

  beforeEach(async () => {
    base = await testDatabase()
    bases.push(base)
    roll = await rollInTest(() => Promise.resolve(base))
    await roll.addPerson('ada')
    access = {
      db: base.database.layer('access'),
      clock: () => roll.now(),
      tokenKeys: () => [],
      settings: { bothAdministrations: false, tokenDaysMax: 366 },
    }
    await inForce(FORBIDS)
  })
  after(async () => {
    for (const one of bases) await one.close()
  })

  test('what was approved decides', async () => {
    assert.deepEqual(await kinds(), ['policies'])
  })

  test('their schema is told with them, at once where they were put in force here, and not another one', async () => {
    const schemaOf = (name: string): string => `entity Principal; entity Resource;
      action "a" appliesTo { principal: Principal, resource: Resource, context: { request: { ${name}: Long } } };`
    const told = async (quick: boolean): Promise<string> => {
      const [change] = await policiesInForce(access.db, entryHash, { quick })
      return JSON.stringify(change?.kind === 'policies' ? change.schema : change)
    }
    await inForce(FORBIDS, schemaOf('one'))
    assert.match(await told(true), /"one"/)
    await inForce(FORBIDS, schemaOf('two'))
    assert.match(await told(true), /"two"/)
    assert.match(await told(false), /"two"/)
    await activatePolicies(access, roll.act('ada', { reason: 'a test' }), { number: 1 })
    assert.equal(await told(true), undefined)
  })

  test('a changed text, or a changed compiled form, does not', async () => {
    await asSuperuser(`update access.policy_text set policies = jsonb_set(policies, '{0,json,effect}', '"permit"')`)
    assert.deepEqual(await kinds(), ['the compiled policies are not what the text says'])
    await asSuperuser(`update access.policy_text set text = $1`, [PERMITS])
    assert.deepEqual(await kinds(), ['the text is not the one that was approved'])
  })

  test('nor does a compiled form that its version names and its text does not say, longer than one look', async () => {
    const quick = async (hash?: typeof entryHash): Promise<string | undefined> =>
      (await policiesInForce(access.db, hash, { quick: true })).map(({ kind }) => kind).at(0)
    assert.equal(await quick(entryHash), 'policies')
    const permits = `jsonb_set(policies, '{0,json,effect}', '"permit"')`
    await asSuperuser(`update access.policy_text set policies = ${permits}`)
    assert.equal(await quick(), 'policies_refused')
    const [row] = await access.db.transaction(
      async (tx) =>
        await tx.prepared<{ policies: PolicyJson[] }>('read', 'select policies from access.policy_text', []),
    )
    const named = `data = jsonb_set(data, '{compiledHash}', to_jsonb($1::text))`
    const hash = hashOfCompiled(row?.policies ?? [])
    await asSuperuser(`update access.policy_version set ${named}`, [hash])
    await asSuperuser(`update access.version set ${named} where record_id like 'pol_%'`, [hash])
    assert.equal(await quick(), 'policies')
    assert.equal(await quick(entryHash), 'policies_refused')
    const [whole] = await policiesInForce(access.db)
    assert.match(
      whole?.kind === 'policies_refused' ? whole.why : '',
      /this release reads their text otherwise than the one under which they were approved: propose it again/,
    )
    const act = roll.act('ada', { reason: 'a test' })
    await assert.rejects(
      proposePolicies(access, act, { text: FORBIDS, comment: 'a test', behind: [] }),
      /compiled otherwise/,
    )
    // nor is it put in force once more
    await inForce(PERMITS)
    await assert.rejects(activatePolicies(access, act, { number: 1 }), { code: 'conflict', detail: /propose it again/ })
  })

  test('nor another text in its place, however well the tables agree with each other', async () => {
    await inForce(PERMITS)
    await inForce(FORBIDS)
    await asSuperuser(`
      update access.policy_version v set data = jsonb_set(v.data, '{textHash}', o.data -> 'textHash')
      from access.policy_version o where v.state = 'active' and o.data ->> 'textHash' <> v.data ->> 'textHash'`)
    assert.deepEqual(await kinds(), ['the version is not what its entry in the log says'])
    await asSuperuser(`
      update access.version v set data = p.data from access.policy_version p
      where v.record_id = p.id and v.version = p.version and p.state = 'active'`)
    assert.deepEqual(await kinds(), ['the version is not what its entry in the log says'])
  })

  test('every decision is denied then, with the reason, until what was approved is back; and it is said once', async (t) => {
    const said: string[] = []
    const options = { identity: roll.identity, access: access.db, entryHash, lookEveryMs: 600_000 }
    let now = Date.parse(roll.now())
    const follower = await followOutbox({ ...options, now: () => now, say: (event) => said.push(event) })
    const made = await registerPrincipal(roll.identity, roll.act('ada', { reason: 'a test' }), {
      kind: 'api_client',
      system: 'reeve',
      externalId: 'asks',
      name: 'asks',
      owner: { kind: 'person', id: personOf('ada') },
      purpose: 'a test',
      expiresAt: '2027-02-01T00:00:00.000Z' as Instant,
    })
    await activatePrincipal(roll.identity, roll.act('ada', { reason: 'a test' }), { id: made.id })
    t.after(async () => await follower.stop())
    const reason = (): string =>
      decide(
        follower.state,
        { subject: { type: 'reeve', id: 'asks' }, action: { name: 'a:b' }, resource: { type: 'a', id: 'b' } },
        now,
      ).reason
    await follower.look()
    assert.equal(reason(), 'policy_forbids')
    const [kept] = await access.db.transaction(
      async (tx) => await tx.prepared<{ text: string }>('kept', 'select text from access.policy_text', []),
    )
    await asSuperuser(`update access.policy_text set text = $1`, [PERMITS])
    for (const _ of [1, 2]) {
      now += 61_000
      await follower.look()
    }
    assert.match(follower.state.policiesRefused ?? '', /^pol_.*: the text is not the one that was approved$/)
    assert.equal(said.length, 1)
    assert.match(said[0] ?? '', /^ALARM: nothing is allowed/)
    assert.equal(reason(), 'policy_refused')
    await asSuperuser(`update access.policy_text set text = $1`, [kept?.text])
    now += 61_000
    await follower.look()
    assert.equal(follower.state.policiesRefused, undefined)
    assert.equal(reason(), 'policy_forbids')
  })
})
