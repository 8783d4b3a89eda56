// Durable changes of records, each in a transaction of its own, with the entry and without it, in turns on one database that
// syncs to disk, while the log is kept.
import { keepLog, signerFromSeed, TileFolder } from '#evidence'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { changeRecords, readCurrent } from '#db/history'
import type { LayerDatabase } from '#db'
import { newId, systemClock } from '#kernel'
import type { Act } from '#kernel'
import type { ReeveDatabase } from '../src/db/open.ts'
import type { TeamRecord } from '../src/identity/record/people-records.ts'
import { TEAM } from '../src/identity/record/tables.ts'
import { against, median, rounded } from './figure.ts'
import type { BenchOptions, Figure } from './figure.ts'

const CHANGES = 20_000
const SHARE_MIN = 0.5
const ROUNDS = 5

export async function* appending(
  { database }: ReeveDatabase,
  tileFolder: string,
  { scale, say }: BenchOptions,
): AsyncGenerator<Figure> {
  const identity = database.layer('identity')
  const failures: unknown[] = []
  const keeper = await keepLog({
    evidence: database.layer('evidence'),
    tiles: new TileFolder(tileFolder),
    signer: signerFromSeed('bench/append', Buffer.alloc(32, 1)),
    clock: systemClock,
    onFailure: (error) => failures.push(error),
  })
  try {
    for (const writers of [1, 8]) {
      const each = Math.max(25, Math.round((CHANGES * scale) / ROUNDS / writers))
      say(`${ROUNDS} rounds of ${each} changes by each of ${writers} writers, with entries and without`)
      const teams = await addTeams(identity, writers)
      const perSecond = { with: [] as number[], without: [] as number[] }
      for (let round = 0; round < ROUNDS; round += 1)
        for (const how of ['with', 'without'] as const) {
          const started = performance.now()
          await Promise.all(teams.map(async (id) => await changes(identity, id, each, how)))
          perSecond[how].push((each * writers * 1000) / (performance.now() - started))
        }
      const bare = median(perSecond.without)
      const value = median(perSecond.with)
      yield {
        bench: 'evidence',
        scale,
        figure: `durable changes with their entries, ${writers} at once`,
        unit: 'changes/s',
        ...against(`${SHARE_MIN} of those without`, value, SHARE_MIN * bare, 'more'),
        note: `${rounded(value / bare)} of ${rounded(bare)} without; ${failures.length} passes of the log failed`,
      }
    }
  } finally {
    await keeper.stop()
  }
}

const act = (): Act => ({ actor: { id: 'reeve' }, at: systemClock(), reason: 'a measurement' })

async function addTeams(identity: LayerDatabase, count: number): Promise<string[]> {
  const records = Array.from({ length: count }, () => {
    const id = newId('team')
    const data: TeamRecord = { feedId: id, name: 'A team', source: 'bench' }
    return { id, data, words: { type: 'team.recorded' } }
  })
  await identity.transaction(async (tx) => await createWithEntries(tx, TEAM, act(), records))
  return records.map(({ id }) => id)
}

async function changes(identity: LayerDatabase, id: string, count: number, how: 'with' | 'without'): Promise<void> {
  for (let at = 0; at < count; at += 1)
    await identity.transaction(async (tx) => {
      const current = (await readCurrent<TeamRecord>(tx, TEAM, [id], { lock: true })).get(id)
      if (current === undefined) throw new Error('it was made above')
      const patch = (data: TeamRecord): TeamRecord => ({ ...data, name: `team ${at}` })
      if (how === 'with')
        await changeWithEntries(tx, TEAM, act(), [{ current, patch, words: { type: 'team.changed' } }])
      else {
        const mark = { entryId: newId('entry'), actor: 'reeve', at: systemClock(), reason: 'a measurement' }
        await changeRecords(tx, TEAM, [{ current, patch, mark }])
      }
    })
}
