// A large Kubernetes list in YAML (`kubectl get -o yaml`) read some items at a time, so that memory stays small.
import { LineStarts } from './lines.ts'
import type { YamlProblem, YamlValues } from './yaml-documents.ts'
import { setOwn } from './yaml-value.ts'
import type { ContainerLines } from './yaml-value.ts'

const CHUNK_CHARS = 128 * 1024
/** An anchor or alias may reach from one item into another, so such a document is not cut. */
const MAY_ANCHOR = /(?:^|[\s,[{])[&*][A-Za-z0-9_]/m

/**
 * One document out of its chunks, or `undefined` when the text is not a block mapping with a top-level block sequence
 * `items`. A chunk that does not parse is a problem, the other items stand.
 */
export function listInChunks(
  piece: string,
  lineOffset: number,
  parse: (text: string, lineOffset: number) => YamlValues,
): YamlValues | undefined {
  const key = /^items:[ \t]*\r?\n(?=( *)- )/m.exec(piece)
  const indent = key?.[1]
  if (key === null || indent === undefined || MAY_ANCHOR.test(piece)) return undefined
  const from = key.index + key[0].length
  const to = sequenceEnd(piece, from)
  const starts = new LineStarts(piece)
  const lineAt = (offset: number): number => starts.lineAt(offset) + lineOffset
  const lines = new Map<object, ContainerLines>()
  const problems: YamlProblem[] = []
  const read = (start: number, end: number): { value: unknown; lines: ContainerLines | undefined } => {
    const part = parse(piece.slice(start, end), lineAt(start) - 1)
    problems.push(...part.problems)
    for (const value of part.values) for (const [node, known] of value.lines) lines.set(node, known)
    const value = part.values[0]?.value
    return { value, lines: isObject(value) ? lines.get(value) : undefined }
  }
  const root = {}
  const rootMembers = new Map<string, number>()
  const items: unknown[] = []
  const itemLines: number[] = []
  const members = ({ value, lines: known }: ReturnType<typeof read>): void => {
    for (const [name, member] of isObject(value) && !Array.isArray(value) ? Object.entries(value) : []) {
      setOwn(root, name, member)
      const line = known?.members instanceof Map ? (known.members as ReadonlyMap<string, number>).get(name) : undefined
      if (line !== undefined) rootMembers.set(name, line)
    }
  }
  members(read(0, key.index))
  const cuts = [...chunkStarts(piece, from, to, indent), to]
  for (const [index, start] of cuts.slice(0, -1).entries()) {
    const chunk = read(start, cuts[index + 1] ?? to)
    if (!Array.isArray(chunk.value)) continue
    for (const item of chunk.value) items.push(item)
    for (const line of (chunk.lines?.members ?? []) as readonly number[]) itemLines.push(line)
  }
  setOwn(root, 'items', items)
  rootMembers.set('items', lineAt(key.index))
  members(read(to, piece.length))
  lines.set(items, { start: lineAt(from), end: lineAt(Math.max(from, to - 1)), members: itemLines })
  lines.set(root, { start: lineOffset + 1, end: lineAt(Math.max(0, piece.trimEnd().length - 1)), members: rootMembers })
  return { values: [{ value: root, lines }], problems }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The first line after the sequence: one that starts in the first column and is neither an item nor a comment. */
function sequenceEnd(piece: string, from: number): number {
  const next = /^(?:[^\s#-]|-(?!\s))/gm
  next.lastIndex = from
  return next.exec(piece)?.index ?? piece.length
}

/** Offsets of items, some `CHUNK_CHARS` apart. What an item holds is indented deeper than its dash. */
function* chunkStarts(piece: string, from: number, to: number, indent: string): Generator<number> {
  const item = new RegExp(`^${indent}-(?=\\s)`, 'gm')
  item.lastIndex = from
  let last = -CHUNK_CHARS
  for (let found = item.exec(piece); found !== null && found.index < to; found = item.exec(piece)) {
    if (found.index - last < CHUNK_CHARS) continue
    last = found.index
    yield found.index
  }
}
