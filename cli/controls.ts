// `reeve controls`: what the controls say of the estate. Exit code 1 where one fails.
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { answered } from '#client'
import { dayOrInstant, server } from './remote/server.ts'
import type { Schemas } from './remote/server.ts'
import { answerFields, answerJson, answerListing, say } from './terminal/answer.ts'
import { writeTo } from './terminal/write-out.ts'
import { Fault } from '#kernel'

interface ControlsOptions {
  readonly json?: boolean
  readonly at?: string
  readonly seed?: string
}

const EXAMPLES = `
Examples:
  reeve controls                       all controls, exit code 1 where one fails
  reeve controls leak-answered         one control: its query, what violates it, the sample
  reeve controls --at 2026-03-31       as the estate stood at the end of that day, by what was known then
  reeve controls --json > controls.json
`

export function controlsCommand(): Command {
  return new Command('controls')
    .description('judge the estate by controls of NIST CSF 2.0, OWASP NHI and others')
    .argument('[control]', 'one of them, in full')
    .option('--at <date>', 'as it stood then, by what was known then', dayOrInstant)
    .option('--seed <text>', 'of the samples: the same seed draws the same rows')
    .option('--json', 'as JSON, with the rows that fail and the samples')
    .addHelpText('after', EXAMPLES)
    .action(controls)
}

async function controls(name: string | undefined, { json, at, seed }: ControlsOptions): Promise<void> {
  const client = await server()
  const query = { ...(at === undefined ? {} : { at }), ...(seed === undefined ? {} : { seed }) }
  const assessment = await assessed(async () => answered(client.GET('/v1/controls', { params: { query } })))
  const wanted = name === undefined ? assessment.controls : assessment.controls.filter(({ id }) => id === name)
  if (wanted.length === 0) throw new Fault('usage', `no control is called \`${name ?? ''}\`: reeve controls lists them`)
  if (json === true) await answerJson({ ...assessment, controls: wanted })
  else if (name === undefined) await list(assessment)
  else for (const control of wanted) await inFull(control, assessment)
  if (wanted.some(({ outcome }) => outcome === 'fail')) process.exitCode = 1
}

const ASK_AGAIN_MS = 2000

/** A large estate takes minutes: the server says so, and is asked again. */
async function assessed<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'conflict') throw error
      say(error.detail)
      await sleep(ASK_AGAIN_MS)
    }
  }
}

const cited = ({ references }: Schemas['ControlResult']): string => references.map(({ id }) => id).join(' ')

async function list({ at, controls: all }: Schemas['ControlAssessment']): Promise<void> {
  const count = (outcome: string): number => all.filter((control) => control.outcome === outcome).length
  await answerListing<Schemas['ControlResult']>({
    items: all,
    empty: 'There are no controls.',
    columns: [
      { title: 'control', whole: true, of: ({ id }) => id },
      { title: 'outcome', whole: true, of: ({ outcome }) => outcome },
      { title: 'detail', of: ({ detail }) => detail },
      { title: 'cites', of: cited },
    ],
    after: `As of ${at}: ${count('pass')} pass, ${count('fail')} fail, ${count('not evaluable')} not evaluable, ${count('nothing to judge')} with nothing to judge. reeve controls CONTROL shows one in full`,
  })
}

async function inFull(control: Schemas['ControlResult'], { at, seed }: Schemas['ControlAssessment']): Promise<void> {
  await answerFields([
    ['control', control.id],
    ['title', control.title],
    ['outcome', control.outcome],
    ['detail', control.detail],
    ['must hold', control.statement],
    ['violated by', control.query],
    ['cites', cited(control)],
    ['as of', at],
    ['seed', seed],
  ])
  for (const [title, rows] of [
    ['violate it', control.failing],
    ['sampled', control.sample],
  ] as const) {
    if (rows.length === 0) continue
    await writeTo(process.stdout, ['\n'])
    await answerListing<Schemas['JudgedRow']>({
      items: rows,
      empty: '',
      columns: [
        { title, whole: true, of: ({ id }) => id },
        { title: 'verdict', whole: true, of: ({ verdict }) => verdict },
        { title: 'why', of: ({ why }) => why },
        {
          title: 'judged by',
          of: ({ fields }) =>
            Object.entries(fields)
              .map(([field, value]) => `${field}=${value}`)
              .join(' '),
        },
      ],
    })
  }
}
