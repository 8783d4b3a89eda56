// `reeve receipt`: what became of a plan, in the words of its target.
import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { answered, ApiFault } from '#client'
import type { ReeveClient } from '#client'
import { canonicalJson, Fault } from '#kernel'
import type { Receipt } from './effect/plan-lines.ts'
import { acceptedInWords, credentialInWords } from './effect/receipt-words.ts'
import { server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerFields, answerJson, say } from './terminal/answer.ts'
import { plain } from './terminal/text.ts'
import { codeOf, writeTo } from './terminal/write-out.ts'
import { answerFindings, gather } from './verify.ts'
import type { FindingOptions } from './verify.ts'

const PROOF_TRIES = 20
const PROOF_AGAIN_MS = 500

const EXAMPLES = `
Exit codes of verify: 0 every check passed, 1 something was refused, 2 something could not be checked (without --log-key, or
without a witness). The verifier of audit bundles takes the file too: node verify.mjs receipt.json --log-key …

Examples:
  reeve receipt show rcp_1x2y… --out receipt.json
  reeve receipt verify receipt.json --log-key "$(cat log.key)" --witness-key "$(cat witness.key)"
`

export function receiptCommand(): Command {
  return new Command('receipt')
    .description('show receipts, and verify them offline')
    .addCommand(
      new Command('show')
        .description('show a receipt, by its id or by that of its plan')
        .argument('<receipt>', 'its id')
        .option('--out <file>', 'write it with its proof into one file, for whoever verifies it')
        .option('--json', 'as JSON')
        .action(show),
    )
    .addCommand(
      new Command('verify')
        .description('verify such a file, offline: no server, no database')
        .argument('<file>', 'as `reeve receipt show --out` wrote it')
        .option('--log-key <key>', 'the key of the log, known from elsewhere (`reeve evidence key` prints it)')
        .option('--witness-key <key>', 'the key of a witness; may be repeated', gather)
        .option('--json', 'the findings as JSON')
        .action(verify),
    )
    .addHelpText('after', EXAMPLES)
}

interface ShowOptions extends RemoteOptions {
  readonly out?: string
}

async function show(receiptId: string, { json, out }: ShowOptions): Promise<void> {
  const client = await server()
  const receipt = await answered(client.GET('/v1/receipts/{receiptId}', { params: { path: { receiptId } } }))
  if (out !== undefined) {
    const file = `${canonicalJson((await proofOf(client, receipt.id)) as never)}\n`
    await writeFile(out, file, { flag: 'wx' }).catch((cause: unknown) => {
      throw new Fault('usage', `\`${out}\` cannot be written, or is there already (${codeOf(cause)})`, { cause })
    })
    say(`${out}: receipt ${receipt.id} with its proof. \`reeve receipt verify ${out} --log-key …\` needs no server.`)
  }
  if (json === true) await answerJson(receipt)
  else if (out === undefined) await answerReceipt(receipt)
}

/** A checkpoint covers it within a second; until then the server says so. */
async function proofOf(client: ReeveClient, receiptId: string): Promise<Schemas['ReceiptProof']> {
  for (let tried = 1; ; tried++) {
    try {
      return await answered(client.GET('/v1/receipts/{receiptId}/proof', { params: { path: { receiptId } } }))
    } catch (error) {
      if (!(error instanceof ApiFault) || error.httpStatus !== 409 || tried >= PROOF_TRIES) throw error
      await sleep(PROOF_AGAIN_MS)
    }
  }
}

async function verify(file: string, options: FindingOptions): Promise<void> {
  const { verifyReceiptFile } = await import('#main')
  const { logKey, witnessKey = [] } = options
  const findings = await verifyReceiptFile(file, {
    witnessKeys: witnessKey,
    ...(logKey !== undefined && { logKey }),
  })
  await answerFindings(findings, options)
}

async function answerReceipt(receipt: Receipt): Promise<void> {
  const { id, data } = receipt
  await answerFields([
    ['receipt', id],
    ['plan', data.planId],
    ['does', `${data.operation} ${data.account} at ${data.targetName} (${data.address})`],
    ['outcome', data.outcome],
    ['credential', credentialInWords(receipt)],
    ['accepted', acceptedInWords(receipt)],
    ['carried out by', data.carriedOutBy],
    ['from', data.startedAt],
    ['to', data.endedAt],
  ])
  const steps = data.steps.map(({ name, effect, answer, at = '' }) => `${effect.padEnd(9)} ${name}: ${answer} ${at}`)
  const reasons = data.reasons.map(({ step, reason, next }) => `${step}: ${reason}; next: ${next}`)
  await writeTo(
    process.stdout,
    ['', ...steps, ...(reasons.length === 0 ? [] : ['', ...reasons])].map((line) => `${plain(line)}\n`),
  )
}
