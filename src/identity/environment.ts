// In which environment a principal lives, from evidence that is named. What a source states outranks what names
// suggest; evidence of one strength that disagrees makes it unknown.
import type { ENVIRONMENTS } from './classification-rules.ts'
import { wordsOfName } from './name-tokens.ts'
import type { Derived, Principal } from './principal.ts'

export type Environment = (typeof ENVIRONMENTS)[number]

/** Words that name an environment wherever they stand as a word of their own. */
const WORDS: ReadonlyMap<string, Environment> = new Map([
  ['prod', 'production'],
  ['production', 'production'],
  ['prd', 'production'],
  ['staging', 'staging'],
  ['stg', 'staging'],
  ['preprod', 'staging'],
  ['preproduction', 'staging'],
  ['preprd', 'staging'],
  ['uat', 'staging'],
  ['dev', 'development'],
  ['development', 'development'],
  ['qa', 'test'],
  ['sandbox', 'sandbox'],
  ['sbx', 'sandbox'],
])
/** Words that name one only as the value of an environment label: elsewhere `test`, `stage` and `live` mean much else. */
const STATED_WORDS: ReadonlyMap<string, Environment> = new Map([
  ...WORDS,
  ['live', 'production'],
  ['stage', 'staging'],
  ['develop', 'development'],
  ['local', 'development'],
  ['test', 'test'],
  ['testing', 'test'],
  ['playground', 'sandbox'],
])
const LABELS: ReadonlySet<string> = new Set([
  'env',
  'environment',
  'envname',
  'environmentname',
  'stage',
  'deploymentenvironment',
])

interface Evidence {
  readonly value: Environment
  readonly because: string
}

export function environmentOf(principal: Principal): Derived<Environment> {
  const stated = statedEvidence(principal)
  const inferred = inferredEvidence(principal)
  const [first] = stated.length > 0 ? stated : inferred
  if (first === undefined) return { value: 'unknown', reason: 'no label, namespace, path or name says' }
  const against = (evidence: readonly Evidence[]): Evidence | undefined =>
    evidence.find(({ value }) => value !== first.value)
  const contradiction = against(stated.length > 0 ? stated : inferred)
  if (contradiction !== undefined) return { value: 'unknown', reason: `${first.because}, but ${contradiction.because}` }
  const outranked = against(inferred)
  return {
    value: first.value,
    reason: outranked === undefined ? first.because : `${first.because}, which outranks that ${outranked.because}`,
  }
}

/** The environment that a place in the tree suggests, for credentials that belong to nobody known. */
export function environmentOfPath(path: string): Derived<Environment> {
  const [first, ...others] = pathEvidence(path)
  if (first === undefined) return { value: 'unknown', reason: 'no folder says' }
  const other = others.find(({ value }) => value !== first.value)
  if (other !== undefined) return { value: 'unknown', reason: `${first.because}, but ${other.because}` }
  return { value: first.value, reason: first.because }
}

/** What the words of a label's value say; `undefined` when they say nothing or contradict each other. */
export function environmentOfLabel(value: string): Environment | undefined {
  const found = new Set(wordsOfName(value).flatMap((word) => STATED_WORDS.get(word) ?? []))
  const [only, ...others] = found
  return others.length === 0 ? only : undefined
}

function statedEvidence({ environmentHints, labels }: Principal): Evidence[] {
  const evidence: Evidence[] = []
  for (const { value, reason } of environmentHints) {
    const environment = environmentOfLabel(value)
    if (environment !== undefined) evidence.push({ value: environment, because: `${reason}: \`${value}\`` })
  }
  for (const [key, value] of Object.entries(labels)) {
    const name = key
      .slice(key.lastIndexOf('/') + 1)
      .toLowerCase()
      .replaceAll(/[^a-z]/g, '')
    const environment = LABELS.has(name) ? environmentOfLabel(value) : undefined
    if (environment !== undefined) evidence.push({ value: environment, because: `label \`${key}\` is \`${value}\`` })
  }
  return evidence
}

function inferredEvidence(principal: Principal): Evidence[] {
  const evidence: Evidence[] = []
  const { attributes, externalId, kind, name, system, provenance } = principal
  for (const key of ['accountName', 'accountAlias'] as const) {
    const account = attributes[key]
    if (typeof account === 'string') evidence.push(...wordEvidence(account, `the account is called \`${account}\``))
  }
  const namespace = attributes['namespace'] ?? /^system:serviceaccount:([^:]+):/.exec(externalId)?.[1]
  if (system === 'kubernetes' && typeof namespace === 'string')
    evidence.push(...wordEvidence(namespace, `the namespace is \`${namespace}\``))
  // people and groups are called after themselves, not after where they run
  if (kind !== 'human' && kind !== 'group') {
    const full = system === 'aws' ? externalId.slice(externalId.lastIndexOf(':') + 1) : name
    evidence.push(...wordEvidence(full, `the name is \`${name}\``))
    const words = wordsOfName(full)
    if (words.length > 1 && words.at(-1) === 'test' && kind !== 'ci_pipeline')
      evidence.push({ value: 'test', because: `the name is \`${name}\`` })
  }
  const file = provenance[0]?.file
  if (file !== undefined) evidence.push(...pathEvidence(file))
  return evidence
}

function wordEvidence(text: string, because: string): Evidence[] {
  return wordsOfName(text).flatMap((word) => {
    const value = WORDS.get(word)
    return value === undefined ? [] : [{ value, because }]
  })
}

function pathEvidence(path: string): Evidence[] {
  const segments = path.split('/')
  const stem = segments.pop()?.replace(/^\.+/, '') ?? ''
  return [
    ...segments.flatMap((segment) => wordEvidence(segment, `the folder is \`${segment}/\``)),
    ...wordEvidence(stem, `the file is \`${stem}\``),
  ]
}
