// Who PostgreSQL runs as: never root. As root, an unprivileged user of the machine; else ourselves.
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { Fault } from '#kernel'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** In the order of preference; a distribution's `postgres` does as well as our own. */
const NAMES = ['reeve', 'postgres', '_postgres', 'nobody']

export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/** The account to change to; `undefined` where we run as an ordinary user already. */
export function databaseAccount(passwd: () => string = readPasswd): Account | undefined {
  if (!isRoot()) return undefined
  const accounts = parsePasswd(passwd())
  for (const name of NAMES) {
    const account = accounts.find((one) => one.name === name)
    if (account !== undefined) return account
  }
  throw new Fault(
    'database_refused',
    'PostgreSQL does not run as root and there is no unprivileged user to run it as: create one with ' +
      '`useradd --system reeve`, or start Reeve as an ordinary user, or set REEVE_DATABASE_URL',
  )
}

function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8')
  } catch {
    // a machine without the file has no user that we could name
    return ''
  }
}

export function parsePasswd(text: string): Account[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':')
    if (name === undefined || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return []
    return uid === '0' ? [] : [{ name, uid: Number(uid), gid: Number(gid) }]
  })
}

/** The first folder on the way to `path` that `account` may not pass, or `path` itself when it may not read it. */
export function blockedAt(account: Account | undefined, path: string): string | undefined {
  const real = realpathSync(path)
  if (account === undefined) return undefined
  const way = [real]
  for (let at = real; at !== dirname(at); at = dirname(at)) way.unshift(dirname(at))
  return way.find((folder) => !maySearch(account, folder))
}

function maySearch(account: Account, path: string): boolean {
  const { mode, uid, gid } = statSync(path)
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0
  return ((mode >> shift) & 0o1) === 0o1
}
