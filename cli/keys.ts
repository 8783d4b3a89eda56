// `reeve keys`: the keys of the server on this machine, by id, never by value.
import { Argument, Command } from 'commander'
import type { LocalKey } from '#main'
import { answerJson, answerListing, say } from './terminal/answer.ts'

interface KeysOptions {
  readonly dataDir?: string
  readonly json?: boolean
}

export const KINDS = ['log', 'fingerprint', 'token', 'webhook', 'cursor'] as const
export type Kind = (typeof KINDS)[number]

const EXAMPLES = `
A running server takes up a change within seconds; a new key of the log counts from its next start on. What each is for,
and what is lost with it, is in docs/guides/keys.md.

Examples:
  reeve keys list
  reeve keys rotate fingerprint
  reeve keys retire fingerprint hk_0123456789abcdef     when every source was read under the new one
`

export function keysCommand(): Command {
  const here = (name: string, description: string): Command =>
    new Command(name)
      .description(description)
      .option('--data-dir <directory>', 'of the server (default: REEVE_DATA_DIR, else as reeve serve)')
      .option('--json', 'as JSON')
  const kind = (): Argument => new Argument('<kind>', 'which').choices(KINDS)
  return new Command('keys')
    .description('list, rotate and retire the keys of the server on this machine')
    .addCommand(here('list', 'list keys, never their values').action(list))
    .addCommand(
      here('rotate', 'make a new key; the one before it goes on verifying').addArgument(kind()).action(rotate),
    )
    .addCommand(
      here('retire', 'erase a key that is no longer active')
        .addArgument(kind())
        .argument('<id>', 'its id')
        .action(retire),
    )
    .addCommand(
      here('replace-lost', 'make a new key in place of one that is gone for good')
        .addArgument(kind())
        .action(replaceLost),
    )
    .addHelpText('after', EXAMPLES)
}

const placeOf = ({ dataDir }: KeysOptions): { environment: NodeJS.ProcessEnv; dataDirectory?: string } => ({
  environment: process.env,
  ...(dataDir === undefined ? {} : { dataDirectory: dataDir }),
})

async function list(options: KeysOptions): Promise<void> {
  const { localKeys } = await import('#main')
  const keys = (await localKeys(placeOf(options))).describeKeys()
  if (options.json === true) {
    await answerJson(keys)
    return
  }
  await answerListing<LocalKey>({
    items: keys,
    empty: 'No keys. reeve serve makes them at its first start.',
    columns: [
      { title: 'kind', whole: true, of: ({ kind }) => kind },
      { title: 'id', whole: true, of: ({ keyId }) => keyId },
      { title: 'state', whole: true, of: ({ state }) => state },
      { title: 'created', whole: true, of: ({ createdAt }) => createdAt.slice(0, 10) },
      { title: 'reference', keep: 'end', of: ({ reference }) => reference },
    ],
  })
}

async function rotate(kind: Kind, options: KeysOptions): Promise<void> {
  const { localKeys } = await import('#main')
  const key = await (await localKeys(placeOf(options))).rotateKey(kind)
  if (options.json === true) await answerJson(key)
  else {
    const since =
      kind === 'log' ? 'from the next start of the server on' : 'now; a running server takes it up in seconds'
    say(`${key.keyId} is the ${kind} key ${since}. Back up keys/.`)
    if (kind === 'log') say('Give it to each witness before that: reeve evidence key --pending prints it.')
  }
}

async function retire(kind: Kind, keyId: string, options: KeysOptions): Promise<void> {
  const { localKeys } = await import('#main')
  const key = await (await localKeys(placeOf(options))).retireKey(kind, keyId)
  if (options.json === true) await answerJson(key)
  else say(`${key.keyId} is retired: its value is erased.`)
}

async function replaceLost(kind: Kind, options: KeysOptions): Promise<void> {
  const { localKeys } = await import('#main')
  const keys = await localKeys({ ...placeOf(options), acceptLoss: [kind] })
  const key = keys.describeKeys().find((one) => one.kind === kind && one.state === 'active')
  if (options.json === true) await answerJson(key)
  else if (keys.created.includes(kind))
    say(`${key?.keyId} is a new ${kind} key. docs/guides/keys.md says what is lost with the old one.`)
  else say(`The ${kind} key is whole: nothing was changed.`)
}
