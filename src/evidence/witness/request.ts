// The body of add-checkpoint (C2SP tlog-witness): an old size, a consistency proof, and the log's checkpoint.
import { formatNote, parseNote } from '../checkpoint/note.ts'
import type { Note } from '../checkpoint/note.ts'

export interface AddCheckpoint {
  readonly oldSize: number
  readonly proof: readonly Buffer[]
  readonly note: Note
}

const PROOF_LINES_MAX = 63

export function formatAddCheckpoint({ oldSize, proof, note }: AddCheckpoint): string {
  return `old ${oldSize}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${formatNote(note)}`
}

/** Untrusted input. Throws RangeError. */
export function parseAddCheckpoint(untrusted: string): AddCheckpoint {
  const at = untrusted.indexOf('\n\n')
  if (at < 0) throw new RangeError('the request has no empty line before its checkpoint')
  const [first = '', ...lines] = untrusted.slice(0, at).split('\n')
  const [, size] = /^old (0|[1-9][0-9]{0,15})$/.exec(first) ?? []
  if (size === undefined || !Number.isSafeInteger(Number(size))) throw new RangeError('the first line is `old SIZE`')
  if (lines.length > PROOF_LINES_MAX) throw new RangeError(`a proof has at most ${PROOF_LINES_MAX} lines`)
  const proof = lines.map((line) => {
    const hash = Buffer.from(line, 'base64')
    if (hash.length !== 32 || hash.toString('base64') !== line) throw new RangeError('a proof line is no hash')
    return hash
  })
  return { oldSize: Number(size), proof, note: parseNote(untrusted.slice(at + 2)) }
}
