// A roll of its own for a test: a real database, a clock that a test moves, people and teams.
import { deriveId, newId } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import { sql } from '#db'
import type { Database } from '#db'
import { readCurrent } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { IDENTITY_SETTINGS } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import type { Party } from '../record/party.ts'
import type { PersonRecord, PersonStatus, TeamRecord } from '../record/people-records.ts'
import { PERSON, TEAM } from '../record/tables.ts'

export interface RollInTest {
  readonly identity: IdentityLayer
  readonly database: Database
  /** What listeners were told. */
  readonly changed: string[]
  /** An act at the next second, by a person of that feed id. */
  act(feedId: string, more?: Partial<Act>): Act
  now(): Instant
  /** Moves the clock on. */
  pass(days: number): void
  addPerson(feedId: string, more?: { readonly status?: PersonStatus; readonly team?: string }): Promise<Party>
  setStatus(feedId: string, status: PersonStatus): Promise<void>
  addTeam(feedId: string): Promise<Party>
  /** Entry types of one record, in order of writing. */
  entriesOf(recordId: string): Promise<string[]>
  /** Record versions that have not exactly one entry, over everything. */
  versionsWithoutTheirEntry(): Promise<unknown[]>
  close(): Promise<void>
}

export const personOf = (feedId: string): Id<'person'> => deriveId('person', feedId)
export const teamOf = (feedId: string): Id<'team'> => deriveId('team', feedId)
export const person = (feedId: string): Party => ({ kind: 'person', id: personOf(feedId) })
export const team = (feedId: string): Party => ({ kind: 'team', id: teamOf(feedId) })

/** `open` is `testDatabase`. */
export async function rollInTest(
  open: () => Promise<{ readonly database: Database; close(): Promise<void> }>,
): Promise<RollInTest> {
  const opened = await open()
  const { database } = opened
  let now = Date.parse('2026-03-01T08:00:00.000Z')
  const changed: string[] = []
  const instant = (): Instant => new Date(now).toISOString() as Instant
  const identity: IdentityLayer = {
    db: database.layer('identity'),
    clock: instant,
    settings: IDENTITY_SETTINGS,
    onPrincipalChanged: (ids) => void changed.push(...ids),
  }
  const act = (feedId: string, more: Partial<Act> = {}): Act => {
    now += 1000
    return { actor: { id: personOf(feedId), personId: personOf(feedId) }, at: instant(), ...more }
  }
  const feed = (): Act => ({ ...act('feed'), actor: { id: 'reeve' } })
  return {
    identity,
    database,
    changed,
    act,
    now: instant,
    pass: (days) => void (now += days * 86_400_000),
    async addPerson(feedId, { status = 'active', team: teamFeedId } = {}) {
      const data: PersonRecord = {
        feedId,
        name: feedId,
        emails: [`${feedId}@larkfield.example`],
        handles: [],
        status,
        principalId: newId('principal'),
        source: 'test',
        ...(teamFeedId === undefined ? {} : { teamFeedId }),
      }
      const words = { type: 'person.joined' }
      await identity.db.transaction(async (tx) => {
        await createWithEntries(tx, PERSON, feed(), [{ id: personOf(feedId), data, words }])
      })
      return person(feedId)
    },
    async setStatus(feedId, status) {
      await identity.db.transaction(async (tx) => {
        const id = personOf(feedId)
        const current = (await readCurrent<PersonRecord>(tx, PERSON, [id], { lock: true })).get(id)
        if (current === undefined) throw new Error(`no person ${feedId}`)
        const words = { type: 'person.changed' }
        await changeWithEntries(tx, PERSON, feed(), [{ current, patch: (data) => ({ ...data, status }), words }])
      })
    },
    async addTeam(feedId) {
      const data: TeamRecord = { feedId, name: feedId, source: 'test' }
      await identity.db.transaction(async (tx) => {
        await createWithEntries(tx, TEAM, feed(), [{ id: teamOf(feedId), data, words: { type: 'team.recorded' } }])
      })
      return team(feedId)
    },
    entriesOf: (recordId) => entryTypesOf(database, recordId),
    versionsWithoutTheirEntry: () => unmatched(database),
    close: () => opened.close(),
  }
}

/** INVARIANT: each version of each record has exactly one entry, which carries its hash. */
async function unmatched(database: Database): Promise<unknown[]> {
  interface Row {
    readonly id: string
    readonly version: number
    readonly entry: string
    readonly hash: string
  }
  const versions = await database.layer('identity').transaction((tx) =>
    tx.query<Row>(sql`
      select distinct record_id as id, version, entry_id as entry, encode(hash, 'hex') as hash from identity.version`),
  )
  const entries = await database.layer('evidence').transaction((tx) =>
    tx.query<Row>(sql`
      select record_id as id, record_version as version, id as entry, encode(record_hash, 'hex') as hash
      from evidence.entry where record_id is not null`),
  )
  const counted = new Map<string, number>()
  const count = ({ id, version, entry, hash }: Row, by: number): void => {
    const key = [id, version, entry, hash].join(' ')
    counted.set(key, (counted.get(key) ?? 0) + by)
  }
  for (const row of versions) count(row, 1)
  for (const row of entries) count(row, -1)
  return [...counted].filter(([, sum]) => sum !== 0)
}

async function entryTypesOf(database: Database, recordId: string): Promise<string[]> {
  const statement = sql`select type from evidence.entry where record_id = ${recordId} order by record_version`
  const rows = await database.layer('evidence').transaction((tx) => tx.query<{ type: string }>(statement))
  return rows.map(({ type }) => type)
}
