// Reasons and contents of the entries of a tile against the hashes that their leaves hold of them.
import { hash as hashOnce } from 'node:crypto'
import { canonical } from '../offline/formats.ts'
import type { TileRow } from './entry-tile.ts'
import { exactJson } from './exact-json.ts'

export interface ContentsFound {
  /** Undefined where it holds a number that nobody can have hashed. */
  readonly contents: readonly unknown[]
  readonly problems: ReadonlyMap<number, string>
  /** Places whose content is gone and whose hash has stayed. */
  readonly pruned: ReadonlySet<number>
}

const ABSENT = '-'
const UTF8_BYTES_MAX = 3

export function contentProblems(row: Pick<TileRow, 'contents' | 'reasons' | 'salts' | 'contentHashes'>): ContentsFound {
  const contents = contentsOf(row.contents)
  const reasons = row.reasons.split('\n')
  const salts = row.salts.split(',')
  const problems = new Map<number, string>()
  const pruned = new Set<number>()
  for (const [place, hash] of row.contentHashes.split(',').entries()) {
    const salt = salts[place] ?? ABSENT
    if (hash !== ABSENT && salt === ABSENT) pruned.add(place)
    const problem = problemOf(contents[place], reasons[place] ?? '', salt, hash)
    if (problem !== undefined) problems.set(place, problem)
  }
  return { contents, problems, pruned }
}

/** All at once, which is quicker; one by one where a number in one of them is not one that a double holds. */
function contentsOf(text: string): readonly unknown[] {
  const all = exactJson(`[${text.replaceAll('\n', ',')}]`)
  if (all !== undefined) return all.value as readonly unknown[]
  return text.split('\n').map((content) => exactJson(content)?.value)
}

let scratch = Buffer.alloc(4096)

/** `reason` as JSON, or empty; salt and hash in hex. */
function problemOf(content: unknown, reason: string, salt: string, hash: string): string | undefined {
  if (content === undefined) return 'has a number in its content that its hash cannot be of'
  if (salt === ABSENT) return reason === '' && content === null ? undefined : 'has content that its hash is not of'
  const parts = [
    ...(content === null ? [] : [`"content":${canonical(content)}`]),
    ...(reason === '' ? [] : [`"reason":${reason}`]),
  ]
  const said = `{${parts.join(',')}}`
  const room = salt.length + said.length * UTF8_BYTES_MAX
  if (scratch.length < room) scratch = Buffer.alloc(room)
  const salted = scratch.write(salt, 'hex')
  const length = salted + scratch.write(said, salted)
  return hashOnce('sha256', scratch.subarray(0, length), 'hex') === hash
    ? undefined
    : 'has another content than its hash is of'
}
