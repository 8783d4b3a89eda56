// Lines of the objects and arrays of a parsed JSON text, worked out from the text when the first one is asked for.
import { LineStarts } from './lines.ts'
import { stringEnd } from './json-scan.ts'

/** Containers with fewer members are searched each time; larger ones get an index, so that asking for all is linear. */
const INDEXED_FROM = 16

interface Frame {
  readonly node: unknown
  readonly ordinal: number
  readonly isArray: boolean
  index: number
  keyStart: number
  keyEnd: number
}

/**
 * INVARIANT: `text` is valid JSON and `root` is what `JSON.parse` made of it. Containers are numbered in the order in
 * which they open, so `starts` is sorted. With duplicate keys the last one counts, as in `JSON.parse`.
 */
export class JsonIndex {
  readonly #text: string
  readonly #root: unknown
  readonly #starts: Int32Array
  readonly #ends: Int32Array
  readonly #ordinals = new Map<object, number>()
  readonly #members = new Map<number, ReadonlyMap<string | number, number>>()
  #built = false
  #lines: LineStarts | undefined

  constructor(text: string, root: unknown, containers: number) {
    this.#text = text
    this.#root = root
    this.#starts = new Int32Array(containers)
    this.#ends = new Int32Array(containers)
  }

  /** 1-based line at which a container starts, or at which one of its members does. */
  line(node: object, key?: string | number): number | undefined {
    const ordinal = this.#ordinalOf(node)
    if (ordinal === undefined) return undefined
    const start = this.#starts[ordinal] ?? 0
    if (key === undefined) return this.#lineAt(start)
    const wanted = Array.isArray(node) ? Number(key) : String(key)
    return this.#lineAt(this.#memberOffsets(ordinal).get(wanted) ?? start)
  }

  endLine(node: object): number | undefined {
    const ordinal = this.#ordinalOf(node)
    return ordinal === undefined ? undefined : this.#lineAt(this.#ends[ordinal] ?? 0)
  }

  #lineAt(offset: number): number {
    return (this.#lines ??= new LineStarts(this.#text)).lineAt(offset)
  }

  #ordinalOf(node: object): number | undefined {
    if (!this.#built) this.#build()
    return this.#ordinals.get(node)
  }

  #build(): void {
    this.#built = true
    const text = this.#text
    const stack: Frame[] = []
    let count = 0
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      const top = stack.at(-1)
      if (code === 34) {
        const end = stringEnd(text, at)
        if (top !== undefined && !top.isArray && top.keyStart === -1) {
          top.keyStart = at
          top.keyEnd = end
        }
        at = end
      } else if (code === 123 || code === 91) {
        const node = top === undefined ? this.#root : childOf(text, top)
        if (typeof node === 'object' && node !== null) this.#ordinals.set(node, count)
        this.#starts[count] = at
        stack.push({ node, ordinal: count, isArray: code === 91, index: 0, keyStart: -1, keyEnd: -1 })
        count += 1
      } else if (code === 125 || code === 93) {
        const closed = stack.pop()
        if (closed !== undefined) this.#ends[closed.ordinal] = at
      } else if (code === 44 && top !== undefined) {
        top.index += 1
        top.keyStart = -1
      }
    }
  }

  /** Offset of each member: of its key in an object, of its value in an array. */
  #memberOffsets(ordinal: number): ReadonlyMap<string | number, number> {
    const known = this.#members.get(ordinal)
    if (known !== undefined) return known
    const text = this.#text
    const isArray = text.charCodeAt(this.#starts[ordinal] ?? 0) === 91
    const offsets = new Map<string | number, number>()
    const end = this.#ends[ordinal] ?? 0
    let index = 0
    let awaits = true
    for (let at = (this.#starts[ordinal] ?? 0) + 1; at < end; at++) {
      const code = text.charCodeAt(at)
      if (code === 32 || code === 10 || code === 13 || code === 9 || code === 58) continue
      if (code === 44) {
        awaits = true
        continue
      }
      const stop = code === 34 ? stringEnd(text, at) : code === 123 || code === 91 ? this.#endOf(at) : at
      if (awaits) {
        offsets.set(isArray ? index : keyOf(text, at, stop), at)
        index += 1
        awaits = false
      }
      at = stop
    }
    if (offsets.size >= INDEXED_FROM) this.#members.set(ordinal, offsets)
    return offsets
  }

  #endOf(start: number): number {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#starts[middle] ?? 0) <= start) low = middle
      else high = middle - 1
    }
    return this.#ends[low] ?? start
  }
}

function childOf(text: string, frame: Frame): unknown {
  if (typeof frame.node !== 'object' || frame.node === null) return undefined
  if (frame.isArray) return (frame.node as readonly unknown[])[frame.index]
  if (frame.keyStart === -1) return undefined
  const key = keyOf(text, frame.keyStart, frame.keyEnd)
  return Object.hasOwn(frame.node, key) ? (frame.node as Record<string, unknown>)[key] : undefined
}

function keyOf(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end)
  return inner.includes('\\') ? (JSON.parse(text.slice(start, end + 1)) as string) : inner
}
