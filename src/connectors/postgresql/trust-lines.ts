// Lines of pg_hba.conf that let somebody in without any proof, judged by whom they let in. Pure.
import type { HbaLine } from './reviewed-functions.ts'

export interface LoginRole {
  readonly account: string
  readonly superuser: boolean
  /** Roles that it is a member of, directly or by a chain: `+group` in a line means them. */
  readonly memberOf: readonly string[]
}

export interface TrustLine {
  readonly line: number
  /** As it stands: `host all all 127.0.0.1/32 trust`. */
  readonly text: string
  /** Which of the given roles it lets in. */
  readonly lets: readonly string[]
}

/** The first line that fits is the one that counts, so a line behind one that takes all of its logins does nothing. */
export function trustLines(lines: readonly HbaLine[], roles: readonly LoginRole[]): TrustLine[] {
  return lines
    .filter((line, index) => line.method === 'trust' && !line.broken && !isShadowed(line, lines.slice(0, index)))
    .map((line) => ({
      line: line.line,
      text: written(line),
      lets: roles.filter((role) => line.accounts.some((token) => fits(token, role))).map(({ account }) => account),
    }))
}

function isShadowed(line: HbaLine, earlier: readonly HbaLine[]): boolean {
  return earlier.some(
    (one) =>
      !one.broken &&
      one.kind === line.kind &&
      one.address === line.address &&
      one.netmask === line.netmask &&
      takes(one.databases, line.databases) &&
      takes(one.accounts, line.accounts),
  )
}

/** `all` takes every database but `replication`; words that mean more than themselves are left to count as open. */
function takes(wider: readonly string[], narrower: readonly string[]): boolean {
  if (wider.includes('all')) return !narrower.includes('replication')
  return narrower.every((token) => token !== '"all"' && wider.includes(token))
}

/** A token of the user column: a name, `all`, `+group`, `/regular expression`. What may be the keyword lets in, and hides nothing. */
function fits(token: string, { account, memberOf }: LoginRole): boolean {
  if (token === 'all' || token === '"all"' || token === account) return true
  if (token.startsWith('+')) return memberOf.includes(token.slice(1)) || token.slice(1) === account
  // PostgreSQL's expressions are not JavaScript's: one that can't be judged is taken to let everybody in
  return token.startsWith('/')
}

function written({ kind, databases, accounts, address, netmask, method }: HbaLine): string {
  const where = address === null ? [] : [netmask === null ? address : `${address} ${netmask}`]
  return [kind, databases.join(','), accounts.join(','), ...where, method].join(' ')
}
