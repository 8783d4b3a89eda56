import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { Client } from 'pg'
import { ref } from '#kernel'
import type { Fact, Id, Instant } from '#kernel'
import { sql } from '#db'
import { accountsOf, entitlementsOf } from '#access/records'
import {
  assignOwner,
  classifyPrincipal,
  confirmMatch,
  listMatches,
  EVERYTHING,
  quarantinePrincipal,
  recordRevocation,
  retirePrincipal,
} from '#identity/roll'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { arnOf, right, role, secret, syncInTest } from './sync-in-test.ts'
import type { SyncInTest } from './sync-in-test.ts'

describe('a sync', { skip: databaseUnavailable() }, () => {
  let opened: TestDatabase
  let roll: SyncInTest
  beforeEach(async () => {
    opened = await testDatabase()
    roll = syncInTest(opened.database)
  })
  afterEach(async () => {
    assert.deepEqual(await roll.withoutTheirEntry(), [])
    await opened.close()
  })

  const held = async (name: string) => {
    const found = await roll.principal(arnOf(name))
    assert.ok(found, `${name} is in the roll`)
    return found
  }
  const value = 'a'.repeat(64)

  test('the same read again writes nothing, whatever it holds', async () => {
    const facts: Fact[] = [
      role('pay', { labels: { env: 'prod' }, lastUsedAt: '2026-01-01T00:00:00.000Z' as Instant }),
      role('NUL \u0000 and half \ud800', { name: 'x'.repeat(1_000_000) }),
      role('long', { aliases: [ref('aws', 'y'.repeat(50_000))] }),
      right('pay', 'reader'),
      secret('token', { fingerprint: value, principal: ref('aws', arnOf('pay')) }),
      secret('nobody'),
    ]
    const first = await roll.sync('a', facts, { keyId: 'hk_1' })
    assert.deepEqual([first.principals.created, first.credentials.created, first.entitlements.created], [3, 2, 1])
    const size = await roll.size()
    const again = await roll.sync('a', facts, { keyId: 'hk_1' })
    assert.deepEqual([again.principals.unchanged, again.credentials.unchanged], [3, 2])
    assert.deepEqual(await roll.size(), size)
    const { id } = await held('pay')
    assert.equal((await accountsOf(roll.access, id as Id<'principal'>)).length, 1)
    assert.equal((await entitlementsOf(roll.access, id as Id<'principal'>))[0]?.data.permission, 'reader')
  })

  test('what a source changes is drift that names the fields; what a person stated stays', async () => {
    await roll.sync('a', [role('pay', { labels: { env: 'dev' }, enabled: true })])
    const { id } = await held('pay')
    await classifyPrincipal(roll.identity, roll.act(), { id, criticality: 'critical' })
    const { principals } = await roll.sync('a', [role('pay', { labels: { env: 'prod' }, enabled: false })])
    assert.equal(principals.drifted, 1)
    const { data } = await held('pay')
    assert.deepEqual([data.environment.value, data.enabled, data.criticality.value], ['production', false, 'critical'])
    assert.equal((await roll.entriesOf(id)).at(-1), 'principal.drifted')
  })

  test('missing from a complete read is gone with the date, from a partial one nothing; seen again it returns', async () => {
    await roll.sync('a', [role('pay'), role('mail'), right('pay', 'reader')])
    const size = await roll.size()
    await roll.sync('a', [role('mail')], { partial: true })
    assert.deepEqual(await roll.size(), size)
    const gone = await roll.sync('a', [role('mail')])
    assert.deepEqual([gone.principals.gone, gone.entitlements.gone, gone.accounts.gone], [1, 1, 1])
    const { id, data } = await held('pay')
    assert.equal(data.goneAt, roll.identity.clock())
    const back = await roll.sync('a', [role('pay'), role('mail'), right('pay', 'reader')])
    assert.deepEqual([back.principals.returned, back.entitlements.returned], [1, 1])
    assert.deepEqual(await roll.entriesOf(id), ['principal.discovered', 'principal.gone', 'principal.returned'])
  })

  test('gone only when every source lost it; the word of the second counts from then on', async () => {
    await roll.sync('a', [role('pay', { enabled: true })])
    const other = await roll.sync('b', [role('pay', { enabled: false })])
    assert.deepEqual([other.principals.disagreed, other.principals.unchanged], [1, 1])
    assert.equal((await roll.sync('a', [])).principals.gone, 0)
    assert.equal((await held('pay')).data.goneAt, undefined)
    await roll.sync('b', [role('pay', { enabled: false })])
    assert.equal((await held('pay')).data.enabled, false)
    assert.equal((await roll.sync('b', [])).principals.gone, 1)
  })

  test("the system's own record outranks a mention and another tool's definition, whoever was read first", async () => {
    const terraform = { connector: 'terraform', file: 'main.tf' }
    await roll.sync('mention', [role('pay', { mentioned: true, name: 'mentioned' })])
    await roll.sync('code', [role('pay', { name: 'defined', provenance: terraform })])
    assert.equal((await held('pay')).data.name, 'defined')
    await roll.sync('aws', [role('pay', { name: 'own' })])
    const size = await roll.size()
    await roll.sync('mention', [role('pay', { mentioned: true, name: 'mentioned' })])
    await roll.sync('code', [role('pay', { name: 'defined', provenance: terraform })])
    await roll.sync('aws', [role('pay', { name: 'own' })])
    assert.equal((await held('pay')).data.name, 'own')
    assert.deepEqual(await roll.size(), size)
    // its own later mention does not undo what the source defined
    await roll.sync('aws', [role('pay', { mentioned: true, name: 'mentioned' })])
    assert.equal((await held('pay')).data.name, 'own')
  })

  test('a source that flips makes one version each time, and none when it stays', async () => {
    for (const enabled of [true, false, true, true, false]) await roll.sync('a', [role('pay', { enabled })])
    assert.equal((await held('pay')).version, 4)
  })

  test('one identifier of two records proposes that they are one; joined, they stay one', async () => {
    const alias = ref('aws', 'AROA1')
    await roll.sync('a', [role('pay'), role('old')])
    const both: Fact[] = [role('pay', { aliases: [alias, ref('aws', arnOf('old'))] })]
    await roll.sync('b', both)
    const size = await roll.size()
    await roll.sync('b', both)
    assert.deepEqual(await roll.size(), size)
    const { items } = await listMatches(roll.identity, EVERYTHING, {}, {})
    assert.deepEqual(
      items.map(({ data }) => data.strength),
      ['explicit'],
    )
    const pay = await held('pay')
    await confirmMatch(roll.identity, roll.act(), { matchId: items[0]?.id ?? '', into: pay.id })
    const joined = [role('pay', { enabled: true }), role('old', { enabled: false })]
    for (const facts of [joined, joined.toReversed()]) {
      await roll.sync('a', facts)
      const { data } = await held('pay')
      assert.deepEqual([data.enabled, data.refs.includes(ref('aws', arnOf('old')))], [true, true])
    }
    const version = (await held('pay')).version
    assert.equal((await roll.sync('a', joined)).principals.created, 0)
    assert.equal((await held('pay')).version, version)
    assert.equal((await held('old')).data.mergedInto, pay.id)
  })

  test('retired and seen again is said once, and stays retired', async () => {
    await roll.sync('a', [role('pay')])
    const { id } = await held('pay')
    const input = { id, reason: 'no longer needed' }
    await quarantinePrincipal(roll.identity, roll.act(), input)
    await retirePrincipal(roll.identity, roll.act(), input)
    assert.equal((await roll.sync('a', [role('pay', { name: 'renamed' })])).principals.reappeared, 1)
    assert.equal((await roll.sync('a', [role('pay', { name: 'renamed' })])).principals.reappeared, 0)
    const { data } = await held('pay')
    assert.deepEqual([data.state, data.name, data.reappearedAt !== undefined], ['retired', 'pay', true])
  })

  test('a revoked credential that its system still lists has reappeared; a copy in a file has not', async () => {
    const key = ref('aws', 'access-key/AKIA1')
    const listed = secret('listed', { ref: key, exposure: 'record', enabled: true })
    await roll.sync('a', [listed, secret('copied', { fingerprint: value })], { keyId: 'hk_1' })
    for (const { id } of await roll.credentials())
      await recordRevocation(roll.identity, roll.act(), { id, reason: 'leaked' })
    const { credentials } = await roll.sync('a', [listed, secret('copied', { fingerprint: value })], { keyId: 'hk_1' })
    assert.equal(credentials.reappeared, 1)
    assert.deepEqual(
      (await roll.credentials()).map(({ data }) => data.state),
      ['revoked', 'revoked'],
    )
  })

  test('a secret keeps its record when its file moves, and both fingerprints until every source was read anew', async () => {
    const [old, renewed] = [value, 'b'.repeat(64)]
    await roll.sync('a', [secret('token', { fingerprint: old })], { keyId: 'hk_1' })
    await roll.sync('b', [secret('other', { fingerprint: 'c'.repeat(64) })], { keyId: 'hk_1' })
    const moved = { provenance: { connector: 'source-code', file: 'lib/moved.ts' }, fingerprint: old }
    await roll.sync('a', [secret('token', moved)], { keyId: 'hk_1' })
    assert.equal((await roll.credentials()).length, 2)
    await roll.sync('a', [secret('token', { fingerprint: renewed })], { keyId: 'hk_2' })
    const keys = async () =>
      (await roll.credentials()).map(({ data }) => data.fingerprints.map(({ keyId }) => keyId).join())
    assert.deepEqual((await keys()).sort(), ['hk_1', 'hk_1,hk_2'])
    const last = await roll.sync('b', [secret('other', { fingerprint: 'd'.repeat(64) })], { keyId: 'hk_2' })
    assert.equal(last.rekeyed, 2)
    assert.deepEqual(await keys(), ['hk_2', 'hk_2'])
  })

  test('each source speaks for its own places of one key', async () => {
    const key = ref('aws', 'access-key/AKIA1')
    await roll.sync('a', [
      role('pay'),
      secret('key', { ref: key, exposure: 'record', principal: ref('aws', arnOf('pay')) }),
    ])
    const found = secret('key', { ref: key, fingerprint: value })
    await roll.sync('b', [found], { keyId: 'hk_1' })
    const [both] = await roll.credentials()
    assert.deepEqual(
      both?.data.locations.map(({ source }) => source),
      ['a', 'b'],
    )
    assert.equal(both?.data.fingerprints.length, 1)
    await roll.sync('b', [], { keyId: 'hk_1' })
    const [one] = await roll.credentials()
    assert.deepEqual([one?.data.locationCount, one?.data.goneAt], [1, undefined])
  })

  test('an owner whom one source names is found in the feed of another; a leaver makes an orphan', async () => {
    const person = (personId: string, status: 'active' | 'leaver'): Fact => ({
      type: 'person',
      personId,
      name: personId,
      emails: [`${personId}@example.com`],
      status,
      provenance: { connector: 'people', file: 'people.csv' },
    })
    await roll.sync('hr', [person('ada', 'active'), person('bob', 'leaver')])
    const owned = (who: string) => ({
      ownerHints: [{ who: `${who}@example.com`, how: 'tag' as const, reason: 'tag `owner`' }],
    })
    await roll.sync('a', [role('pay', owned('ada')), role('mail', owned('bob'))])
    const [pay, mail] = [await held('pay'), await held('mail')]
    assert.deepEqual([pay.data.owner?.party.kind, pay.data.owner?.from], ['person', 'derived'])
    assert.deepEqual(
      [mail.data.owner, mail.data.formerOwner?.party.kind, typeof mail.data.orphanedAt],
      [undefined, 'person', 'string'],
    )
    assert.ok(pay.data.owner)
    await assignOwner(roll.identity, roll.act(), { id: mail.id, owner: pay.data.owner.party })
    const size = await roll.size()
    await roll.sync('a', [role('pay', owned('ada')), role('mail', owned('bob'))])
    assert.deepEqual(await roll.size(), size)
    assert.equal((await held('mail')).data.owner?.from, 'stated')
  })

  test('whoever committed the file of a secret has seen it: told once, and only of people of the roll', async () => {
    const ada: Fact = {
      type: 'person',
      personId: 'ada',
      name: 'Ada',
      emails: ['ada@example.com'],
      status: 'active',
      provenance: { connector: 'people', file: 'people.csv' },
    }
    const committed: Fact = {
      type: 'ownership',
      of: { files: '/src/token.ts', root: '' },
      owners: ['Ada@example.com', 'stranger@example.com'],
      how: 'commit_author',
      provenance: { connector: 'git', file: 'src/token.ts' },
    }
    const facts = [ada, committed, secret('token'), secret('elsewhere')]
    assert.equal((await roll.sync('a', facts)).exposures, 1)
    assert.equal((await roll.sync('a', facts)).exposures, 0)
    const rows = await roll.identity.db.transaction((tx) =>
      tx.query<{ how: string; name: string }>(sql`
        select e.how, c.data ->> 'name' as name from identity.exposure e join identity.credential c on c.id = e.credential_id`),
    )
    assert.deepEqual(rows, [{ how: 'saw', name: 'token' }])
  })

  test('one record that cannot be written is named, and the rest is written', async () => {
    const owner = new Client(opened.owner)
    await owner.connect()
    await owner.query(`alter table identity.principal add constraint refuses check (name <> 'bad')`)
    await owner.end()
    const result = await roll.sync('a', [role('one'), role('bad'), role('two'), right('bad', 'reader')])
    assert.deepEqual([result.principals.created, result.principals.problems], [2, 1])
    assert.deepEqual(
      result.refused.map(({ kind, name }) => [kind, name]),
      [['principal', 'bad']],
    )
    assert.equal(result.entitlements.created, 0)
  })

  test('last use is noted without a version', async () => {
    const at = (lastUsedAt: string) => [role('pay', { lastUsedAt: lastUsedAt as Instant })]
    await roll.sync('a', at('2026-01-01T00:00:00.000Z'))
    await roll.sync('a', at('2026-02-01T00:00:00.000Z'))
    await roll.sync('a', at('2026-01-15T00:00:00.000Z'))
    const { id, version } = await held('pay')
    const [row] = await roll.identity.db.transaction((tx) =>
      tx.query<{ at: string }>(sql`select last_used_at as at from identity.presence where record_id = ${id}`),
    )
    assert.deepEqual([version, row?.at], [1, '2026-02-01T00:00:00.000Z'])
  })

  test('a dry run counts the same and writes nothing', async () => {
    await roll.sync('a', [role('pay', { enabled: true }), role('old')])
    const size = await roll.size()
    const dry = await roll.sync('a', [role('pay', { enabled: false }), role('new')], { dryRun: true })
    assert.deepEqual(await roll.size(), size)
    const wet = await roll.sync('a', [role('pay', { enabled: false }), role('new')])
    assert.deepEqual([dry.principals, dry.sample], [wet.principals, ['new']])
    assert.deepEqual([wet.principals.created, wet.principals.drifted, wet.principals.gone], [1, 1, 1])
  })

  test('two syncs of one source at once: the second is refused', async () => {
    const both = await Promise.allSettled([roll.sync('a', [role('pay')]), roll.sync('a', [role('pay')])])
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    assert.equal((await held('pay')).version, 1)
  })

  test('syncs of different sources at once make one record of one identifier', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((source) => roll.sync(source, [role('pay'), role(source)])))
    const [row] = await roll.identity.db.transaction((tx) =>
      tx.query<{ count: number }>(sql`select count(*) from identity.principal`),
    )
    assert.equal(row?.count, 5)
  })
})
