// Two servers on one database, each with its own files of the one log: what an auditor asks beside either.
import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { LayerDatabase } from '#db'
import { registerPrincipal } from '#identity/roll'
import { newestCheckpoint } from '../../src/evidence/log/checkpoints.ts'
import { verifyBundle } from '../../src/evidence/verify/offline/verify-bundle.ts'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import { rollInTest } from '../../src/identity/principal/roll-in-test.ts'
import { exportEvidence, proveEvidence, verifyEvidence } from '../../src/start/evidence-desk.ts'
import { environmentOf, until } from './decision-estate-in-test.ts'
import { startServer, temporaryFolder } from './server-in-test.ts'

const signed = async (evidence: LayerDatabase): Promise<number> => (await newestCheckpoint(evidence))?.size ?? 0

/** The entry that got the last place that is signed. */
async function newest(evidence: LayerDatabase): Promise<string> {
  const text = 'select entry_id as id from evidence.sequence where seq = $1'
  const [row] = await evidence.prepared<{ id: string }>('entry_in_test', text, [(await signed(evidence)) - 1])
  return row?.id ?? assert.fail('there are entries')
}

/** What is said beside the server of this data directory. */
function beside(dataDirectory: string, environment: Readonly<Record<string, string>>) {
  const options = { dataDirectory, environment, release: 'test' }
  const refused = (findings: readonly { check: string; outcome: string; detail: string }[]): string[] =>
    findings.flatMap(({ check, outcome, detail }) => (outcome === 'failed' ? [`${check}: ${detail}`] : []))
  return {
    verified: async () => refused(await verifyEvidence({ ...options, state: true, witnessKeys: [] })),
    exported: async (out: string) => {
      await exportEvidence({ ...options, out, period: {}, scope: [], witnessKeys: [] })
      const findings = await verifyBundle(out)
      assert.ok(findings.some(({ check, outcome }) => check === 'entries' && outcome === 'passed'))
      return refused(findings)
    },
    proven: async (entry: string) => (await proveEvidence({ ...options, entry, witnessKeys: [] })).proof,
  }
}

describe('the log of two servers', { skip: databaseUnavailable(), timeout: 240_000 }, () => {
  test('is verified, exported and proven beside either, also where the other goes on alone', async (t) => {
    const base = await testDatabase()
    t.after(async () => base.close())
    const folder = await temporaryFolder(t)
    const env = environmentOf(base)
    const [first, second] = [join(folder, 'first'), join(folder, 'second')]
    const one = await startServer({ dataDirectory: first, env })
    t.after(async () => one.kill())
    await cp(join(first, 'keys'), join(second, 'keys'), { recursive: true })
    const other = await startServer({ dataDirectory: second, env })
    t.after(async () => other.kill())
    const evidence = base.database.layer('evidence')
    const roll = await rollInTest(() => Promise.resolve(base))
    roll.pass(Math.floor((Date.now() - Date.parse(roll.now())) / 86_400_000))
    const grow = async (by: number, prefix: string): Promise<void> => {
      const from = await signed(evidence)
      for (let made = 0; (await signed(evidence)) < from + by; made += 1) {
        const name = `${prefix}-${made}`
        const words = { system: 'kubernetes', purpose: 'a test', externalId: name, name } as const
        await registerPrincipal(roll.identity, roll.act('ada'), { ...words, kind: 'workload' })
      }
    }

    // in steps that the two do not take at once, over the edge of a tile
    await grow(280, 'app')
    for (const place of [first, second]) {
      const desk = beside(place, env)
      assert.deepEqual(await desk.verified(), [], place)
      assert.deepEqual(await desk.exported(`${place}.bundle`), [], place)
      const entry = await newest(evidence)
      await until(
        async () =>
          await desk.proven(entry).then(
            () => true,
            () => false,
          ),
        20_000,
      )
      assert.match(await desk.proven(entry), /^c2sp\.org\/tlog-proof@v1\nindex \d+\n/)
    }

    const known = await newest(evidence)
    assert.equal(await other.stop(), 0)
    await grow(30, 'alone')
    const desk = beside(second, env)
    const [behind = '', ...more] = await desk.verified()
    assert.match(
      behind,
      /^files: the published checkpoint: it is of \d+ entries, and \d+ were signed already; where another/,
    )
    assert.deepEqual(more, [])
    assert.match(await desk.proven(known), /^c2sp/)
    await assert.rejects(desk.proven(await newest(evidence)), /no such entry is under a checkpoint/)
    assert.deepEqual(await desk.exported(`${second}.behind`), [], 'an export asks the database alone')

    const again = await startServer({ dataDirectory: second, env })
    t.after(async () => again.kill())
    assert.deepEqual(await desk.verified(), [])
    assert.match(await desk.proven(await newest(evidence)), /^c2sp/)
    assert.equal(await again.stop(), 0)
    assert.equal(await one.stop(), 0)
  })
})
