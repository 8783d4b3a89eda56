// Reads of the roll at two sizes: what a list, a filter, a search and a look into the past cost in the larger one.
import type { Id, Instant } from '#kernel'
import { getPrincipal, history, IDENTITY_SETTINGS, listPrincipals } from '#identity/roll'
import type { IdentityLayer, PrincipalQuery, Viewer } from '#identity/roll'
import { testDatabase } from '../src/db/database-in-test.ts'
import type { TestDatabase } from '../src/db/database-in-test.ts'
import { against, median } from './figure.ts'
import type { BenchOptions, Figure } from './figure.ts'
import { OWNED, ownerId, seedRoll } from './roll-seed.ts'

const SMALL = 10_000
const LARGE = 1_000_000
const RUNS = 40
const COST_MAX = 3
const EVERYTHING: Viewer = { scope: 'all' }
const THEN = { asOf: '2026-02-01', asKnownAt: '2026-02-15' }

interface Roll {
  readonly identity: IdentityLayer
  readonly database: TestDatabase
  readonly size: number
}

type Read = (roll: Roll, turn: number) => Promise<unknown>

const list =
  (query: (turn: number, roll: Roll) => PrincipalQuery, viewer: (turn: number) => Viewer = () => EVERYTHING): Read =>
  (roll, turn) =>
    listPrincipals(roll.identity, viewer(turn), query(turn, roll))

const owner = (turn: number): Id<'person'> => ownerId((turn * 37) % (SMALL / OWNED)) as Id<'person'>

/** Each is asked with other words in every turn. */
const READS: Readonly<Record<string, Read>> = {
  'one by identifier': ({ identity }, turn) =>
    getPrincipal(identity, EVERYTHING, `arn:aws:iam::123456789012:role/payments/${turn * 10}`),
  'first page': list(() => ({})),
  'a page in the middle': async (roll, turn) => {
    const { next } = await listPrincipals(roll.identity, EVERYTHING, {}, { limit: 200 })
    return await listPrincipals(
      roll.identity,
      EVERYTHING,
      {},
      { ...(next && { cursor: next }), limit: 50 + (turn % 2) },
    )
  },
  'total, capped': ({ identity }) => listPrincipals(identity, EVERYTHING, {}, { total: true }),
  'filter by state': list(() => ({ state: 'registered' })),
  'filter by tier and environment': list((turn) => ({
    tier: 'high',
    environment: turn % 2 === 0 ? 'production' : 'development',
  })),
  'filter by a value that nothing has': list(() => ({ kind: 'ai_agent' })),
  'filter by owner': list((turn) => ({ owner: owner(turn) })),
  'filter by expiry': list((turn) => ({ expiringBefore: `2026-06-${10 + (turn % 20)}T00:00:00.000Z` as Instant })),
  'sorted by expiry': list(() => ({ sort: 'expiresAt' })),
  'what one owner sees': list(
    () => ({}),
    (turn) => ({ scope: 'own', personId: owner(turn), parties: [`person:${owner(turn)}`] }),
  ),
  'search, one record': list((turn) => ({ q: `n${1000 + turn}` })),
  'search, one in five hundred': list((turn) => ({ q: `unit${100 + turn}` })),
  'search, one in ten': list((turn) => ({ q: turn % 2 === 0 ? 'payments' : 'billing' })),
  'search, two words': list((turn) => ({ q: `unit${100 + turn} payments`.slice(0, 40) })),
  'search, nothing': list((turn) => ({ q: `nowhere${turn}` })),
  'as of a day, one': ({ identity }, turn) =>
    getPrincipal(identity, EVERYTHING, `arn:aws:iam::123456789012:role/payments/${turn * 10}`, THEN),
  'as of a day, list': list(() => ({ times: THEN })),
  'as of a day, by state': list(() => ({ state: 'discovered', times: THEN })),
  'as of a day, by owner': list((turn) => ({ owner: owner(turn), times: THEN })),
  'as of a day, what nothing was': list(() => ({ kind: 'ai_agent', times: THEN })),
  history: async ({ identity }, turn) => {
    const { id } = await getPrincipal(identity, EVERYTHING, `arn:aws:iam::123456789012:role/payments/${turn * 10}`)
    return await history(identity, EVERYTHING, id)
  },
}

export async function* reads({ scale, say }: BenchOptions): AsyncGenerator<Figure> {
  const large = Math.max(SMALL, Math.round(LARGE * scale))
  const rolls = [await seeded(SMALL, say), await seeded(large, say)] as const
  try {
    for (const [name, read] of Object.entries(READS)) {
      const costs = await measure(rolls, read)
      yield {
        bench: 'roll',
        figure: `read: ${name}`,
        unit: 'ms',
        scale,
        ...against(`${COST_MAX} times a roll of ${SMALL}`, costs[1], COST_MAX * costs[0], 'less'),
        note: `${(costs[1] / costs[0]).toPrecision(3)} times as much at ${large} principals`,
      }
    }
  } finally {
    for (const roll of rolls) await roll.database.close()
  }
}

async function seeded(size: number, say: (what: string) => void): Promise<Roll> {
  const database = await testDatabase()
  await seedRoll(database.superuser, size, say)
  const identity: IdentityLayer = {
    db: database.database.layer('identity'),
    clock: () => '2026-06-01T00:00:00.000Z' as Instant,
    settings: IDENTITY_SETTINGS,
  }
  return { identity, database, size }
}

/** Turn by turn, so that both meet the same machine; the first turns warm the caches and are left out. */
async function measure(rolls: readonly [Roll, Roll], read: Read): Promise<[number, number]> {
  const times: [number[], number[]] = [[], []]
  for (let turn = 0; turn < RUNS; turn++) {
    for (const [at, roll] of rolls.entries()) {
      const started = performance.now()
      await read(roll, turn)
      if (turn >= RUNS / 4) times[at]?.push(performance.now() - started)
    }
  }
  return [median(times[0]), median(times[1])]
}
