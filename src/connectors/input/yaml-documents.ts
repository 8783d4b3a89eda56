// YAML from outside: the `yaml` package with limits on aliases, depth and size, and the line of every node.
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml'
import type { Document, Node, Pair } from 'yaml'
import type { ParsedDocument } from '../port.ts'

export const YAML_ALIASES_MAX = 100
export const YAML_DEPTH_MAX = 100

export interface YamlDocuments {
  readonly documents: readonly ParsedDocument[]
  readonly problems: readonly { line: number; message: string }[]
}

/** Never throws: what does not parse is a problem with its line, the other documents stand. */
export function parseYaml(text: string): YamlDocuments {
  const counter = new LineCounter()
  const documents: ParsedDocument[] = []
  const problems: { line: number; message: string }[] = []
  let parsed: readonly Document[]
  try {
    const result = parseAllDocuments(text, {
      lineCounter: counter,
      prettyErrors: false,
      logLevel: 'silent',
      merge: true,
      uniqueKeys: false,
    })
    parsed = 'empty' in result ? [] : result
  } catch {
    return { documents, problems: [{ line: 1, message: 'the YAML does not parse' }] }
  }
  for (const document of parsed) {
    const error = document.errors[0]
    if (error !== undefined) {
      problems.push({
        line: counter.linePos(error.pos[0]).line,
        message: `the YAML does not parse: ${error.code.toLowerCase().replaceAll('_', ' ')}`,
      })
      continue
    }
    const line = document.range === undefined ? 1 : counter.linePos(document.range[0]).line
    try {
      documents.push(withLines(document, counter))
    } catch (cause) {
      const tooDeep = cause instanceof RangeError
      problems.push({
        line,
        message: tooDeep
          ? `the YAML is nested deeper than ${YAML_DEPTH_MAX}`
          : `the YAML has more than ${YAML_ALIASES_MAX} aliases or one that resolves to nothing`,
      })
    }
  }
  return { documents, problems }
}

function withLines(document: Document, counter: LineCounter): ParsedDocument {
  checkDepth(document.contents, 0)
  const value: unknown = document.toJS({ maxAliasCount: YAML_ALIASES_MAX })
  const nodes = new WeakMap<object, Node>()
  match(document, document.contents, value, nodes)
  const lineAt = (offset: number | undefined): number | undefined =>
    offset === undefined ? undefined : counter.linePos(offset).line
  return {
    value,
    line(object, key) {
      const node = nodes.get(object)
      if (node === undefined || key === undefined) return lineAt(node?.range?.[0])
      if (isMap(node)) {
        const pair = node.items.find((item) => keyOf(item) === String(key))
        return lineAt((pair?.key as Node | undefined)?.range?.[0] ?? node.range?.[0])
      }
      if (isSeq(node)) return lineAt((node.items[Number(key)] as Node | undefined)?.range?.[0] ?? node.range?.[0])
      return lineAt(node.range?.[0])
    },
    endLine(object) {
      const end = nodes.get(object)?.range?.[1]
      return end === undefined ? undefined : lineAt(Math.max(0, end - 1))
    },
  }
}

function checkDepth(node: unknown, depth: number): void {
  if (depth > YAML_DEPTH_MAX) throw new RangeError('too deep')
  if (isMap(node)) for (const item of node.items) checkDepth(item.value, depth + 1)
  else if (isSeq(node)) for (const item of node.items) checkDepth(item, depth + 1)
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
}

function match(document: Document, node: unknown, value: unknown, nodes: WeakMap<object, Node>): void {
  const target = isAlias(node) ? node.resolve(document) : node
  if (typeof value !== 'object' || value === null || nodes.has(value)) return
  if (isMap(target)) {
    nodes.set(value, target)
    for (const item of target.items) match(document, item.value, (value as Record<string, unknown>)[keyOf(item)], nodes)
  } else if (isSeq(target)) {
    nodes.set(value, target)
    for (const [index, item] of target.items.entries()) match(document, item, (value as unknown[])[index], nodes)
  }
}
