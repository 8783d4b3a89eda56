// `npm run bench -- NAME [--scale N] [--json]`: measures, next to a peer in the same run.
import { parseArgs } from 'node:util'
import { decide } from './decide.ts'
import { evidence } from './evidence.ts'
import type { Bench, Figure } from './figure.ts'
import { graph } from './graph.ts'
import { http } from './http.ts'
import { revoke } from './revoke.ts'
import { roll } from './roll.ts'
import { scan } from './scan.ts'

const BENCHES: readonly Bench[] = [scan, roll, decide, graph, evidence, http, revoke]

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { scale: { type: 'string' }, json: { type: 'boolean', default: false } },
})
const bench = BENCHES.find(({ name }) => name === positionals[0])
if (bench === undefined) {
  const names = BENCHES.map(({ name, about }) => `  ${name}: ${about}`).join('\n')
  process.stderr.write(`npm run bench -- NAME [--scale N] [--json]\n${names}\n`)
  process.exitCode = 2
} else {
  const scale = values.scale === undefined ? bench.defaultScale : Number(values.scale)
  if (!Number.isFinite(scale) || scale <= 0) throw new RangeError(`--scale \`${values.scale ?? ''}\` is not above 0`)
  const say = (what: string): void => void process.stderr.write(`${what}\n`)
  for await (const figure of bench.run({ scale, say })) {
    process.stdout.write(values.json ? `${JSON.stringify(figure)}\n` : `${inWords(figure)}\n`)
  }
}

function inWords({ figure, value, unit, peer, peerValue, ratio, note }: Figure): string {
  const words = [`${figure}: ${value} ${unit}`]
  if (peer !== undefined && peerValue !== undefined) words.push(`${peer} ${peerValue} ${unit}`)
  if (ratio !== undefined) words.push(`ratio ${ratio}`)
  return `${words.join(', ')}${note === undefined ? '' : ` (${note})`}`
}
