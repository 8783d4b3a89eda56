// What a target can do to a plan: each with how it begins, what has to be said of it, and how it is over.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { scramVerifier } from '#kernel'
import { administratorStatements } from '../../src/connectors/postgresql/administrator-sql.ts'
import { PASSWORD } from './plan-world.ts'
import type { PlanWorld } from './plan-world.ts'
import { statementProxy } from './statement-proxy.ts'
import type { StatementProxy } from './statement-proxy.ts'

/** A target of its own at the same server: with its own administrative role, its password and its proxy. */
export interface Site {
  readonly misbehaves: string
  readonly name: string
  readonly administrator: string
  readonly account: string
  readonly proxy: StatementProxy
  readonly sql: (text: string) => Promise<unknown>
  /** What stands behind the reference in the settings. */
  readonly givePassword: (password: string) => Promise<void>
  /** Of a superuser; closed with the site. */
  readonly session: Client
}

export async function siteFor(world: PlanWorld, misbehaves: string): Promise<Site> {
  const name = misbehaves.replaceAll('_', '-')
  const { postgres, folder, post, ida } = world
  const [administrator, account, own] = [`admin_${misbehaves}`, `app_${misbehaves}`, await postgres.call().secretOf('')]
  await postgres.sql(`create role ${account} login connection limit 7 password '${PASSWORD}'`)
  const wanted = { role: administrator, verifier: scramVerifier(own), database: 'postgres', databases: [] }
  for (const { statements } of administratorStatements({ ...wanted, managed: [account] }))
    for (const statement of statements) await postgres.sql(statement)
  const proxy = await statementProxy(postgres.port)
  const file = join(folder, 'secrets', name)
  const givePassword = async (password: string): Promise<void> => await writeFile(file, password, { mode: 0o600 })
  await givePassword(own)
  await post(ida, '/v1/targets', {
    name,
    address: { host: '127.0.0.1', port: proxy.port },
    administrator: { user: administrator, password: `file:${file}` },
    tls: 'off',
  })
  const session = await postgres.session('postgres', own)
  const sql = async (text: string): Promise<unknown> => await postgres.sql(text)
  return { misbehaves, name, administrator, account, proxy, sql, givePassword, session }
}

export interface Misbehaviour {
  readonly state: 'unproven' | 'rolled_back' | 'verified'
  /** Among what is said of it; with what to do next. */
  readonly said?: RegExp
  readonly next?: RegExp
  readonly begins: (site: Site) => Promise<unknown>
  readonly ends: (site: Site) => Promise<unknown>
}

/** Right before the role would be held. */
function inTheMiddle({ proxy, account }: Site, happens: () => Promise<unknown>): void {
  let done = false
  proxy.hook = async (when, { text }) => {
    if (done || when !== 'before' || !text.startsWith(`ALTER ROLE "${account}" NOLOGIN`)) return
    done = true
    await happens()
  }
}

const NEW_PASSWORD = 'another one of the administrative role'

export const MISBEHAVIOURS: Readonly<Record<string, Misbehaviour>> = {
  down: {
    state: 'unproven',
    said: /cannot be reached/,
    next: /target doctor down/,
    begins: async ({ proxy }) => (proxy.refuses = true),
    ends: async ({ proxy }) => (proxy.refuses = false),
  },
  cut: {
    state: 'unproven',
    said: /cannot be reached/,
    next: /target doctor cut/,
    begins: async (site) =>
      inTheMiddle(site, async () => {
        site.proxy.refuses = true
        throw new Error('the line is cut')
      }),
    ends: async ({ proxy }) => (proxy.refuses = false),
  },
  slow: {
    state: 'verified',
    begins: async ({ proxy }) => (proxy.hook = (when) => (when === 'after' ? sleep(150) : undefined)),
    ends: async () => undefined,
  },
  read_only: {
    state: 'unproven',
    said: /25006/,
    next: /target doctor read-only/,
    begins: async ({ sql, administrator }) =>
      await sql(`alter role ${administrator} set default_transaction_read_only = on`),
    ends: async ({ sql, administrator }) =>
      await sql(`alter role ${administrator} reset default_transaction_read_only`),
  },
  full: {
    state: 'unproven',
    said: /53300/,
    next: /target doctor full/,
    begins: async ({ sql, administrator }) => await sql(`alter role ${administrator} connection limit 0`),
    ends: async ({ sql, administrator }) => await sql(`alter role ${administrator} connection limit -1`),
  },
  rotated: {
    state: 'unproven',
    said: /28P01.*its password was changed/,
    next: /target doctor rotated/,
    begins: async ({ sql, administrator }) => await sql(`alter role ${administrator} password '${NEW_PASSWORD}'`),
    ends: async ({ givePassword }) => await givePassword(NEW_PASSWORD),
  },
  withdrawn: {
    state: 'unproven',
    said: /42501.*its rights were withdrawn/,
    next: /target doctor withdrawn/,
    begins: async (site) =>
      inTheMiddle(site, async () => await site.sql(`revoke ${site.account} from ${site.administrator}`)),
    ends: async ({ sql, account, administrator }) =>
      await sql(`grant ${account} to ${administrator} with admin true, inherit false, set false`),
  },
  never_given: {
    state: 'rolled_back',
    said: /may not change/,
    next: /GRANT "app_never_given" TO "admin_never_given" WITH ADMIN TRUE/,
    begins: async ({ sql, account, administrator }) => await sql(`revoke ${account} from ${administrator}`),
    ends: async ({ sql, account, administrator }) =>
      await sql(`grant ${account} to ${administrator} with admin true, inherit false, set false`),
  },
  locked: {
    state: 'unproven',
    said: /55P03/,
    next: /target doctor locked/,
    begins: async ({ session, account }) => await session.query(`begin; alter role ${account} connection limit 7`),
    ends: async ({ session }) => await session.query('rollback'),
  },
}
