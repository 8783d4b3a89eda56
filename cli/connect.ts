// `reeve connect`: a command gets in at a target by a grant, with a login that is good for a minute and that nobody sees.
import { constants } from 'node:os'
import { Command } from 'commander'
import { answered } from '#client'
import { passwordFile } from './connect/password-file.ts'
import { server } from './remote/server.ts'
import { startChild } from './run/child.ts'
import { say } from './terminal/answer.ts'

const TEXT = `
The command finds where to connect in PGHOST, PGPORT, PGUSER, PGDATABASE and PGPASSFILE, so psql, pg_dump and whatever is made
with libpq need no options. The password is made for this one call, stands in a file that only you can read, and is refused
by the server after a minute; the file is removed then, or when the command ends. Sessions end with the grant.
The command does not see REEVE_TOKEN.

Exit codes:
  those of the command; 128 and the number of the signal that ended it
  1    no grant of yours is in force there, or it is denied
  126  the command cannot be run
  127  there is no such command

Examples:
  reeve connect main -- psql
  reeve connect main --grant grt_… -- psql -c 'select count(*) from orders'
`

export function connectCommand(): Command {
  return new Command('connect')
    .description('run a command that gets in at a target by a grant of yours')
    .argument('<target>', 'its name or id')
    .argument('<command...>', 'what to run, after --')
    .option('--grant <grant>', 'which, where you have several there')
    .addHelpText('after', TEXT)
    .action(connect)
}

async function connect(
  target: string,
  command: readonly string[],
  { grant }: { readonly grant?: string },
): Promise<void> {
  const client = await server()
  const login = await answered(
    client.POST('/v1/targets/{targetId}/sessions', {
      params: { path: { targetId: target } },
      body: grant === undefined ? {} : { grantId: grant },
    }),
  )
  say(`You are in at ${target} as ${login.user} until ${login.until}, when its sessions are ended.`)
  const file = await passwordFile(login)
  try {
    const child = startChild(command, {
      PGHOST: login.host,
      PGPORT: String(login.port),
      PGUSER: login.user,
      PGDATABASE: login.database,
      PGAPPNAME: `reeve ${login.requestId}`,
      PGPASSFILE: file.path,
      // one that is set outranks the file
      PGPASSWORD: undefined,
      PGSERVICE: undefined,
      PGHOSTADDR: undefined,
      ...(login.tls === 'off'
        ? {}
        : { PGSSLMODE: 'verify-full', PGSSLROOTCERT: process.env['PGSSLROOTCERT'] ?? 'system' }),
    })
    const { code, signal } = await child.ended
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
  } finally {
    await file.remove()
  }
}
