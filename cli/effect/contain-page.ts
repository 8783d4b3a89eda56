// The page of a containment: whose it is, what it opens, what breaks, who has to be told, what is going to be done.
import type { Schemas } from '../remote/server.ts'
import { screenOf } from '../terminal/answer.ts'
import { plain } from '../terminal/text.ts'
import { counted, kindTitle } from '../words.ts'
import { statementLines } from './plan-lines.ts'

export type Page = Schemas['Containment']

const SHOWN_MAX = 15

export function* pageLines(page: Page): Generator<string> {
  yield* section('Whose it is', whose(page), 'the roll does not know this credential')
  yield* section('Where it was seen', places(page), '')
  yield* section('What it opens', opens(page), '')
  yield* section('Who uses it now', sessions(page), ifAsked(page, 'nobody is signed in with it just now'))
  yield* section('What it could reach', reach(page), page.place === undefined ? '' : 'not known')
  yield* section('Other ways to the same', page.otherWays, '')
  yield* section('What will break', page.willBreak, ifAsked(page, 'nothing that is known'))
  yield* section('Who must be told', told(page), 'nobody is known who answers for it: find an owner')
  yield* section('What could not be seen', page.unknown, '')
  if (page.preview !== undefined) {
    const { paint } = screenOf(process.stdout)
    yield `\n${paint('bold', 'What is going to be done')}\n`
    yield* statementLines(page.preview.steps)
    for (const { step, reason, next } of page.preview.blocked)
      yield `  can not be done: ${plain(step)}: ${plain(reason)}; ${plain(next)}\n`
  }
}

/** What an empty list means: nothing at all where the target could not be asked. */
const ifAsked = ({ place, targetAsked }: Page, empty: string): string =>
  place === undefined ? '' : targetAsked ? empty : 'not known: the target could not be asked'

/** Nothing is guessed: what was looked at, and what is possible. */
export function* notFoundLines({ missing = '', candidates, lookedAt }: Page): Generator<string> {
  yield `\n${plain(missing)}\n`
  for (const { targetName, account, how } of candidates)
    yield `  --target ${plain(targetName)} --account ${plain(account)}   (${plain(how)})\n`
  yield `Looked at: ${plain(lookedAt.join('; '))}\n`
}

function* section(title: string, lines: readonly string[], none: string): Generator<string> {
  if (lines.length === 0 && none === '') return
  const { paint } = screenOf(process.stdout)
  yield `\n${paint('bold', title)}\n`
  if (lines.length === 0) yield `  ${none}\n`
  for (const line of lines.slice(0, SHOWN_MAX)) yield `  ${plain(line)}\n`
  if (lines.length > SHOWN_MAX) yield `  … and ${lines.length - SHOWN_MAX} more (--json shows all)\n`
}

const whose = ({ principals, credentials }: Page): string[] => [
  ...principals.map(({ name, kind, state, tier, environment, purpose, orphan }) => {
    const what = [kindTitle(kind), state, `privilege ${tier}`, `environment ${environment}`].join(', ')
    return `${name}: ${what}${purpose === undefined ? '' : `; ${purpose}`}${orphan ? '; nobody answers for it' : ''}`
  }),
  ...(principals.length > 0
    ? []
    : credentials.map(({ id, type, name }) => `${id}: ${type} ${name ?? ''}, of nobody that the roll knows`)),
]

const places = ({ credentials }: Page): string[] =>
  credentials.flatMap(({ locations, locationCount }) => [
    ...locations.map(({ file, startLine, exposure }) => {
      const what = exposure === 'embedded' ? 'the value itself' : exposure
      return `${file}${startLine === undefined ? '' : `:${startLine}`} (${what})`
    }),
    ...(locationCount > locations.length ? [`and ${locationCount - locations.length} more places`] : []),
  ])

function opens({ place, triedAs, facts }: Page): string[] {
  if (place === undefined) return []
  const { targetName, account, address, how } = place
  const tried = triedAs === undefined ? 'no secret was given: nothing is tried' : `it is tried with: ${triedAs}`
  return [`${account} at ${targetName} (${address}), ${how}`, tried, ...facts]
}

const sessions = ({ sessions: groups }: Page): string[] =>
  groups.map(
    ({ application, from, database, count, since }) =>
      `${application === '' ? 'an application without a name' : application} from ${from} on ${database}: ${counted(count, 'session')}, since ${since.slice(0, 16)}`,
  )

const reach = ({ reach: rights, reachCutShort }: Page): string[] => [
  ...rights.map(({ action, resource, by }) => `${action} on ${resource} (${by})`),
  ...(rights.length > 0 && reachCutShort ? ['and more that was not read'] : []),
]

const told = ({ tell }: Page): string[] =>
  tell.map(({ name, emails: [email], why }) => `${name}${email === undefined ? '' : ` <${email}>`}: ${why}`)
