// `reeve evidence tail`: entries, or OCSF events, as they come. One JSON object a line; what is written is flushed, then asked on.
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { answered } from '#client'
import type { ReeveClient } from '#client'
import { Fault } from '#kernel'
import { server } from '../remote/server.ts'
import { printableJson, say } from '../terminal/answer.ts'
import { writeTo } from '../terminal/write-out.ts'

interface TailOptions {
  readonly ocsf?: boolean
  readonly ocsfVersion?: string
  readonly after?: number
  readonly once?: boolean
  readonly interval: number
}

const LIMIT = 200
const WAIT_MS_MAX = 60_000

const HELP = `
Each line carries its place in the log: \`seq\`, with --ocsf \`metadata.sequence\`. After an interruption go on with
--after and the last place that arrived; what arrives twice has the same place.

Examples:
  reeve evidence tail --ocsf | your-forwarder
  reeve evidence tail --after 1200 --once > entries.ndjson
`

export function tailCommand(): Command {
  return new Command('tail')
    .description('follow the log through the server: one JSON object a line')
    .option('--ocsf', 'as OCSF events')
    .option('--ocsf-version <version>', 'what their metadata.version says')
    .option('--after <seq>', 'go on after this place in the log', whole)
    .option('--once', 'end where the log ends now')
    .option('--interval <seconds>', 'between questions when nothing is new', whole, 2)
    .addHelpText('after', HELP)
    .action(tail)
}

function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Fault('usage', `\`${text}\` is no whole number`)
  return Number(text)
}

interface Page {
  readonly lines: readonly unknown[]
  /** The place of the last one. */
  readonly last?: number
}

async function tail(options: TailOptions): Promise<void> {
  const client = await server()
  const pause = Math.max(1, options.interval) * 1000
  let after = options.after
  for (let failures = 0; ;) {
    let page: Page
    try {
      page = await pageAfter(client, options, after)
      failures = 0
    } catch (error) {
      // a server that restarts is waited for; a refusal is final
      if (options.once === true || !(error instanceof Fault) || 'httpStatus' in error) throw error
      failures += 1
      say(`${error.detail}; asked again in a moment`)
      await sleep(Math.min(WAIT_MS_MAX, pause * 2 ** Math.min(failures, 6)))
      continue
    }
    if (page.lines.length > 0)
      await writeTo(process.stdout, [`${page.lines.map((line) => printableJson(JSON.stringify(line))).join('\n')}\n`])
    after = page.last ?? after
    if (page.lines.length === LIMIT) continue
    if (options.once === true) return
    await sleep(pause)
  }
}

async function pageAfter(client: ReeveClient, options: TailOptions, after: number | undefined): Promise<Page> {
  const query = { limit: LIMIT, ...(after === undefined ? {} : { cursor: String(after) }) }
  if (options.ocsf === true) {
    const version = options.ocsfVersion === undefined ? {} : { version: options.ocsfVersion }
    const { items, next } = await answered(
      client.GET('/v1/ocsf-events', { params: { query: { ...query, ...version } } }),
    )
    return { lines: items, ...(next === undefined ? {} : { last: Number(next) }) }
  }
  const { items } = await answered(client.GET('/v1/entries', { params: { query } }))
  const last = items.at(-1)?.seq
  return { lines: items, ...(last === undefined ? {} : { last }) }
}
