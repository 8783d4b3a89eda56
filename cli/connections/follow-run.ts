// Follows a run until it ends, and says what it changed and what it could not read.
import { setTimeout as sleep } from 'node:timers/promises'
import { answered } from '#client'
import type { ReeveClient } from '#client'
import type { Schemas } from '../remote/server.ts'
import { say, screenOf } from '../terminal/answer.ts'
import { fit, plain } from '../terminal/text.ts'
import { writeTo } from '../terminal/write-out.ts'
import { numberText } from '../words.ts'

export type Run = Schemas['Run']

const EVERY_MS = 400
const PROBLEMS_SHOWN = 5

export async function followRun(client: ReeveClient, first: Run, quiet: boolean): Promise<Run> {
  const { stderr } = process
  const watched = !quiet && stderr.isTTY
  let run = first
  while (run.state === 'queued' || run.state === 'running') {
    await sleep(EVERY_MS)
    run = await answered(client.GET('/v1/runs/{runId}', { params: { path: { runId: first.id } } }))
    if (watched) stderr.write(`\r\u001b[2K${fit(plain(progressText(run)), Math.max(20, (stderr.columns || 80) - 1))}`)
  }
  if (watched) stderr.write('\r\u001b[2K')
  return run
}

function progressText({ state, progress }: Run): string {
  if (state === 'queued') return 'waiting for its turn'
  const { step = 'reading', files, bytes } = progress as { step?: string; files?: number; bytes?: number }
  return `${step}${files === undefined ? '' : `  ${files} files`}${bytes === undefined ? '' : `  ${(bytes / 1e6).toFixed(1)} MB`}`
}

/** 0 when it is in the roll, 1 when it waits for a person, 2 when it could not be read. */
export const exitCodeOf = ({ state }: Run): number => (state === 'failed' ? 2 : state === 'held' ? 1 : 0)

const GROUPS = ['principals', 'credentials', 'accounts', 'entitlements', 'ways', 'people'] as const

export async function answerRun(run: Run): Promise<void> {
  await writeTo(process.stdout, runLines(run))
  if (run.state === 'partial') say('Not everything could be read, so nothing was taken for gone.')
  if (run.failure !== null) say(`${run.state}: ${run.failure}`)
}

function* runLines({ counts, problems }: Run): Generator<string> {
  const { paint } = screenOf(process.stdout)
  for (const group of GROUPS) {
    const numbers = Object.entries((counts[group] ?? {}) as Record<string, number>).filter(([, count]) => count > 0)
    if (numbers.length === 0) continue
    const said = numbers.map(([what, count]) => `${numberText(count)} ${what}`)
    yield `${paint('bold', group.padEnd(14))}${said.join(', ')}\n`
  }
  for (const key of ['matches', 'exposures', 'refused'] as const) {
    const count = counts[key]
    if (typeof count === 'number' && count > 0) yield `${paint('bold', key.padEnd(14))}${numberText(count)}\n`
  }
  for (const { kind, count, first } of problems as readonly ProblemKind[]) {
    yield `${paint('yellow', `${kind}: ${numberText(count)} could not be read`)}\n`
    for (const { file, line, message } of first.slice(0, PROBLEMS_SHOWN)) {
      yield `  ${plain(file)}${line === undefined ? '' : `:${line}`}  ${plain(message)}\n`
    }
    if (count > PROBLEMS_SHOWN)
      yield paint('dim', `  … and ${numberText(count - Math.min(count, PROBLEMS_SHOWN))} more\n`)
  }
}

interface ProblemKind {
  readonly kind: string
  readonly count: number
  readonly first: readonly { readonly file: string; readonly line?: number; readonly message: string }[]
}
