// A real PgBouncer in front of a test's server, with a user list of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TargetAddress } from '#connectors/target'
import { databaseAccount } from '../../db/embedded/account.ts'
import { freePort } from '../../db/free-port-in-test.ts'

const PGBOUNCER = '/usr/sbin/pgbouncer'

export const poolerMissing = (): string | false => (existsSync(PGBOUNCER) ? false : 'PgBouncer is not here')

export interface Pooler {
  readonly address: TargetAddress
  /** Who it lets in: names with what stands for their password. */
  users(list: Readonly<Record<string, string>>): Promise<void>
  close(): Promise<void>
}

/** `as`: whom it signs in as at the server, whoever it let in. */
export async function startPooler(server: number, users: Readonly<Record<string, string>>, as = ''): Promise<Pooler> {
  const account = databaseAccount()
  const folder = await mkdtemp(join(tmpdir(), 'reeve-pooler-'))
  const port = await freePort()
  const [list, settings] = [join(folder, 'users'), join(folder, 'ini')]
  const write = async (entries: Readonly<Record<string, string>>): Promise<void> =>
    await writeFile(
      list,
      Object.entries(entries).map(([name, value]) => `"${name}" "${value}"\n`),
    )
  await write(users)
  await writeFile(
    settings,
    `[databases]\n* = host=127.0.0.1 port=${server} ${as}\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port=${port}
unix_socket_dir=\nauth_type=scram-sha-256\nauth_file=${list}\nserver_login_retry=1\nquery_wait_timeout=2\n`,
  )
  await chmod(folder, 0o755)
  const child = spawn(PGBOUNCER, ['-q', settings], {
    cwd: '/',
    stdio: 'ignore',
    ...(account !== undefined && { uid: account.uid, gid: account.gid }),
  })
  if (account !== undefined) await chown(folder, account.uid, account.gid)
  for (const until = Date.now() + 20_000; Date.now() < until && !(await listens(port));) await sleep(50)
  return {
    address: { host: '127.0.0.1', port },
    users: async (entries) => {
      await write(entries)
      child.kill('SIGHUP')
      await sleep(500)
    },
    close: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    // not yet
    return false
  } finally {
    socket.destroy()
  }
}
