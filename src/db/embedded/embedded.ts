// The PostgreSQL that Reeve brings along, under its own supervision: made, started or found again, watched, stopped.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { Fault } from '#kernel'
import type { Connection } from '../connect.ts'
import { passwordsFor, readPasswords } from '../passwords.ts'
import type { Passwords } from '../passwords.ts'
import { createRole, LAYER_ROLES, lockDown, OWNER_ROLE, SUPERUSER_ROLE } from '../roles.ts'
import { identifier } from '../sql.ts'
import { databaseAccount } from './account.ts'
import { binariesFor } from './binaries.ts'
import { createCluster } from './cluster.ts'
import { prepareDirectory, removeLeftovers, socketFolder } from './directory.ts'
import type { Directory } from './directory.ts'
import { listenAlone, takeLock } from './lock.ts'
import { openPlace } from './open-place.ts'
import { PORT } from './postmaster.ts'
import { supervise } from './supervise.ts'

export const DATABASE = 'reeve'

export interface EmbeddedOptions {
  readonly dataDirectory: string
  /** One line per event, without secrets. */
  readonly log?: (line: string) => void
  /** False for databases that are thrown away: no fsync. True unless said otherwise. */
  readonly durable?: boolean
  readonly onDown?: () => void
  readonly onUp?: () => void
}

export interface EmbeddedServer {
  /** The postmaster's; another one after it had to be started again. */
  readonly pid: number
  /** True when a server that was left running was taken over. */
  readonly adopted: boolean
  /** Where `role` (a layer's, or the owner's) connects. */
  connectionFor(role: string, database?: string): Connection
  /** The bootstrap superuser's, for what only it may do. */
  adminConnection(database?: string): Connection
  /** Shuts the server down and gives the data directory back. */
  stop(): Promise<void>
}

/** Faults: database_refused says what to do; storage_full. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const account = databaseAccount()
  const directory = await prepareDirectory(options.dataDirectory, account)
  const releases = [takeLock(directory.lockFile)]
  const unlock = (): void => {
    for (const release of releases.reverse()) release()
  }
  try {
    const socket = await socketFolder(directory.folder, account)
    releases.push(await listenAlone(join(socket, 'reeve.sock')))
    await removeLeftovers(directory.folder)
    const durable = options.durable ?? true
    const passwords = await passwordsOf(directory)
    const binaries = await binariesFor(account, () => (directory.handed ? openPlace(account) : directory.folder))
    await createCluster(directory, binaries, account, passwordOf(passwords, SUPERUSER_ROLE), durable)
    const connection = (role: string, host: string, database: string): Connection => ({
      host,
      port: PORT,
      user: role,
      password: passwordOf(passwords, role),
      database,
    })
    const server = await supervise({
      plan: {
        postgres: binaries.postgres,
        directory,
        socketFolder: socket,
        account,
        settings: settings(durable),
      },
      admin: (host) => connection(SUPERUSER_ROLE, host, 'postgres'),
      provision: (client) => provision(client, passwords),
      log: options.log ?? (() => undefined),
      onDown: options.onDown ?? (() => undefined),
      onUp: options.onUp ?? (() => undefined),
    })
    return {
      get pid() {
        return server.pid
      },
      adopted: server.adopted,
      connectionFor: (role, database = DATABASE) => connection(role, server.socketFolder, database),
      adminConnection: (database = DATABASE) => connection(SUPERUSER_ROLE, server.socketFolder, database),
      async stop() {
        try {
          await server.stop()
        } finally {
          unlock()
        }
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

async function passwordsOf(directory: Directory): Promise<Passwords> {
  const known = await readPasswords(directory.passwordsFile)
  if (known?.[SUPERUSER_ROLE] === undefined && existsSync(directory.pgdata))
    throw new Fault(
      'database_refused',
      `\`${directory.passwordsFile}\` is missing, and \`${directory.pgdata}\` cannot be opened without it: restore it`,
    )
  return passwordsFor(directory.passwordsFile, [SUPERUSER_ROLE, OWNER_ROLE, ...LAYER_ROLES])
}

function passwordOf(passwords: Passwords, role: string): string {
  const password = passwords.get(role)
  if (password === undefined) throw new Error(`no role ${role}`)
  return password
}

/** Roles and database, whatever an interrupted start had done of it. */
async function provision(superuser: pg.Client, passwords: Passwords): Promise<void> {
  for (const role of [OWNER_ROLE, ...LAYER_ROLES]) await createRole(superuser, role, passwordOf(passwords, role), true)
  const { rows } = await superuser.query('select from pg_catalog.pg_database where datname = $1', [DATABASE])
  if (rows.length === 0) {
    const [name, owner] = [DATABASE, OWNER_ROLE].map((one) => identifier(one).compile().text)
    await superuser.query(`create database ${name} owner ${owner}`)
  }
  await lockDown(superuser, DATABASE, LAYER_ROLES)
  // the other two are the superuser's alone
  await superuser.query('revoke all on database postgres, template1 from public')
}

function settings(durable: boolean): Record<string, string> {
  return {
    listen_addresses: '',
    port: String(PORT),
    unix_socket_permissions: '0700',
    // tests share one between several servers
    max_connections: durable ? '80' : '250',
    shared_buffers: '128MB',
    wal_level: 'replica',
    max_wal_senders: '0',
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_destination: 'stderr',
    logging_collector: 'off',
    log_line_prefix: '%m [%p] %q%u@%d ',
    // SECURITY: neither statements nor the values that broke a constraint reach the log
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    jit: 'off',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
}
