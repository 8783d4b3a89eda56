import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ref } from '#kernel'
import { accessSeenOnlyBy } from '#access/records'
import { seenOnlyBy } from '#identity/roll'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import { arnOf, right, role, secret, syncInTest } from './sync-in-test.ts'

test(
  'what the preview of a removal counts is what the empty read that ends a source marks as gone',
  { skip: databaseUnavailable() },
  async (t) => {
    const opened = await testDatabase()
    t.after(async () => opened.close())
    const roll = syncInTest(opened.database)
    const shared = [role('both'), right('both', 'reader')]
    const token = secret('token', { fingerprint: 'a'.repeat(64), principal: ref('aws', arnOf('only')) })
    await roll.sync('a', [...shared, role('only'), right('only', 'writer'), token])
    await roll.sync('b', [...shared, role('other')])
    const preview = {
      ...(await seenOnlyBy(roll.identity, 'a')),
      ...(await accessSeenOnlyBy(roll.access, 'a')),
    }
    // rights and accounts are each source's own word: those of `both` are counted apart where `b` says them too
    assert.deepEqual([preview.principals, preview.credentials], [1, 1])
    const ended = await roll.sync('a', [], { act: { ...roll.act(), reason: 'the connection was removed' } })
    assert.deepEqual(preview, {
      principals: ended.principals.gone,
      credentials: ended.credentials.gone,
      accounts: ended.accounts.gone,
      entitlements: ended.entitlements.gone,
    })
    assert.ok(preview.accounts >= 1 && preview.entitlements >= 1, JSON.stringify(preview))
    const [only, both] = await Promise.all(['only', 'both'].map(async (name) => roll.principal(arnOf(name))))
    assert.equal(only?.data.goneAt !== undefined && both?.data.goneAt === undefined, true)
    assert.equal((await roll.entriesOf(only?.id ?? '')).at(-1), 'principal.gone')
    assert.deepEqual(await roll.withoutTheirEntry(), [])
    const size = await roll.size()
    await roll.sync('a', [])
    assert.deepEqual(await roll.size(), size, 'ended again changes nothing')
    assert.deepEqual(await seenOnlyBy(roll.identity, 'a'), { principals: 0, credentials: 0 })
  },
)
