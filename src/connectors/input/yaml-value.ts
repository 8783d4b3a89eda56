// One YAML document's nodes as plain values with their lines. Aliases share values, so a bomb is caught by what it
// would expand to, not by how often an anchor is used.
import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { Alias, Document, Pair, YAMLMap, YAMLSeq } from 'yaml'
import type { ParsedDocument } from '../port.ts'

const YAML_DEPTH_MAX = 100
/** Nodes of one document after every alias and merge has been written out. */
const YAML_EXPANDED_MAX = 2_000_000

/** A document that is well-formed but not acceptable. `offset` is in the document's text. */
export class YamlRefused extends Error {
  readonly offset: number
  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

export interface ContainerLines {
  readonly start: number
  readonly end: number
  /** By key for a mapping, by index for a sequence. */
  readonly members: ReadonlyMap<string, number> | readonly number[]
}

export interface YamlValue {
  readonly value: unknown
  readonly lines: ReadonlyMap<object, ContainerLines>
}

/** Throws `YamlRefused` on depth, expansion, cyclic or unknown aliases, and merges of something that is not a mapping. */
export function valueOf(document: Document, lineAt: (offset: number) => number): YamlValue {
  return new Converter(lineAt).convert(document)
}

/** The document as adapters see it. */
export function documentOf({ value, lines }: YamlValue): ParsedDocument {
  return {
    value,
    line(node, key) {
      const known = lines.get(node)
      if (known === undefined || key === undefined) return known?.start
      const { members, start } = known
      const member = members instanceof Map ? members.get(String(key)) : (members as readonly number[])[Number(key)]
      return (member as number | undefined) ?? start
    },
    endLine: (node) => lines.get(node)?.end,
  }
}

interface Anchored {
  readonly value: unknown
  readonly nodes: number
}

class Converter {
  readonly #lineAt: (offset: number) => number
  readonly #lines = new Map<object, ContainerLines>()
  /** `undefined` while the anchored node is still open: an alias to it would be a cycle. */
  readonly #anchors = new Map<string, Anchored | undefined>()
  /** Nodes so far, aliases counted with all that they stand for. */
  #nodes = 0

  constructor(lineAt: (offset: number) => number) {
    this.#lineAt = lineAt
  }

  convert(document: Document): YamlValue {
    return { value: this.#node(document.contents, 0), lines: this.#lines }
  }

  #node(node: unknown, depth: number): unknown {
    if (isAlias(node)) return this.#alias(node).value
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined
    const before = this.#nodes
    this.#count(1, node)
    if (anchor !== undefined) this.#anchors.set(anchor, undefined)
    if (depth > YAML_DEPTH_MAX) throw new YamlRefused(`the YAML is nested deeper than ${YAML_DEPTH_MAX}`, startOf(node))
    const value = isMap(node) ? this.#map(node, depth) : isSeq(node) ? this.#seq(node, depth) : scalarOf(node)
    if (anchor !== undefined) this.#anchors.set(anchor, { value, nodes: this.#nodes - before })
    return value
  }

  #count(nodes: number, at: unknown): void {
    this.#nodes += nodes
    if (this.#nodes > YAML_EXPANDED_MAX)
      throw new YamlRefused(`the YAML aliases expand to more than ${YAML_EXPANDED_MAX} nodes`, startOf(at))
  }

  #alias(alias: Alias): Anchored {
    const target = this.#anchors.get(alias.source)
    if (target === undefined) {
      const what = this.#anchors.has(alias.source) ? 'a YAML alias refers to itself' : 'a YAML alias has no anchor'
      throw new YamlRefused(what, startOf(alias))
    }
    this.#count(target.nodes, alias)
    return target
  }

  #seq(node: YAMLSeq, depth: number): unknown[] {
    const values: unknown[] = []
    const members: number[] = []
    this.#place(values, node, members)
    for (const item of node.items) {
      members.push(this.#lineAt(startOf(item)))
      values.push(this.#node(item, depth + 1))
    }
    return values
  }

  #map(node: YAMLMap, depth: number): object {
    const value = {}
    const members = new Map<string, number>()
    this.#place(value, node, members)
    const merged: unknown[] = []
    for (const pair of node.items) {
      if (isMerge(pair)) merged.push(...this.#mergeSources(pair, depth))
      else {
        const key = this.#key(pair, depth)
        members.set(key, this.#lineAt(startOf(pair.key)))
        setOwn(value, key, this.#node(pair.value, depth + 1))
      }
    }
    for (const source of merged) this.#merge(value, members, source)
    return value
  }

  #mergeSources(pair: Pair, depth: number): readonly unknown[] {
    const source = this.#node(pair.value, depth + 1)
    const sources: readonly unknown[] = Array.isArray(source) ? source : [source]
    if (sources.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item))) return sources
    throw new YamlRefused('a YAML merge key needs a mapping', startOf(pair.key))
  }

  /** What the mapping says itself goes before what it merges, earlier merges before later ones. */
  #merge(value: object, members: Map<string, number>, source: unknown): void {
    if (typeof source !== 'object' || source === null) return
    const lines = this.#lines.get(source)?.members
    for (const [key, member] of Object.entries(source)) {
      if (Object.hasOwn(value, key)) continue
      setOwn(value, key, member)
      const line = lines instanceof Map ? (lines as ReadonlyMap<string, number>).get(key) : undefined
      if (line !== undefined) members.set(key, line)
    }
  }

  #key({ key }: Pair, depth: number): string {
    const value = this.#node(key, depth + 1)
    if (value === null || value === undefined) return ''
    if (typeof value === 'string') return value
    if (typeof value === 'number') return String(value)
    const text = JSON.stringify(value)
    return text.length > 200 ? `${text.slice(0, 200)}…` : text
  }

  #place(value: object, node: YAMLMap | YAMLSeq, members: ContainerLines['members']): void {
    const [start = 0, end = start] = node.range ?? []
    this.#lines.set(value, { start: this.#lineAt(start), end: this.#lineAt(Math.max(start, end - 1)), members })
  }
}

const scalarOf = (node: unknown): unknown => {
  const value: unknown = isScalar(node) ? node.value : null
  return typeof value === 'symbol' ? '<<' : value
}

/** A plain `<<`; a quoted one is an ordinary key. */
const isMerge = (pair: Pair): boolean =>
  isScalar(pair.key) && (typeof pair.key.value === 'symbol' || (pair.key.value === '<<' && pair.key.type === 'PLAIN'))

function startOf(node: unknown): number {
  const range = (node as { range?: readonly number[] | null } | null)?.range
  return range?.[0] ?? 0
}

/** SECURITY: `__proto__` as a key must become an own property, never the prototype. */
export function setOwn(target: object, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
  } else (target as Record<string, unknown>)[key] = value
}
