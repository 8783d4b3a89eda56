// `reeve connectors`: what can be read, and what each connector cannot see.
import { Command, Option } from 'commander'
import { CONNECTORS } from '#connectors'
import { painter, wantsColour, wrap } from './terminal/text.ts'
import type { Paint } from './terminal/text.ts'
import { writeTo } from './terminal/write-out.ts'

export function connectorsCommand(): Command {
  return new Command('connectors')
    .description('list what can be read, and what each connector cannot see')
    .addOption(new Option('--format <format>', 'how').choices(['table', 'json']).default('table'))
    .action(async ({ format }: { format: string }) => {
      const paint = painter(wantsColour(process.stdout, undefined))
      await writeTo(process.stdout, format === 'json' ? [`${JSON.stringify(CONNECTORS, null, 2)}\n`] : listed(paint))
    })
}

function* listed(paint: Paint): Generator<string> {
  for (const { id, title, reads, blindSpots } of CONNECTORS) {
    yield `${paint('bold', id)}  ${title}\n`
    for (const line of wrap(`reads ${reads}`, 92)) yield `    ${line}\n`
    for (const blindSpot of blindSpots) {
      for (const line of wrap(`cannot see: ${blindSpot}`, 92)) yield `    ${paint('dim', line)}\n`
    }
  }
}
