// A standby of a test's own PostgreSQL: its files copied in a backup, streaming from it, thrown away after.
import { execFile } from 'node:child_process'
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ended, freePort, launch, PASSWORD, SUPERUSER } from './postgres-in-test.ts'
import type { Place, TestPostgres } from './postgres-in-test.ts'

const run = promisify(execFile)

export interface TestStandby {
  readonly port: number
  stop(): Promise<void>
}

/** When it answers, it has what the primary had. Its sessions: `server.session(…, standby.port)`. */
export async function startStandby(server: TestPostgres): Promise<TestStandby> {
  await server.hba(`host replication ${SUPERUSER} 127.0.0.1/32 scram-sha-256`)
  const place = await copied(server)
  const from = `host=127.0.0.1 port=${server.port} user=${SUPERUSER} password='${PASSWORD}'`
  const standby = launch(place, { primary_conninfo: from, cluster_name: 'reports' })
  const answers = async (): Promise<boolean> => {
    try {
      await (await server.session(SUPERUSER, PASSWORD, 'postgres', 'test', place.port)).end()
      return (await server.sql('select from pg_stat_replication where replay_lsn is not null')).length > 0
    } catch {
      // it is not up yet
      return false
    }
  }
  for (const until = Date.now() + 60_000; !(await answers()); await sleep(100))
    if (Date.now() > until) throw new Error('the standby does not come up')
  return {
    port: place.port,
    stop: async () => {
      await ended(standby)
      await rm(place.folder, { recursive: true, force: true })
    },
  }
}

async function copied(server: TestPostgres): Promise<Place> {
  const { place } = server
  const folder = await mkdtemp(join(tmpdir(), 'reeve-standby-'))
  const data = join(folder, 'data')
  await mkdir(data, { mode: 0o700 })
  const keeper = await server.session(SUPERUSER, PASSWORD)
  await keeper.query("select pg_backup_start('standby', true)")
  await run('cp', ['-a', `${place.data}/.`, data])
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
