// The tree over the entries, held against every root that was signed. Where one does not hold, the tiles tell which entry was
// touched: their hashes are of what stood there when it was signed.
import { MerkleStack } from '../offline/formats.ts'
import { NAMED_MAX } from './live-findings.ts'
import type { LiveFindings } from './live-findings.ts'

const TILE_HEIGHT = 8

export class SignedRoots {
  readonly #findings: LiveFindings
  /** Of the rows; and, from the first row on that its tile has otherwise, of the tiles. */
  readonly #rows = new MerkleStack()
  #tiles: MerkleStack | undefined
  #rowsGood = true
  /** Rows that their tile has otherwise, since the last root that held. */
  #differing: number[] = []
  readonly #touched: number[] = []
  /** So far every root was looked at. */
  good = 0

  constructor(findings: LiveFindings) {
    this.#findings = findings
  }

  /** The next 256 entries, of which the tile has nothing else. */
  pushTile(root: Buffer): void {
    this.#rows.push(root, TILE_HEIGHT)
    this.#tiles?.push(root, TILE_HEIGHT)
  }

  /** The next entry, and what its tile has in its place, where it has anything. Answers whether that is another. */
  push(seq: number, hash: Buffer, onTile: Buffer | undefined): boolean {
    const differs = onTile !== undefined && !onTile.equals(hash)
    if (differs) {
      this.#tiles ??= this.#rows.copy()
      this.#differing.push(seq)
    }
    this.#rows.push(hash)
    this.#tiles?.push(onTile ?? hash)
    return differs
  }

  /** Rows, or what the tiles have in their place, give the root that was signed; else one of the rows since was touched. */
  check(root: Buffer, size: number, at: string): void {
    if (this.#rowsGood && this.#rows.root().equals(root)) {
      for (const seq of this.#differing)
        this.#findings.fail('tiles', `tile 0 has another hash for entry ${seq} than what was signed`, seq)
      this.#tiles = undefined
    } else if (this.#tiles?.root().equals(root) === true) {
      for (const seq of this.#differing) this.#touch(seq)
      this.#rowsGood = false
    } else if (this.good < size) {
      const first = this.#differing[0] ?? this.good
      const detail = `${at} was signed over other entries than those from ${first} on`
      this.#findings.fail('entries', detail, first, size - 1)
      this.#rowsGood = false
    } else throw new Error(`${at} was signed over other entries`)
    this.#differing = []
    this.good = size
  }

  checkKnown(root: Buffer, size: number): void {
    if (this.#rows.root().equals(root))
      this.#findings.say('known checkpoint', 'passed', `the log begins with the ${size} entries that are known`)
    else {
      const detail = `the log that is known has other entries below ${size}: it was forked or rewritten`
      this.#findings.fail('known checkpoint', detail, 0, size - 1)
    }
  }

  /** No root comes any more. */
  end(): void {
    for (const seq of this.#differing) this.#touch(seq)
    const [first = 0] = this.#touched
    if (this.#touched.length > NAMED_MAX)
      this.#findings.fail(
        'entries',
        `${this.#touched.length} entries are not what was signed`,
        first,
        this.#touched.at(-1),
      )
  }

  #touch(seq: number): void {
    this.#touched.push(seq)
    const detail = `entry ${seq} is not what was signed: it was changed, or another stands there`
    if (this.#touched.length <= NAMED_MAX) this.#findings.fail('entries', detail, seq)
  }
}
