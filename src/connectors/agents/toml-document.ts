// TOML with the line of every table and key, as far as they stand in headers and at the start of a line.
import { parse, TomlError } from 'smol-toml'
import { ParseProblem } from '../port.ts'
import type { ParsedDocument } from '../port.ts'
import { isRecord } from '../untrusted-value.ts'

const TOML_LENGTH_MAX = 1_048_576

/** Throws `ParseProblem` with the line of the first error; never quotes the text. */
export function parseToml(text: string): ParsedDocument {
  if (text.length > TOML_LENGTH_MAX) throw new ParseProblem('the TOML is larger than 1 MiB')
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    throw new ParseProblem('the TOML does not parse', error instanceof TomlError ? error.line : undefined)
  }
  const lines = linesOf(text)
  const paths = new WeakMap<object, string>()
  name(value, '', paths)
  return {
    value,
    line(node, key) {
      const path = paths.get(node)
      if (path === undefined) return undefined
      return (key === undefined ? undefined : lines.get(`${path}\0${key}`)) ?? lines.get(path)
    },
    endLine: () => undefined,
  }
}

const PART = /"((?:[^"\\]|\\.){0,200})"|'([^']{0,200})'|([\w-]{1,200})/g

const pathOf = (dotted: string): string =>
  [...dotted.matchAll(PART)].map((match) => `\0${match[1] ?? match[2] ?? match[3] ?? ''}`).join('')

function linesOf(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>([['', 1]])
  let table = ''
  let line = 0
  for (const row of text.split('\n')) {
    line += 1
    const trimmed = row.slice(0, 1000).trim()
    const header = /^\[([^\][]{1,900})\]/.exec(trimmed)?.[1]
    if (header !== undefined) {
      table = pathOf(header)
      if (!lines.has(table)) lines.set(table, line)
      continue
    }
    const equals = trimmed.indexOf('=')
    if (equals < 1 || trimmed.startsWith('#')) continue
    const key = table + pathOf(trimmed.slice(0, equals))
    if (!lines.has(key)) lines.set(key, line)
  }
  return lines
}

function name(value: unknown, path: string, paths: WeakMap<object, string>): void {
  if (!isRecord(value)) {
    if (Array.isArray(value)) paths.set(value, path)
    return
  }
  paths.set(value, path)
  for (const [key, item] of Object.entries(value)) name(item, `${path}\0${key}`, paths)
}
