// `reeve detectors`: what is looked for, and what each detector cannot see.
import { Command, Option } from 'commander'
import { DETECTORS, NIST_CSF_2_0, OWASP_NHI_2025 } from '#governance'
import type { Detector } from '#governance'
import { Fault } from '#kernel'
import { didYouMean } from './terminal/did-you-mean.ts'
import { painter, wantsColour, wrap } from './terminal/text.ts'
import type { Paint } from './terminal/text.ts'
import { writeTo } from './terminal/write-out.ts'

export function detectorsCommand(): Command {
  return new Command('detectors')
    .alias('explain-detector')
    .description('list the detectors, or say everything about one')
    .argument('[detector]', 'its id')
    .addOption(new Option('--format <format>', 'how').choices(['table', 'json']).default('table'))
    .action(async (id: string | undefined, { format }: { format: string }) => {
      const detectors = id === undefined ? DETECTORS : [detectorBy(id)]
      const paint = painter(wantsColour(process.stdout, undefined))
      if (format === 'json') await writeTo(process.stdout, [`${JSON.stringify(detectors, null, 2)}\n`])
      else if (id === undefined) await writeTo(process.stdout, listed(detectors, paint))
      else for (const detector of detectors) await writeTo(process.stdout, inFull(detector, paint))
    })
}

function detectorBy(id: string): Detector {
  const detector = DETECTORS.find((one) => one.id === id)
  if (detector !== undefined) return detector
  const known = DETECTORS.map((one) => one.id)
  throw new Fault('usage', `\`${id}\` is no detector${didYouMean(id, known)} (reeve detectors lists them)`)
}

function* listed(detectors: readonly Detector[], paint: Paint): Generator<string> {
  const width = Math.max(0, ...detectors.map(({ id }) => id.length))
  for (const { id, title, owasp } of detectors.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const nhi = owasp.map((one) => one.replace(':2025', '')).join(' ')
    yield `${paint('bold', id.padEnd(width))}  ${paint('cyan', nhi.padEnd(10))}  ${title}\n`
  }
  yield `\n${detectors.length} detectors. reeve detectors ID says what one needs and what it cannot see.\n`
}

function* inFull(detector: Detector, paint: Paint): Generator<string> {
  yield `${paint('bold', detector.id)}: ${detector.title}\n`
  const parts = [
    ['Severity', detector.severityRule],
    ['Needs', detector.needs],
    ['Cannot see', detector.blindSpot],
    ['What to do', detector.remediation],
    ['OWASP', detector.owasp.map((id) => `${id} ${OWASP_NHI_2025[id]}`).join('; ')],
    ['NIST CSF 2.0', detector.controls.map((id) => `${id} ${NIST_CSF_2_0[id]}`).join('; ')],
  ] as const
  for (const [title, text] of parts) {
    yield `\n${paint('bold', title)}\n`
    for (const line of wrap(text, 96)) yield `  ${line}\n`
  }
}
