import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { CONNECTORS, givenKey, readTree } from '#connectors'
import type { Fact } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import { partsOf } from './parts.ts'
import { right, role, secret, syncInTest } from './sync-in-test.ts'

const SAMPLES = fileURLToPath(new URL('../../../samples', import.meta.url))
const key = givenKey(Buffer.alloc(32, 7))

test('parts hold every fact once, in order, and what shares a link is in one of them', async () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'line\u2028end', 'half \ud800')
  const value = (name: string): string => Buffer.from(name).toString('hex').padEnd(64, '0')
  const fact: fc.Arbitrary<Fact> = fc.oneof(
    names.map((name) => role(name)),
    fc.tuple(names, names).map(([name, other]) => role(name, { aliases: [role(other).ref] })),
    fc.tuple(names, names).map(([name, permission]) => right(name, permission)),
    fc.tuple(names, names).map(([name, of]) => secret(name, { fingerprint: value(name), principal: role(of).ref })),
    names.map((name) => secret(name)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fact, { maxLength: 40 }), fc.integer({ min: 1, max: 15 }), async (facts, size) => {
      const parts = await partsOf(facts, size)
      try {
        const all: Fact[][] = []
        for (let part = 0; part < parts.count; part++) all.push(await parts.part(part))
        assert.deepEqual(all.flat().map(text).sort(), facts.map(text).sort())
        for (const part of all) {
          const inOrder = facts.map(text).filter((line) => part.some((one) => text(one) === line))
          assert.deepEqual(part.map(text), inOrder)
        }
        const homes = new Map<string, number>()
        const home = (link: string, at: number): number => homes.get(link) ?? (homes.set(link, at), at)
        for (const [at, part] of all.entries()) {
          for (const one of part) {
            const link = one.type === 'principal' ? one.ref : 'principal' in one ? one.principal : undefined
            if (typeof link === 'string') assert.equal(home(link, at), at)
          }
        }
      } finally {
        await parts.close()
      }
    }),
    { numRuns: 60 },
  )
})

const text = (fact: Fact): string => JSON.stringify(fact)

describe('a source in parts', { skip: databaseUnavailable() }, () => {
  test('gives the very roll that it gives as a whole', async () => {
    const { facts } = await readTree(SAMPLES, { connectors: CONNECTORS, key, history: false, workers: 0 })
    const dumps: unknown[] = []
    for (const partFacts of [100_000, 150, 20]) {
      const opened = await testDatabase()
      try {
        const roll = syncInTest(opened.database)
        await roll.sync('samples', facts, { partFacts, batch: 50, keyId: 'hk_1' })
        dumps.push(await roll.dump())
      } finally {
        await opened.close()
      }
    }
    const [whole, ...inParts] = dumps
    for (const dump of inParts) assert.deepEqual(dump, whole)
  })
})
