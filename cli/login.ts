// `reeve login`: keeps a token for the commands after it; with the bootstrap token, makes the first administrators.
import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import { answered, reeveClient } from '#client'
import { Fault } from '#kernel'
import {
  checkedUrl,
  credentialsFile,
  firstTokenAmong,
  storeCredentials,
  storedCredentials,
  URL_DEFAULT,
} from './remote/credentials.ts'
import { server } from './remote/server.ts'
import { answerJson, say } from './terminal/answer.ts'

interface LoginOptions {
  readonly url?: string
  readonly bootstrap?: boolean
  readonly name?: string
  readonly email?: string
  readonly feedId?: string
  readonly role?: readonly Role[]
  readonly json?: boolean
}

const ROLES = ['identity-admin', 'access-admin', 'approver', 'auditor'] as const
type Role = (typeof ROLES)[number]

const EXAMPLES = `
The token is read from REEVE_TOKEN, else from standard input (it is not shown), and kept in a file that only you can read.
With --bootstrap it is the one that the first start of reeve serve printed: from REEVE_TOKEN, the file, or standard input.

Examples:
  reeve login                                          paste a token that an administrator gave you
  reeve login --url https://reeve.example.com
  reeve login --bootstrap --name "Ada Lovelace" --email ada@example.com
  reeve login --bootstrap --name "Alan Turing" --email alan@example.com --role access-admin
  reeve login --bootstrap --name "Grace Hopper" --email grace@example.com --role approver
`

export function loginCommand(): Command {
  return new Command('login')
    .description('keep a token for the commands after it')
    .option('--url <url>', `the server (default: REEVE_URL, else the one of before, else ${URL_DEFAULT})`)
    .option('--bootstrap', 'with the bootstrap token: make a first administrator or approver, and keep their token')
    .option('--name <name>', 'with --bootstrap: your name')
    .option('--email <address>', 'with --bootstrap: your e-mail address')
    .option('--feed-id <id>', 'with --bootstrap: your id in the feed of people (default: whoever has your address)')
    .option(
      '--role <role>',
      'with --bootstrap: identity-admin, access-admin, approver, auditor; may be repeated (default: both administrations, where the server allows it)',
      (value: string, earlier?: readonly Role[]) => [...(earlier ?? []), roleOf(value)],
    )
    .option('--json', 'say who the token is in JSON')
    .addHelpText('after', EXAMPLES)
    .action(login)
}

function roleOf(value: string): Role {
  const role = ROLES.find((one) => one === value)
  if (role === undefined) throw new Fault('usage', `\`${value}\` is no first role: take ${ROLES.join(', ')}`)
  return role
}

async function login(options: LoginOptions): Promise<void> {
  const stored = await storedCredentials()
  const url = checkedUrl(options.url ?? (process.env['REEVE_URL'] || stored?.url) ?? URL_DEFAULT)
  const kept = stored !== undefined && new URL(stored.url).origin === url ? stored.token : undefined
  const exported = process.env['REEVE_TOKEN'] || undefined
  const given = options.bootstrap === true ? firstTokenAmong(exported, kept) : exported
  const token = (given ?? (await askedFor(options.bootstrap === true ? 'bootstrap token' : 'token'))).trim()
  if (!/^reeve_[pcb]_\w+$/.test(token)) throw new Fault('usage', 'that is no token of Reeve: it begins with reeve_')
  const made = options.bootstrap === true ? await firstAdministrator(url, token, options) : token
  const client = await server({ url, token: made })
  const me = await answered(client.GET('/v1/me'))
  await storeCredentials({ url, token: made })
  if (options.json === true) {
    await answerJson(me)
    return
  }
  const roles = me.roles.length === 0 ? 'no role' : me.roles.join(' and ')
  say(`You are ${me.name} (${me.id}) with ${roles} at ${url}. The token is kept in ${credentialsFile()}.`)
}

/** The value of the administrator's own token. */
async function firstAdministrator(url: string, token: string, options: LoginOptions): Promise<string> {
  const { name, email, feedId } = options
  if (name === undefined || email === undefined) {
    throw new Fault('usage', 'a first administrator has a name and an address: give --name and --email')
  }
  const client = reeveClient({ url, token })
  const ask = async (roles: readonly Role[]): Promise<string> => {
    const made = await answered(
      client.POST('/v1/bootstrap/administrators', {
        body: { administrators: [{ name, email, roles: [...roles], ...(feedId === undefined ? {} : { feedId }) }] },
      }),
    )
    if (made.bootstrapEnded) say('Both administrations are held: the bootstrap token is good no more.')
    return made.administrators[0]?.value ?? ''
  }
  if (options.role !== undefined) return await ask(options.role)
  try {
    return await ask(['identity-admin', 'access-admin'])
  } catch (cause) {
    if (!(cause instanceof Fault) || cause.code !== 'conflict') throw cause
    say(
      'This server lets nobody hold both administrations: you become identity-admin. Make another person access-admin:',
    )
    say('  reeve login --bootstrap --name "…" --email … --role access-admin')
    return await ask(['identity-admin'])
  }
}

/** SECURITY: not as an argument, where every user of the machine could read it; not echoed. */
async function askedFor(what: string): Promise<string> {
  if (!process.stdin.isTTY) {
    const pieces: Buffer[] = []
    for await (const piece of process.stdin) pieces.push(piece as Buffer)
    const text = Buffer.concat(pieces).toString('utf8').trim()
    if (text === '') throw new Fault('usage', `no ${what} on standard input: set REEVE_TOKEN, or pipe it in`)
    return text
  }
  process.stderr.write(`${what}: `)
  const lines = createInterface({ input: process.stdin, terminal: true })
  try {
    return await lines.question('')
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
