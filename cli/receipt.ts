// `reeve receipt`: what became of a plan, in the words of its target.
import { Command } from 'commander'
import { answered } from '#client'
import type { Receipt } from './effect/plan-lines.ts'
import { server } from './remote/server.ts'
import type { RemoteOptions } from './remote/server.ts'
import { answerFields, answerJson } from './terminal/answer.ts'
import { plain } from './terminal/text.ts'
import { writeTo } from './terminal/write-out.ts'

export function receiptCommand(): Command {
  return new Command('receipt')
    .description('show receipts')
    .addCommand(
      new Command('show')
        .description('show a receipt, by its id or by that of its plan')
        .argument('<receipt>', 'its id')
        .option('--json', 'as JSON')
        .action(show),
    )
}

async function show(receiptId: string, { json }: RemoteOptions): Promise<void> {
  const client = await server()
  const receipt = await answered(client.GET('/v1/receipts/{receiptId}', { params: { path: { receiptId } } }))
  if (json === true) await answerJson(receipt)
  else await answerReceipt(receipt)
}

async function answerReceipt({ id, data }: Receipt): Promise<void> {
  await answerFields([
    ['receipt', id],
    ['plan', data.planId],
    ['does', `${data.operation} ${data.account} at ${data.targetName} (${data.address})`],
    ['outcome', data.outcome],
    ['credential', data.credentialOffered ? 'offered, and tried' : 'not offered'],
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
