// Two servers on one database, each with its own files of the one log: what an auditor asks beside either.
import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { registerPrincipal } from '#identity/roll'
import { newestCheckpoint } from '../../src/evidence/log/checkpoints.ts'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import { rollInTest } from '../../src/identity/principal/roll-in-test.ts'
import { reeve } from '../scan/run-reeve.ts'
import { environmentOf, until } from './decision-estate-in-test.ts'
import { cleanEnvironment, startServer, temporaryFolder } from './server-in-test.ts'

describe('the log of two servers', { skip: databaseUnavailable(), timeout: 240_000 }, () => {
  test('is verified, exported and proven beside either, also where the other goes on alone', async (t) => {
    const base = await testDatabase()
    t.after(async () => base.close())
    const folder = await temporaryFolder(t)
    const database = environmentOf(base)
    const at = (name: string): string => join(folder, name)
    const first = await startServer({ dataDirectory: at('first'), env: database })
    t.after(async () => first.kill())
    await cp(join(at('first'), 'keys'), join(at('second'), 'keys'), { recursive: true })
    const second = await startServer({ dataDirectory: at('second'), env: database })
    t.after(async () => second.kill())
    const evidence = base.database.layer('evidence')
    const newest = async (): Promise<string> => {
      const [row] = await evidence.prepared<{ id: string }>(
        'newest_entry_in_test',
        'select entry_id as id from evidence.sequence order by seq desc limit 1',
        [],
      )
      return row?.id ?? assert.fail('there are entries')
    }
    const signed = async (): Promise<number> => (await newestCheckpoint(evidence))?.size ?? 0
    const asked = async (name: string, ...words: string[]): Promise<Awaited<ReturnType<typeof reeve>>> =>
      await reeve(['evidence', ...words], { env: cleanEnvironment({ ...database, REEVE_DATA_DIR: at(name) }) })
    const sound = async (name: string, bundle: string): Promise<void> => {
      const verified = await asked(name, 'verify', '--state')
      assert.doesNotMatch(verified.stdout, /^ *failed/m, name)
      const made = await asked(name, 'export', '--out', at(bundle))
      assert.equal(made.code, 0, made.stderr)
      const offline = await reeve(['verify', at(bundle)], { env: cleanEnvironment() })
      assert.doesNotMatch(offline.stdout, /^ *failed/m, bundle)
      assert.match(offline.stdout, /passed +entries/)
    }

    // in steps that the two do not take at once, over the edge of a tile
    const roll = await rollInTest(() => Promise.resolve(base))
    roll.pass(Math.floor((Date.now() - Date.parse(roll.now())) / 86_400_000))
    const grow = async (by: number, prefix: string): Promise<void> => {
      const from = await signed()
      for (let made = 0; (await signed()) < from + by; made += 1)
        await Promise.all(
          ['a', 'b', 'c', 'd'].map(async (part) => {
            const name = `${prefix}-${made}-${part}`
            const words = { system: 'kubernetes', purpose: 'a test', externalId: name, name } as const
            await registerPrincipal(roll.identity, roll.act('ada'), { ...words, kind: 'workload' })
          }),
        )
    }
    await grow(280, 'app')
    for (const name of ['first', 'second']) {
      await sound(name, `${name}.bundle`)
      const entry = await newest()
      let proof = ''
      await until(async () => {
        const answer = await asked(name, 'prove', entry)
        proof = answer.stdout
        return answer.code === 0
      }, 20_000)
      assert.match(proof, /^c2sp\.org\/tlog-proof@v1\nindex \d+\n/)
    }

    const known = await newest()
    assert.equal(await second.stop(), 0)
    await grow(30, 'alone')
    const behind = await asked('second', 'verify')
    assert.equal(behind.code, 1)
    assert.match(
      behind.stdout,
      /were signed already; where another server of this log signed them, verify beside that one/,
    )
    assert.equal(behind.stdout.match(/^ *failed/gm)?.length, 1, behind.stdout)
    assert.equal((await asked('second', 'prove', known)).code, 0)
    const unknown = await asked('second', 'prove', await newest())
    assert.notEqual(unknown.code, 0)
    assert.match(unknown.stderr, /no such entry is under a checkpoint/)
    const made = await asked('second', 'export', '--out', at('behind.bundle'))
    assert.equal(made.code, 0, made.stderr)
    const offline = await reeve(['verify', at('behind.bundle')], { env: cleanEnvironment() })
    assert.doesNotMatch(offline.stdout, /^ *failed/m)

    const again = await startServer({ dataDirectory: at('second'), env: database })
    t.after(async () => again.kill())
    await sound('second', 'again.bundle')
    assert.equal(await again.stop(), 0)
    assert.equal(await first.stop(), 0)
  })
})
