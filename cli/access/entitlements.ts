// `reeve access entitlements`: every right that sources show, one JSON object a line; with a file that keeps the place, only those
// that changed since the last time.
import { Command } from 'commander'
import { answered } from '#client'
import { Fault } from '#kernel'
import { keepPlace, keptPlace } from '../remote/kept-place.ts'
import { server } from '../remote/server.ts'
import { printableJson } from '../terminal/answer.ts'
import { writeTo } from '../terminal/write-out.ts'

interface Options {
  readonly state?: string
  readonly action?: string
  readonly resource?: string
}

const LIMIT = 1000
const CURSOR = /^[0-9a-f]{32}\.(?:all|since)\.\d{1,19}(?:\.ent_[0-9a-z]{26})?$/

const HELP = `
Without --state, or the first time, every right that is there. A right that is gone has \`data.goneAt\`; the same id again takes the
place of what was there. The place is kept once the lines are written: what was being written when it was interrupted comes again.
Where the database was restored it ends with an error: remove the file and the copy, and begin anew.

Examples:
  reeve access entitlements --state rights.json >> rights.ndjson
  reeve access entitlements --action aws:s3:GetObject --resource arn:aws:s3:::ledger/2026.csv
`

export function entitlementsCommand(): Command {
  return new Command('entitlements')
    .description('every right that sources show, then those that changed since: one JSON object a line')
    .option('--state <file>', 'keep the place in this file, and go on from it')
    .option('--action <action>', 'with --resource: each says whether it covers that (yes, no, unknown)')
    .option('--resource <resource>', 'its whole name')
    .addHelpText('after', HELP)
    .action(writeEntitlements)
}

async function writeEntitlements({ state, action, resource }: Options): Promise<void> {
  if ((action === undefined) !== (resource === undefined))
    throw new Fault('usage', 'what a right covers is asked with --action and --resource: give both, or neither')
  const client = await server()
  const covering = action === undefined || resource === undefined ? {} : { action, resource }
  let cursor = state === undefined ? undefined : await keptPlace(state, CURSOR)
  for (;;) {
    const query = { limit: LIMIT, ...covering, ...(cursor !== undefined && { cursor }) }
    const { items, next } = await answered(client.GET('/v1/access/entitlements', { params: { query } }))
    if (items.length > 0)
      await writeTo(process.stdout, [`${items.map((item) => printableJson(JSON.stringify(item))).join('\n')}\n`])
    if (state !== undefined && next !== cursor) await keepPlace(state, next)
    if (items.length === 0) return
    cursor = next
  }
}
