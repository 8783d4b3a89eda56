// Entry bundles (C2SP tlog-tiles): up to 256 entries, each with its length in two bytes before it.

/** What two bytes can say. A larger entry cannot be in the log. */
const LEAF_BYTES_MAX = 65_535

export function formatBundle(leaves: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = []
  for (const leaf of leaves) {
    if (leaf.length > LEAF_BYTES_MAX) throw new RangeError('an entry is larger than the log takes')
    parts.push(Uint8Array.of(leaf.length >> 8, leaf.length & 255), leaf)
  }
  return Buffer.concat(parts)
}

/** Untrusted input. Throws RangeError where the lengths do not fill it exactly. */
export function parseBundle(untrusted: Uint8Array): Buffer[] {
  const bytes = Buffer.from(untrusted)
  const leaves: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    if (at + 2 > bytes.length) throw new RangeError('an entry bundle breaks off')
    const length = bytes.readUInt16BE(at)
    if (at + 2 + length > bytes.length) throw new RangeError('an entry bundle breaks off')
    leaves.push(bytes.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return leaves
}

/** The first `count` of a bundle's entries. Throws RangeError as `parseBundle`. */
export const cutBundle = (bundle: Uint8Array, count: number): Buffer =>
  formatBundle(parseBundle(bundle).slice(0, count))
