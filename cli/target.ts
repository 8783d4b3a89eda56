// `reeve target`: the systems that Reeve acts on, what its administrative role is made with, and whether it may do what it must.
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Command } from 'commander'
import { answered } from '#client'
import { Fault, scramVerifier } from '#kernel'
import { newSettings, settingsWith, withFields, withoutFields } from './effect/target-fields.ts'
import type { GivenFields } from './effect/target-fields.ts'
import { server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerFields, answerJson, answerListing, say } from './terminal/answer.ts'
import { plain } from './terminal/text.ts'
import { codeOf, writeTo } from './terminal/write-out.ts'
import { gather } from './verify.ts'

type Target = Schemas['Target']

const EXAMPLES = `
Exit codes of test and doctor: 0 everything is as it must be, 1 something is missing or too much, 3 something is unknown.

Examples:
  reeve target prepare --password-file /var/lib/reeve/secrets/hosts/db.example/main --database shop --manage app | psql -U postgres
  reeve target add main --host db.example --database shop --user reeve_admin --password file:/var/lib/reeve/secrets/hosts/db.example/main
  reeve target change main --successor app_owner --because "who takes over what a revoked role owns"
  reeve target doctor main
`

export function targetCommand(): Command {
  const one = (name: string, description: string): Command =>
    new Command(name).description(description).argument('<target>', 'its name or id').option('--json', 'as JSON')
  return new Command('target')
    .description('add, change, list, examine and remove the systems that Reeve acts on')
    .addCommand(addCommand())
    .addCommand(changeCommand())
    .addCommand(new Command('list').description('list targets').option('--json', 'as JSON').action(list))
    .addCommand(one('show', 'show a target').action(show))
    .addCommand(one('remove', 'act on it no more; its plans and receipts stay').action(remove))
    .addCommand(
      one('doctor', 'whether it can be reached, and its administrative role may do what it must, no less and no more')
        .alias('test')
        .action(doctor),
    )
    .addCommand(prepareCommand())
    .addHelpText('after', EXAMPLES)
}

function addCommand(): Command {
  return withFields(
    new Command('add')
      .description('add a PostgreSQL')
      .argument('<name>', 'as resource names spell it: pg://NAME/database/…'),
  )
    .option('--because <text>', 'why; it stands in the log')
    .option('--json', 'as JSON')
    .action(add)
}

type SaidOptions = GivenFields & RemoteOptions & { readonly because?: string }

async function add(name: string, { because, json, ...given }: SaidOptions): Promise<void> {
  if (given.host === undefined || given.password === undefined)
    throw new Fault('usage', 'say where it is and what its administrative role signs in with: --host and --password')
  const client = await server()
  const body = { ...settingsWith(newSettings(name), given), ...(because !== undefined && { because }) }
  const made = await answered(client.POST('/v1/targets', { body }))
  if (json === true) await answerJson(made)
  else
    say(`${name} is added (${made.id}). \`reeve target doctor ${name}\` says whether Reeve may do what it must there.`)
}

function changeCommand(): Command {
  return withoutFields(
    withFields(
      new Command('change')
        .description('change what is said of a target; what is not named stays as it is')
        .argument('<target>', 'its name or id'),
    ),
  )
    .option('--because <text>', 'why; it stands in the log')
    .option('--json', 'as JSON')
    .action(change)
}

/** Over what it is now: somebody else's change since it was read is refused by the server, and not taken back. */
async function change(named: string, { because, json, ...given }: SaidOptions): Promise<void> {
  if (Object.keys(given).length === 0)
    throw new Fault('usage', 'say what changes: `reeve target change --help` has what a target has')
  const client = await server()
  const { id, version, data } = await answered(client.GET('/v1/targets/{targetId}', { params: pathOf(named) }))
  const params = { ...pathOf(id), header: { 'If-Match': `"${version}"` } }
  const body = { ...settingsWith(data.settings, given), ...(because !== undefined && { because }) }
  const changed = await answered(client.POST('/v1/targets/{targetId}/update', { params, body }))
  if (json === true) await answerJson(changed)
  else
    say(
      `${data.settings.name} is changed. Plans that were made before act where they were planned; \`reeve target doctor ${data.settings.name}\` looks at it anew.`,
    )
}

async function list({ json }: RemoteOptions): Promise<void> {
  const { items } = await answered((await server()).GET('/v1/targets'))
  if (json === true) {
    await answerJson({ items })
    return
  }
  await answerListing<Target>({
    items,
    empty: 'No targets. reeve target add NAME --host … adds one.',
    columns: [
      { title: 'name', whole: true, of: ({ data }) => data.settings.name },
      { title: 'system', whole: true, of: ({ data }) => data.settings.system },
      { title: 'address', of: ({ data }) => spelled(data.settings.address) },
      { title: 'database', of: ({ data }) => data.settings.database },
      { title: 'id', whole: true, of: ({ id }) => id },
    ],
  })
}

