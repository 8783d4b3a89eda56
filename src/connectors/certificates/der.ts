// Just enough DER (X.690) to find the parts of a container: definite lengths, and indefinite ones as BER allows.

export interface DerNode {
  readonly tag: number
  /** The whole element, header included. */
  readonly whole: Uint8Array
  readonly content: Uint8Array
}

const DER_DEPTH_MAX = 30

/** The element at the start of `bytes`, or `undefined` when it does not fit in them. Never throws. */
export function readDer(bytes: Uint8Array): DerNode | undefined {
  const tag = bytes[0]
  const first = bytes[1]
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined
  if (first === 0x80) return readIndefinite(tag, bytes)
  let header = 2
  let length = first
  if (first > 0x80) {
    const count = first & 0x7f
    if (count > 4) return undefined
    length = 0
    for (let index = 0; index < count; index++) length = length * 256 + (bytes[2 + index] ?? 0)
    header += count
  }
  const end = header + length
  if (end > bytes.length) return undefined
  return { tag, whole: bytes.subarray(0, end), content: bytes.subarray(header, end) }
}

function readIndefinite(tag: number, bytes: Uint8Array, depth = 0): DerNode | undefined {
  let at = 2
  while (at < bytes.length) {
    if (bytes[at] === 0 && bytes[at + 1] === 0)
      return { tag, whole: bytes.subarray(0, at + 2), content: bytes.subarray(2, at) }
    const rest = bytes.subarray(at)
    const child =
      rest[1] === 0x80 && depth < DER_DEPTH_MAX ? readIndefinite(rest[0] ?? 0, rest, depth + 1) : readDer(rest)
    if (child === undefined || (rest[1] === 0x80 && depth >= DER_DEPTH_MAX)) return undefined
    at += child.whole.length
  }
  return undefined
}

/** The elements in the content of a constructed one, as far as they can be read. */
export function childrenOf(node: DerNode): DerNode[] {
  const children: DerNode[] = []
  let rest = node.content
  while (rest.length > 0 && children.length < 10_000) {
    const child = readDer(rest)
    if (child === undefined) break
    children.push(child)
    rest = rest.subarray(child.whole.length)
  }
  return children
}

export const SEQUENCE = 0x30
export const OBJECT_IDENTIFIER = 0x06
export const INTEGER = 0x02

/** The first SEQUENCE without what follows it. */
export function firstSequence(bytes: Uint8Array): Uint8Array | undefined {
  const node = readDer(bytes)
  return node?.tag === SEQUENCE ? node.whole : undefined
}

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
