// `reeve principals show` and `history`: one principal as it is or was, and how it came to be so.
import { Command } from 'commander'
import { answered } from '#client'
import { partyNames } from '../remote/party.ts'
import { dayOrInstant, pages, principalNamed, server } from '../remote/server.ts'
import type { RemoteOptions, Schemas } from '../remote/server.ts'
import { answerJson, screenOf } from '../terminal/answer.ts'
import { plain, wrap } from '../terminal/text.ts'
import { writeTo } from '../terminal/write-out.ts'
import { answerPrincipal, partiesIn } from './fields.ts'
import { addPageOptions } from './list.ts'
import type { PageOptions } from './list.ts'

interface ShowOptions extends RemoteOptions {
  readonly asOf?: string
  readonly asKnownAt?: string
}

export function showCommand(): Command {
  return new Command('show')
    .description('say everything about one principal')
    .argument('<principal>', 'its id, an explicit identifier (`aws:arn:…`), its external id, or its name')
    .option('--as-of <day>', 'as it was at the end of that day', dayOrInstant)
    .option('--as-known-at <day>', 'by what was known then', dayOrInstant)
    .option('--json', 'as JSON')
    .action(async (name: string, options: ShowOptions) => {
      const client = await server()
      const { asOf, asKnownAt } = options
      const query = { ...(asOf === undefined ? {} : { asOf }), ...(asKnownAt === undefined ? {} : { asKnownAt }) }
      const principal = await principalNamed(client, name, query)
      if (options.json === true) await answerJson(principal)
      else {
        const backups = principal.data.backups.map(({ party }) => party.id)
        await answerPrincipal(principal, await partyNames(client, [...partiesIn([principal]), ...backups]))
      }
    })
}

export function historyCommand(): Command {
  const command = new Command('history')
    .description('list every version of one principal: who, when, why, and what it changed')
    .argument('<principal>', 'its id, an explicit identifier, its external id, or its name')
  return addPageOptions(command).action(async (name: string, options: PageOptions) => {
    const client = await server()
    const { id, data } = await principalNamed(client, name)
    const page = await pages(options, async (query) =>
      answered(client.GET('/v1/principals/{principalId}/history', { params: { path: { principalId: id }, query } })),
    )
    if (options.json === true) {
      await answerJson(page)
      return
    }
    const names = await partyNames(client, peopleIn(page.items.map(({ actor }) => actor)))
    await writeTo(process.stdout, versionLines(data.name, page.items, names, page.next))
  })
}

const peopleIn = (ids: readonly string[]): string[] => ids.filter((id) => id.startsWith('psn_'))

const actorText = (id: string, names: ReadonlyMap<string, string>): string => {
  const name = names.get(id)
  return name === undefined || name === id ? id : `${name} (${id})`
}

const VALUE_MAX = 300

function* versionLines(
  name: string,
  versions: readonly Schemas['Version'][],
  names: ReadonlyMap<string, string>,
  next: string | undefined,
) {
  const { paint, width } = screenOf(process.stdout)
  const room = Number.isFinite(width) ? width : 120
  yield `${paint('bold', plain(name))}\n`
  for (const { version, recordedAt, actor, reason, entryId, changes, stretches } of versions) {
    const since = stretches[0]?.validFrom
    const dated = since !== undefined && since !== recordedAt ? `, true since ${since}` : ''
    yield `\n${paint('bold', `version ${version}`)}  ${recordedAt}${dated}  by ${plain(actorText(actor, names))}  ${paint('dim', entryId)}\n`
    for (const line of wrap(plain(reason === null ? '' : `because ${reason}`), room - 2)) yield `  ${line}\n`
    for (const { path, before, after } of changes) {
      const change = `${path}: ${valueText(before)} → ${valueText(after)}`
      for (const line of wrap(plain(change), room - 4)) yield `    ${line}\n`
    }
  }
  if (next !== undefined) yield `\n${paint('dim', `There are more: --cursor ${next}, or --all`)}\n`
}

function valueText(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}…` : text
}
