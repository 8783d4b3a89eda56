// `reeve evidence tail`: entries, or OCSF events, as they come. One JSON object a line; what is written is flushed, then asked on.
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { answered } from '#client'
import type { ReeveClient } from '#client'
import { Fault } from '#kernel'
import { keepPlace, keptPlace } from '../remote/kept-place.ts'
import { server } from '../remote/server.ts'
import { printableJson, say } from '../terminal/answer.ts'
import { writeTo } from '../terminal/write-out.ts'

interface TailOptions {
  readonly ocsf?: boolean
  readonly after?: number
  readonly state?: string
  readonly once?: boolean
  readonly interval: number
}

const LIMIT = 200
const WAIT_MS_MAX = 60_000

const HELP = `
Each line carries its place in the log: \`seq\`, with --ocsf \`metadata.sequence\`. With --state the place is kept once the lines
are written, and gone on from: what was written when it was interrupted comes twice, with the same place, and nothing is left
out. Where the log does not have what was read (it was restored, or is another one), it ends with an error: begin anew.

Examples:
  reeve evidence tail --ocsf --state tail.json | your-forwarder
  reeve evidence tail --after 1200 --once > entries.ndjson
`

export function tailCommand(): Command {
  return new Command('tail')
    .description('follow the log through the server: one JSON object a line')
    .option('--ocsf', 'as OCSF events')
    .option('--after <seq>', 'go on after this place in the log', whole)
    .option('--state <file>', 'keep the place in this file, and go on from it')
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
  /** The last one and its place. */
  readonly last?: string
}

async function tail(options: TailOptions): Promise<void> {
  const client = await server()
  const pause = Math.max(1, options.interval) * 1000
  let after = await placeToStart(options)
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
    if (page.last !== undefined && page.last !== after && options.state !== undefined)
      await keepPlace(options.state, page.last)
    after = page.last ?? after
    if (page.lines.length === LIMIT) continue
    if (options.once === true) return
    await sleep(pause)
  }
}

async function pageAfter(client: ReeveClient, options: TailOptions, after: string | undefined): Promise<Page> {
  const query = { limit: LIMIT, ...(after === undefined ? {} : { cursor: after }) }
  if (options.ocsf === true) {
    const { items, next } = await answered(client.GET('/v1/ocsf-events', { params: { query } }))
    return { lines: items, ...(next === undefined ? {} : { last: next }) }
  }
  const { items } = await answered(client.GET('/v1/entries', { params: { query } }))
  const last = items.at(-1)
  return { lines: items, ...(last === undefined ? {} : { last: `${last.seq}.${last.id}` }) }
}

const PLACE = /^\d{1,15}\.evt_[0-9a-z]{26}$/

async function placeToStart({ after, state }: TailOptions): Promise<string | undefined> {
  const kept = state === undefined ? undefined : await keptPlace(state, PLACE)
  if (kept === undefined) return after === undefined ? undefined : String(after)
  if (after !== undefined)
    throw new Fault('usage', `\`${state}\` holds a place already: leave --after away, or the file`)
  return kept
}
