// A database of its own for a test: cloned from a migrated template in a cluster that the whole run shares.
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type pg from 'pg'
import { Fault } from '#kernel'
import { openDatabase } from './connect.ts'
import type { Connection } from './connect.ts'
import { databaseAccount } from './embedded/account.ts'
import { startEmbedded } from './embedded/embedded.ts'
import type { EmbeddedServer } from './embedded/embedded.ts'
import { packageFolder } from './embedded/binaries.ts'
import { LAYER_NAMES, LAYERS } from './layer.ts'
import type { Layer } from './layer.ts'
import { migrate, readMigrations } from './migrate.ts'
import { LAYER_ROLES, lockDown, OWNER_ROLE, SUPERUSER_ROLE } from './roles.ts'
import type { Database } from './transaction.ts'

/** Where the run's shared cluster is, for the test files' processes. */
export const CLUSTER_VARIABLE = 'REEVE_TEST_CLUSTER'

export interface Cluster {
  readonly host: string
  readonly port: number
  readonly passwords: Readonly<Record<string, string>>
}

export interface TestDatabase {
  readonly name: string
  readonly database: Database
  /** That layer's own role and nothing more. */
  connectionFor(layer: Layer): Connection
  readonly owner: Connection
  readonly superuser: Connection
  /** Ends the pools and drops the database. */
  close(): Promise<void>
}

/** Why no database can be had here; `undefined` where one can. For `{ skip: databaseUnavailable() }`. */
export function databaseUnavailable(): string | false {
  try {
    if (process.env[CLUSTER_VARIABLE] !== undefined) return false
    databaseAccount()
    packageFolder()
    return false
  } catch (error) {
    if (error instanceof Fault) return `no database: ${error.detail}`
    throw error
  }
}

/** A cluster that is thrown away, so without fsync. The second value stops and removes it. */
export async function startTestCluster(): Promise<readonly [cluster: Cluster, stop: () => Promise<void>]> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-test-'))
  let server: EmbeddedServer
  try {
    server = await startEmbedded({ dataDirectory: folder, durable: false })
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
  endWith(process.pid, server.pid, folder)
  const stop = async (): Promise<void> => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return [clusterOf(server), stop]
}

/** However this process ends, also by kill -9, the cluster ends after it. */
function endWith(pid: number, postmaster: number, folder: string): void {
  const script = 'while kill -0 $1; do sleep 0.2; done; kill -QUIT $2 && sleep 0.5; rm -rf "$3"'
  const options = { detached: true, stdio: 'ignore', cwd: '/' } as const
  spawn('/bin/sh', ['-c', script, 'sh', String(pid), String(postmaster), folder], options).unref()
}

function clusterOf(server: EmbeddedServer): Cluster {
  const { host = '', port = 0 } = server.adminConnection()
  const roles = [SUPERUSER_ROLE, OWNER_ROLE, ...LAYER_ROLES]
  const passwords = Object.fromEntries(roles.map((role) => [role, String(server.connectionFor(role).password)]))
  return { host, port, passwords }
}

let shared: Promise<Cluster> | undefined

/** The run's cluster; or, where a test file runs alone, one for this process, stopped after its tests. */
function sharedCluster(): Promise<Cluster> {
  const given = process.env[CLUSTER_VARIABLE]
  shared ??= given === undefined ? ownCluster() : Promise.resolve(JSON.parse(given) as Cluster)
  return shared
}

/** Ended with the process and not in a hook: a file's own hooks may still need it. */
async function ownCluster(): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-test-'))
  const server = await startEmbedded({ dataDirectory: folder, durable: false })
  endWith(process.pid, server.pid, folder)
  return clusterOf(server)
}

/** A fresh, migrated, empty database. Close it in `after`. */
export async function testDatabase(): Promise<TestDatabase> {
  const cluster = await sharedCluster()
  const template = await templateIn(cluster)
  const name = `test_${randomBytes(6).toString('hex')}`
  await administer(cluster, 'postgres', async (client) => {
    await client.query(`create database ${name} template ${template} owner ${OWNER_ROLE} strategy file_copy`)
    await lockDown(client, name, LAYER_ROLES)
  })
  const database = openDatabase(
    Object.fromEntries(LAYER_NAMES.map((layer) => [layer, connection(cluster, LAYERS[layer].role, name)])) as Record<
      Layer,
      Connection
    >,
  )
  return {
    name,
    database,
    connectionFor: (layer) => connection(cluster, LAYERS[layer].role, name),
    owner: connection(cluster, OWNER_ROLE, name),
    superuser: connection(cluster, SUPERUSER_ROLE, name),
    async close() {
      await database.close()
      await administer(cluster, 'postgres', (client) => client.query(`drop database ${name} with (force)`))
    },
  }
}

function connection(cluster: Cluster, role: string, database: string): Connection {
  return { host: cluster.host, port: cluster.port, user: role, password: cluster.passwords[role], database }
}

async function administer<T>(cluster: Cluster, database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new Client(connection(cluster, SUPERUSER_ROLE, database))
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

let template: Promise<string> | undefined

function templateIn(cluster: Cluster): Promise<string> {
  template ??= makeTemplate(cluster)
  return template
}

/** Named by the migrations that made it. Nobody may connect to it, so that it can always be cloned. */
async function makeTemplate(cluster: Cluster): Promise<string> {
  const migrations = readMigrations()
  const hash = createHash('sha256').update(migrations.map(({ checksum }) => checksum).join())
  const name = `template_${hash.digest('hex').slice(0, 16)}`
  await administer(cluster, 'postgres', async (client) => {
    await client.query('select pg_advisory_lock(1)')
    const { rows } = await client.query('select from pg_database where datname = $1', [name])
    if (rows.length > 0) return
    await client.query(`drop database if exists ${name}_new with (force)`)
    await client.query(`create database ${name}_new owner ${OWNER_ROLE}`)
    await lockDown(client, `${name}_new`, LAYER_ROLES)
    await migrate(connection(cluster, OWNER_ROLE, `${name}_new`), 'test', migrations)
    await client.query(`alter database ${name}_new allow_connections false`)
    await client.query(`alter database ${name}_new rename to ${name}`)
  })
  return name
}