const spelled = ({ host, port }: Target['data']['settings']['address']): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`
const pathOf = (targetId: string): { path: { targetId: string } } => ({ path: { targetId } })

async function show(name: string, { json }: RemoteOptions): Promise<void> {
  const target = await answered((await server()).GET('/v1/targets/{targetId}', { params: pathOf(name) }))
  if (json === true) {
    await answerJson(target)
    return
  }
  const { settings, state } = target.data
  await answerFields([
    ['name', settings.name],
    ['id', target.id],
    ['state', state],
    ['address', spelled(settings.address)],
    ['entrances', settings.entrances.map(spelled).join(', ')],
    ['standbys', settings.standbys?.map(spelled).join(', ')],
    ['database', settings.database],
    ['role', settings.administrator.user],
    ['password', settings.administrator.password],
    ['tls', settings.tls],
    ['answers in clear', settings.probeInClear === true ? 'the prober does' : undefined],
    ['successor', settings.successor],
  ])
}

async function remove(name: string, { json }: RemoteOptions): Promise<void> {
  const client = await server()
  const { id, version } = await answered(client.GET('/v1/targets/{targetId}', { params: pathOf(name) }))
  const params = { ...pathOf(id), header: { 'If-Match': `"${version}"` } }
  const removed = await answered(client.POST('/v1/targets/{targetId}/remove', { params, body: {} }))
  if (json === true) await answerJson(removed)
  else say(`${name} is removed: Reeve acts on it no more. Its plans and receipts stay.`)
}

async function doctor(name: string, { json }: RemoteOptions): Promise<void> {
  const client = await server()
  const { checks } = await answered(client.POST('/v1/targets/{targetId}/examination', { params: pathOf(name) }))
  if (json === true) await answerJson({ checks })
  else
    await answerListing({
      items: checks,
      empty: 'Nothing was examined.',
      columns: [
        { title: 'outcome', whole: true, of: ({ outcome }) => outcome.replace('_', ' ') },
        { title: 'check', whole: true, of: ({ check }) => check },
        { title: 'detail', of: ({ detail }) => detail },
      ],
    })
  if (json !== true) await writeTo(process.stdout, checks.flatMap(remedyLines))
  const outcomes = new Set(checks.map(({ outcome }) => outcome))
  process.exitCode = outcomes.has('missing') || outcomes.has('too_much') ? 1 : outcomes.has('unknown') ? 3 : 0
}

const STATEMENTS_MAX = 1000

/** The statements for it; whole functions are what `prepare` prints. */
function remedyLines({ check, remedy = [] }: Schemas['Examination']['checks'][number]): string[] {
  if (remedy.length === 0) return []
  const statements = remedy.map((statement) => `  ${plain(statement)};\n`)
  const long = statements.join('').length > STATEMENTS_MAX
  const again = ['  `reeve target prepare … | psql` once more, with this database; the statements are in --json\n']
  return [`\n${plain(check)}: as a superuser, there:\n`, ...(long ? again : statements)]
}

interface PrepareOptions {
  readonly passwordFile: string
  readonly role: string
  readonly database: string
  readonly also?: readonly string[]
  readonly manage?: readonly string[]
}

function prepareCommand(): Command {
  return new Command('prepare')
    .description('print the SQL that makes the administrative role, for psql, run once by a superuser; asks no server')
    .requiredOption('--password-file <file>', 'its password; made, for you alone to read, where it is not there yet')
    .option('--role <role>', 'its name', 'reeve_admin')
    .option('--database <database>', 'where it signs in', 'postgres')
    .option('--also <database>', 'another one where roles that it manages own something; may be repeated', gather)
    .option('--manage <role>', 'a role that it may hold and revoke, no superuser; may be repeated', gather)
    .action(async ({ passwordFile, role, database, also = [], manage = [] }: PrepareOptions) => {
      const { administratorSql } = await import('#main')
      const verifier = scramVerifier(await passwordIn(resolve(passwordFile)))
      const text = administratorSql({ role, verifier, database, databases: also, managed: manage })
      await writeTo(process.stdout, [text])
    })
}

/** SECURITY: the SQL holds its verifier only, so that no log of the server has the password. */
async function passwordIn(path: string): Promise<string> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' })
    say(`A password was made: ${path}. The server of Reeve has to be able to read it.`)
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST')
      throw new Fault('usage', `\`${path}\` cannot be written (${codeOf(cause)})`, { cause })
  }
  const text = (await readFile(path, 'utf8')).replace(/\r?\n$/, '')
  if (text.length < 16) throw new Fault('usage', `\`${path}\` holds no password of at least 16 characters`)
  return text
}
