// What is wrong with a reeve.yaml, in words, each with its line and, for a misspelled key, the one that was meant.
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { z } from 'zod'
import { Fault } from '#kernel'

const CONFIG_CHARS_MAX = 2_000_000
const ALIASES_MAX = 50
const PROBLEMS_MAX = 20

export interface ParsedConfig {
  readonly value: unknown
  readonly fileName: string
  lineOf(path: readonly PropertyKey[]): number
}

/** Throws Fault('config_invalid') on YAML that does not parse; an empty file is the empty object. */
export function parseConfigYaml(yaml: string, fileName: string): ParsedConfig {
  if (yaml.length > CONFIG_CHARS_MAX)
    throw new Fault(
      'config_invalid',
      `${fileName}: longer than ${CONFIG_CHARS_MAX} characters: split the tables out of it`,
    )
  const lines = new LineCounter()
  const at = (offset: number): number => lines.linePos(offset).line
  let document: Document
  try {
    document = parseDocument(yaml.replace(/^\uFEFF/, ''), {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'silent',
    })
  } catch (cause) {
    throw new Fault('config_invalid', `${fileName}:1: the YAML does not parse`, { cause })
  }
  const problems = document.errors.map((error) => `${fileName}:${at(error.pos[0])}: ${yamlProblem(error.code)}`)
  if (problems.length > 0) throw new Fault('config_invalid', problems.slice(0, PROBLEMS_MAX).join('\n'))
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: ALIASES_MAX }) ?? {}
  } catch (cause) {
    throw new Fault(
      'config_invalid',
      `${fileName}:1: more than ${ALIASES_MAX} aliases, or one that resolves to nothing`,
      { cause },
    )
  }
  return { value, fileName, lineOf: (path) => at(offsetOf(document, path)) }
}

function yamlProblem(code: string): string {
  if (code === 'DUPLICATE_KEY') return 'a key stands here a second time: keep one'
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line: use spaces'
  return `the YAML does not parse: ${code.toLowerCase().replaceAll('_', ' ')}`
}

/** Where the path is written, or the deepest part of it that is. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents
  let offset = rangeStart(node) ?? 0
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => (isScalar(key) ? String(key.value) : '') === String(step))
      if (pair === undefined) return offset
      offset = rangeStart(pair.key) ?? offset
      node = pair.value
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step]
      offset = rangeStart(node) ?? offset
    } else return offset
  }
  return offset
}

function rangeStart(node: unknown): number | undefined {
  const range: unknown = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  const start: unknown = Array.isArray(range) ? range[0] : undefined
  return typeof start === 'number' ? start : undefined
}

type Issue = z.core.$ZodIssue

/** `schema` is the JSON Schema of the whole file: it says which keys there are at each place. */
export function refuse(issues: readonly Issue[], parsed: ParsedConfig, schema: Record<string, unknown>): Fault {
  const problems = issues.flatMap((issue) => describe(issue, [], parsed, schema))
  const ordered = problems
    .toSorted((a, b) => a.line - b.line)
    .map(({ line, what }) => `${parsed.fileName}:${line}: ${what}`)
  const unique = [...new Set(ordered)]
  const more = unique.length > PROBLEMS_MAX ? [`and ${unique.length - PROBLEMS_MAX} more`] : []
  return new Fault('config_invalid', [...unique.slice(0, PROBLEMS_MAX), ...more].join('\n'))
}

interface Problem {
  readonly line: number
  readonly what: string
}

function describe(
  issue: Issue,
  above: readonly PropertyKey[],
  parsed: ParsedConfig,
  schema: Record<string, unknown>,
): Problem[] {
  const path = [...above, ...issue.path]
  const place = path.length === 0 ? 'the file' : `\`${path.map(String).join('.')}\``
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path)
    return issue.keys.map((key) => {
      const near = nearest(key, known)
      const hint =
        near === undefined ? (known.length === 0 ? '' : `; known are ${known.join(', ')}`) : `; \`${near}\` is meant?`
      return {
        line: parsed.lineOf([...path, key]),
        what: `unknown key \`${key}\`${path.length === 0 ? '' : ` in ${place}`}${hint}`,
      }
    })
  }
  if (issue.code === 'invalid_union') {
    // the alternative that fits best is the one whose complaint lies deepest
    const nested = issue.errors.map((issues) => issues.flatMap((inner) => describe(inner, path, parsed, schema)))
    const depth = (at: number): number =>
      Math.max(
        0,
        ...(issue.errors[at] ?? []).map((inner) => inner.path.length + (inner.code === 'invalid_type' ? 0 : 1)),
      )
    const best = nested.map((_, at) => at).toSorted((a, b) => depth(b) - depth(a))[0]
    return best === undefined ? [] : (nested[best] ?? [])
  }
  const line = parsed.lineOf(path)
  if (issue.code === 'invalid_type' && issue.input === undefined && missing(parsed.value, path))
    return [{ line, what: `${place} is missing` }]
  if (issue.code === 'invalid_type') return [{ line, what: `${place} must be ${article(issue.expected)}` }]
  if (issue.code === 'invalid_value')
    return [{ line, what: `${place} must be one of ${issue.values.map(String).join(', ')}` }]
  if (issue.code === 'too_small')
    return [{ line, what: `${place} must be at least ${String(issue.minimum)}${unitOf(issue.origin)}` }]
  if (issue.code === 'too_big')
    return [{ line, what: `${place} must be at most ${String(issue.maximum)}${unitOf(issue.origin)}` }]
  return [{ line, what: `${place}: ${issue.message}` }]
}

function missing(value: unknown, path: readonly PropertyKey[]): boolean {
  let at: unknown = value
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return true
    at = (at as Record<PropertyKey, unknown>)[step]
  }
  return false
}

const ARTICLES: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a map of keys to values',
  record: 'a map of keys to values',
  string: 'text (write it in quotes)',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
}
const article = (expected: string): string =>
  Object.hasOwn(ARTICLES, expected) ? (ARTICLES[expected] ?? expected) : expected
const unitOf = (origin: string): string =>
  origin === 'string' ? ' characters long' : origin === 'array' ? ' entries long' : ''

/** The keys that the schema knows at a place. */
function keysAt(schema: Record<string, unknown>, path: readonly PropertyKey[]): string[] {
  let places: Record<string, unknown>[] = alternatives(schema)
  for (const step of path) {
    places = places.flatMap((place) => {
      const below = typeof step === 'number' ? place['items'] : asRecord(place['properties'])?.[String(step)]
      const next = asRecord(below)
      return next === undefined ? [] : alternatives(next)
    })
  }
  return places.flatMap((place) => Object.keys(asRecord(place['properties']) ?? {}))
}

function alternatives(schema: Record<string, unknown>): Record<string, unknown>[] {
  const options: unknown = schema['anyOf']
  if (!Array.isArray(options)) return [schema]
  return (options as unknown[]).map(asRecord).filter((option) => option !== undefined)
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** The known key that differs least, when it differs by two letters or a third of them. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const typed = key
    .slice(0, 100)
    .toLowerCase()
    .replaceAll(/[-_\s]/g, '')
  let best: { readonly key: string; readonly distance: number } | undefined
  for (const candidate of known) {
    const distance = editDistance(typed, candidate.toLowerCase())
    if (
      distance <= (candidate.length < 4 ? 1 : Math.max(2, candidate.length / 3)) &&
      (best === undefined || distance < best.distance)
    )
      best = { key: candidate, distance }
  }
  return best?.key
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (const [i, left] of Array.from(a).entries()) {
    const next = [i + 1]
    for (const [j, right] of Array.from(b).entries()) {
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (left === right ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
