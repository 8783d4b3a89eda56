// Where a stranger's text or code runs with a job's rights: the head of a pull request checked out by a privileged
// trigger, and event fields pasted into a script.
import { listOf } from '../untrusted-value.ts'
import { expressionsIn, untrustedFieldsIn } from './expressions.ts'
import type { Step } from './job-steps.ts'

/** Triggers that run with the base repository's token and secrets although a stranger can set them off. */
export const PRIVILEGED_BY_STRANGERS: ReadonlySet<string> = new Set([
  'pull_request_target',
  'workflow_run',
  'issue_comment',
  'issues',
  'discussion',
  'discussion_comment',
])

const GUARDS = [
  /head\.repo\.full_name\s{0,4}==\s{0,4}github\.repository|github\.repository\s{0,4}==\s{0,4}github\.event\.\w{1,30}\.head\.repo\.full_name/i,
  /head_repository\.full_name\s{0,4}==\s{0,4}github\.repository/i,
  /head\.repo\.fork\s{0,4}==\s{0,4}false|!\s{0,4}github\.event\.pull_request\.head\.repo\.fork/i,
  /author_association\s{0,4}==\s{0,4}'(?:OWNER|MEMBER|COLLABORATOR)'/,
  /contains\(\s{0,4}fromjson\([^)]{0,200}\)\s{0,4},\s{0,4}github\.event\.[\w.]{1,60}\.author_association/i,
]

/** True when an `if` lets only people of the repository through. Alternatives (`||`) let others in again. */
export function excludesStrangers(condition: string): boolean {
  const text = condition.slice(0, 4000)
  return !text.includes('||') && GUARDS.some((guard) => guard.test(text))
}

const HEAD =
  /\bgithub\.head_ref\b|\bgithub\.event\.pull_request\.(?:head\.(?:sha|ref|label)|merge_commit_sha)\b|\bgithub\.event\.workflow_run\.(?:head_(?:sha|branch|commit\.id)|pull_requests\b)/i
const PULL_REF = /\brefs\/pull\/|\bpull\/\$/i
const FETCHES_HEAD = /\bgh\s+pr\s+checkout\b|\bgit\s+(?:fetch|checkout|switch|pull|reset)\b/

/** True when the step puts the pull request's own files into the workspace. */
export function checksOutPullRequestHead(step: Step): boolean {
  if (/^actions\/checkout@/i.test(step.uses ?? '')) {
    const wanted = step.input('ref') ?? ''
    return namesHead(wanted) || /\.head\.repo\.full_name\b/i.test(step.input('repository') ?? '')
  }
  const script = step.run
  if (script === undefined) return false
  return lines(script).some(
    (line) => FETCHES_HEAD.test(line) && (/\bgh\s+pr\s+checkout\b/.test(line) || namesHead(line)),
  )
}

const namesHead = (text: string): boolean =>
  expressionsIn(text).some((expression) => HEAD.test(expression)) || PULL_REF.test(text)

const lines = (script: string): readonly string[] => script.split('\n').map((line) => line.slice(0, 2000))

export interface Injection {
  readonly field: string
  readonly into: 'run' | 'script' | 'environment-file'
  readonly step: string
  readonly node: object
  readonly key: string
}

/** Inputs that actions run as code. */
const SCRIPT_INPUTS: readonly { readonly action: RegExp; readonly input: string }[] = [
  { action: /^actions\/github-script@/i, input: 'script' },
  { action: /^azure\/(?:cli|powershell)@/i, input: 'inlinescript' },
]

export function* injectionsIn(step: Step): Generator<Injection> {
  if (step.run !== undefined) {
    for (const field of new Set(untrustedFieldsIn(step.run)))
      yield { field, into: 'run', step: step.label, node: step.node, key: 'run' }
    const field = environmentFileField(step)
    if (field !== undefined) yield { field, into: 'environment-file', step: step.label, node: step.node, key: 'run' }
  }
  for (const { action, input } of SCRIPT_INPUTS) {
    if (!action.test(step.uses ?? '')) continue
    for (const field of new Set(untrustedFieldsIn(step.input(input) ?? '')))
      yield { field, into: 'script', step: step.label, node: step.inputs, key: input }
  }
}

const TO_ENVIRONMENT_FILE = /(?:>>|\btee -a)\s{0,4}"?\$\{?(?:GITHUB_ENV|GITHUB_PATH)\b/
const ASSIGNMENT = /^\s{0,200}(?:export\s+|local\s+)?([A-Za-z_]\w{0,100})=(.*)$/
const VARIABLE = /\$\{?([A-Za-z_]\w{0,100})/g

/**
 * An untrusted field that reaches `$GITHUB_ENV` or `$GITHUB_PATH`, and so every later step, by way of a variable of the
 * step and of shell variables set from it. A literal written there is harmless.
 */
function environmentFileField(step: Step): string | undefined {
  const tainted = new Map<string, string>()
  for (const [name, value] of Object.entries(step.environment)) {
    const field = typeof value === 'string' ? untrustedFieldsIn(value)[0] : undefined
    if (field !== undefined) tainted.set(name, field)
  }
  if (tainted.size === 0) return undefined
  for (const line of lines(step.run ?? '')) {
    const [, assigned, value = ''] = ASSIGNMENT.exec(line) ?? []
    if (assigned !== undefined) {
      const field = taintOf(value, tainted)
      if (field !== undefined) tainted.set(assigned, field)
    }
    const redirect = TO_ENVIRONMENT_FILE.exec(line)
    const field = redirect === null ? undefined : taintOf(line.slice(0, redirect.index), tainted)
    if (field !== undefined) return field
  }
  return undefined
}

function taintOf(text: string, tainted: ReadonlyMap<string, string>): string | undefined {
  for (const match of text.matchAll(VARIABLE)) {
    const field = tainted.get(match[1] ?? '')
    if (field !== undefined) return field
  }
  return undefined
}

/** The names under `on`, which may be a word, a list or a map. */
export function triggersOf(on: unknown): readonly string[] {
  if (typeof on === 'string') return [on]
  if (Array.isArray(on)) return listOf(on).filter((item) => typeof item === 'string')
  return typeof on === 'object' && on !== null ? Object.keys(on) : []
}
