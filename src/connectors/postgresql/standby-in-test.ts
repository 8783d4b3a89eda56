// A standby of a test's own PostgreSQL: its files copied in a backup, streaming from it, thrown away after.
import { execFile } from 'node:child_process'
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../../db/free-port-in-test.ts'
import { openPostgres, PASSWORD, SUPERUSER } from './postgres-in-test.ts'
import type { Place, TestPostgres } from './postgres-in-test.ts'

const run = promisify(execFile)

/** When it answers, it has what the primary had. `pg_promote()` makes it a server of its own. */
export async function startStandby(
  server: TestPostgres,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestPostgres> {
  await server.hba(`host replication ${SUPERUSER} 127.0.0.1/32 scram-sha-256`)
  const from = `host=127.0.0.1 port=${server.port} user=${SUPERUSER} password='${PASSWORD}'`
  const follows = { primary_conninfo: from, cluster_name: 'reports' }
  const standby = await openPostgres(await copied(server), { ...settings, ...follows })
  const isThere = 'select from pg_stat_replication where replay_lsn >= pg_current_wal_lsn()'
  for (const until = Date.now() + 60_000; (await server.sql(isThere)).length === 0; await sleep(100))
    if (Date.now() > until) throw new Error('the standby does not follow')
  return standby
}

/** What the server writes from here on no standby hears of. */
export async function cutOff(server: TestPostgres): Promise<void> {
  await server.hba('')
  await server.sql('select pg_terminate_backend(pid) from pg_stat_replication')
}

/** What the server removes while it is copied the standby removes by the log. */
function onlyGone(error: unknown): void {
  const lines = String((error as { stderr?: string }).stderr)
    .trim()
    .split('\n')
  if (!lines.every((line) => line.endsWith('No such file or directory'))) throw error
}

async function copied(server: TestPostgres): Promise<Place> {
  const { place } = server
  const folder = await mkdtemp(join(tmpdir(), 'reeve-standby-'))
  const data = join(folder, 'data')
  await mkdir(data, { mode: 0o700 })
  const keeper = await server.session(SUPERUSER, PASSWORD)
  await keeper.query("select pg_backup_start('standby', true)")
  await run('cp', ['-a', `${place.data}/.`, data], { env: { ...process.env, LC_ALL: 'C' } }).catch(onlyGone)
  const { rows } = await keeper.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)')
  await keeper.end()
  await rm(join(data, 'postmaster.pid'), { force: true })
  await writeFile(join(data, 'backup_label'), rows[0]?.labelfile ?? '')
  await writeFile(join(data, 'standby.signal'), '')
  const { uid, gid } = place.as
  const made = [folder, data, join(data, 'backup_label'), join(data, 'standby.signal')]
  if (uid !== undefined && gid !== undefined) for (const one of made) await chown(one, uid, gid)
  return { ...place, folder, data, port: await freePort() }
}
