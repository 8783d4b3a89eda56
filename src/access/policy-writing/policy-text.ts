// Policies as people write them: parsed, validated and formatted by Cedar, then compiled once by our own evaluator, so that
// what it cannot evaluate is refused when it is written. Every mistake has its line and column.
import { Fault } from '#kernel'
import { compilePolicies, createEntities } from '../policy/index.ts'
import { ActionGroups } from './action-groups.ts'
import type { CedarMessage, ReadPart } from './cedar-job.ts'
import { runCedar } from './cedar-process.ts'
import { unsafeIntegers } from './integers.ts'

const BEYOND_53_BITS = 'an integer beyond 53 bits cannot be carried exactly; use a smaller one, or a decimal'

/** Characters. */
export const POLICY_TEXT_MAX = 1_000_000

export interface TextProblem {
  readonly message: string
  readonly help?: string
  readonly in: 'policies' | 'schema'
  /** From 1; absent where Cedar says none. */
  readonly line?: number
  readonly column?: number
}

export interface WrittenPolicy {
  /** Of its `@id` annotation, else `policy` and its number in the text. */
  readonly id: string
  readonly text: string
  readonly json: unknown
}

export interface WrittenPolicies {
  readonly policies: readonly WrittenPolicy[]
  readonly templates: readonly WrittenPolicy[]
  /** In JSON form. */
  readonly schema?: unknown
  readonly formatted?: string
  readonly warnings: readonly TextProblem[]
}

export interface PolicyTexts {
  readonly policies: string
  /** In Cedar's own syntax; with it, policies must type-check. */
  readonly schema?: string
}

export type ReadPolicies =
  | { readonly written: WrittenPolicies; readonly problems?: never }
  | { readonly problems: readonly TextProblem[]; readonly written?: never }

/** Takes a fraction of a second: a process is started. Throws a Fault when the texts are too large to be read at all. */
export async function readPolicyText({ policies: text, schema }: PolicyTexts): Promise<ReadPolicies> {
  for (const given of [text, schema ?? '']) {
    if (given.length > POLICY_TEXT_MAX)
      throw new Fault('too_large', `at most ${POLICY_TEXT_MAX} characters; split them`)
    if (!given.isWellFormed()) throw new Fault('unprocessable', 'the text holds half of a surrogate pair')
  }
  const unsafe = unsafeIntegers(text).map((place) => problemAt(text, place, BEYOND_53_BITS))
  if (unsafe.length > 0) return { problems: unsafe }
  const answer = await runCedar({ text, format: true, ...(schema !== undefined && { schema }) })
  const told = (warning: boolean): TextProblem[] =>
    answer.messages
      .filter((message) => (message.warning ?? false) === warning)
      .map((message) => located(message, text, schema))
  const errors = told(false)
  if (errors.length > 0 || answer.policies === undefined) return { problems: errors }
  const read = nameParts(text, answer.policies, answer.templates ?? [])
  const { named, refused } = withGroups(text, read, answer.schema)
  const problems = [...sameIds(text, named), ...refused, ...notCompiled(named)]
  if (problems.length > 0) return { problems }
  const written = (parts: readonly NamedPart[]): WrittenPolicy[] =>
    parts.map(({ id, text: own, json }) => ({ id, text: own, json }))
  return {
    written: {
      policies: written(named.filter(({ isTemplate }) => !isTemplate)),
      templates: written(named.filter(({ isTemplate }) => isTemplate)),
      ...(answer.schema !== undefined && { schema: answer.schema }),
      ...(answer.formatted !== undefined && { formatted: answer.formatted }),
      warnings: told(true),
    },
  }
}

interface NamedPart extends Omit<ReadPart, 'json'> {
  readonly json: unknown
  readonly id: string
  readonly place: number
  readonly isTemplate: boolean
}

/** In the order of the text, which Cedar does not keep. */
function nameParts(text: string, policies: readonly ReadPart[], templates: readonly ReadPart[]): NamedPart[] {
  const taken = new Set<number>()
  const placeOf = (part: string): number => {
    let place = text.indexOf(part)
    while (place !== -1 && taken.has(place)) place = text.indexOf(part, place + 1)
    taken.add(place)
    return place
  }
  const placed = (parts: readonly ReadPart[], isTemplate: boolean): Omit<NamedPart, 'id'>[] =>
    parts.map(({ text: own, json }) => ({ text: own, json, isTemplate, place: placeOf(own) }))
  return [...placed(policies, false), ...placed(templates, true)]
    .sort((a, b) => a.place - b.place)
    .map(({ text: own, json, isTemplate, place }, index) => {
      const id = (json as ReadPart['json']).annotations?.['id'] ?? `policy${index}`
      return { id, text: own, json, isTemplate, place }
    })
}

/** Groups of actions are written out: nothing that decides needs the schema for them. */
function withGroups(
  text: string,
  parts: readonly NamedPart[],
  schema: unknown,
): { readonly named: readonly NamedPart[]; readonly refused: readonly TextProblem[] } {
  if (schema === undefined) return { named: parts, refused: [] }
  const groups = new ActionGroups(schema)
  const refused: TextProblem[] = []
  const named = parts.map((part) => {
    try {
      return { ...part, json: groups.writeOut(part.json) }
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      refused.push(problemAt(text, part.place, `\`${part.id}\`: ${error.detail}`))
      return part
    }
  })
  return { named, refused }
}

function sameIds(text: string, parts: readonly NamedPart[]): TextProblem[] {
  const seen = new Set<string>()
  return parts.flatMap(({ id, place }) => {
    if (seen.has(id)) return [problemAt(text, place, `the id \`${id}\` is given twice`)]
    seen.add(id)
    return []
  })
}

function notCompiled(parts: readonly NamedPart[]): TextProblem[] {
  const sources = (template: boolean): Record<string, unknown> =>
    Object.fromEntries(parts.filter(({ isTemplate }) => isTemplate === template).map(({ id, json }) => [id, json]))
  const compiled = compilePolicies({ policies: sources(false), templates: sources(true), entities: createEntities() })
  return (compiled.problems ?? []).map(({ policyId, message }) => ({
    message: `\`${policyId}\`: ${message}`,
    in: 'policies',
  }))
}

function located({ message, help, within, start }: CedarMessage, text: string, schema = ''): TextProblem {
  const place = {
    message,
    ...(help !== undefined && { help }),
    in: within === 'schema' ? ('schema' as const) : ('policies' as const),
  }
  if (start === undefined) return place
  if (within === 'schema') return { ...place, ...at(schema, inCharacters(schema, start)) }
  if (within === 'policies') return { ...place, ...at(text, inCharacters(text, start)) }
  return { ...place, ...at(text, Math.max(0, text.indexOf(within)) + inCharacters(within, start)) }
}

const inCharacters = (text: string, bytes: number): number => Buffer.from(text).subarray(0, bytes).toString().length

function at(text: string, place: number): { line: number; column: number } {
  const before = text.slice(0, place)
  return { line: before.split('\n').length, column: place - before.lastIndexOf('\n') }
}

export function problemAt(text: string, place: number, message: string): TextProblem {
  const { line, column } = at(text, place)
  return { message, in: 'policies', line, column }
}
