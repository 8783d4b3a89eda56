// Copies of an estate, for a superuser to tamper with: a clone of its database, and of the log's files.
import { randomBytes } from 'node:crypto'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { LAYER_NAMES, openDatabase } from '#db'
import type { Connection, Database, Layer, LayerDatabase } from '#db'
import {
  Log,
  sequenceOnce,
  TileFolder,
  verifyDecisions,
  verifyLog,
  verifyRowEntries,
  verifyRows,
  verifyState,
} from '#evidence'
import type { LiveFinding, LiveOptions, NoteSigner } from '#evidence'
import { decisionSource, rowSources, stateSources } from '../../src/start/told-tables.ts'
import { keyText, logKey } from './estate.ts'
import type { Estate } from './estate.ts'

export interface Copy {
  readonly database: Database
  readonly evidence: LayerDatabase
  readonly tiles: string
  /** As the superuser. */
  query<T extends object>(text: string, values?: readonly unknown[]): Promise<T[]>
  /** What of the checks failed; `state` as well where it is asked for. */
  failed(options?: Partial<LiveOptions> & { readonly state?: boolean }): Promise<LiveFinding[]>
  /** Everything signed and written again, as whoever has the log's key can. */
  rebuild(signer: NoteSigner): Promise<void>
  close(): Promise<void>
}

export async function copyOf(estate: Estate): Promise<Copy> {
  const name = `copy_${randomBytes(6).toString('hex')}`
  await administer(estate, `create database ${name} template ${estate.db.name} strategy file_copy`)
  const connections = LAYER_NAMES.map((layer) => [layer, { ...estate.db.connectionFor(layer), database: name }])
  const database = openDatabase(Object.fromEntries(connections) as Record<Layer, Connection>)
  const superuser = new Client({ ...estate.db.superuser, database: name })
  await superuser.connect()
  const tiles = join(estate.folder, name)
  await cp(join(estate.folder, 'log'), tiles, { recursive: true })
  const evidence = database.layer('evidence')
  const stateOf = async (): Promise<LiveFinding[]> => [
    ...(await verifyState(evidence, stateSources(database))),
    ...(await verifyRows(evidence, rowSources(database))),
    ...(await verifyRowEntries(evidence)),
    ...(await verifyDecisions(evidence, decisionSource(database))),
  ]
  return {
    database,
    evidence,
    tiles,
    query: async <T extends object>(text: string, values: readonly unknown[] = []) =>
      (await superuser.query<T>(text, [...values])).rows,
    async failed({ state = false, ...options } = {}) {
      const keys = [keyText(logKey())]
      const nowMs = (): number => Date.parse(estate.roll.now()) + 3_600_000
      const log = await verifyLog({ evidence, tileFolder: tiles, keys, nowMs, ...options })
      const findings = state ? [...log, ...(await stateOf())] : log
      return findings.filter(({ outcome }) => outcome === 'failed')
    },
    async rebuild(signer) {
      await superuser.query('delete from evidence.cosignature')
      await superuser.query('delete from evidence.checkpoint')
      await rm(tiles, { recursive: true, force: true })
      const log = await Log.open({ evidence, tiles: new TileFolder(tiles), signer })
      while ((await sequenceOnce(evidence, estate.roll.now())).sequenced > 0);
      await log.integrate(estate.roll.now())
    },
    async close() {
      await superuser.end()
      await database.close()
      await administer(estate, `drop database ${name} with (force)`)
      await rm(tiles, { recursive: true, force: true })
    },
  }
}

async function administer(estate: Estate, text: string): Promise<void> {
  const client = new Client({ ...estate.db.superuser, database: 'postgres' })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
