// The log's side of witnessing: offers a checkpoint to each witness and takes what it cosigned.
import { z } from 'zod'
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'
import { parseNote, verifyNote } from '../checkpoint/note.ts'
import type { Note, NoteSignature, NoteVerifier } from '../checkpoint/note.ts'
import { consistencyProof } from '../tree/proof.ts'
import type { ReadTile } from '../tree/subtree.ts'
import type { MisbehaviourKind } from './misbehaviour.ts'
import { formatAddCheckpoint } from './request.ts'

export interface WitnessPeer {
  /** Its submission prefix. */
  readonly url: string
  readonly verifier: NoteVerifier
}

/**
 * `alarm`: the witness remembers another tree of this size or a larger one than the log has, or does not find that it has
 * only grown. That is a fork, a rollback or a truncated tail, never a passing fault.
 */
export type Cosigned =
  | { readonly outcome: 'cosigned'; readonly signature: NoteSignature }
  | { readonly outcome: 'unreachable'; readonly why: string }
  | { readonly outcome: 'refused'; readonly why: string }
  | { readonly outcome: 'alarm'; readonly cause: MisbehaviourKind; readonly why: string; readonly itsSize?: number }

const ANSWER_BYTES_MAX = 64 * 1024
const Size = z.string().regex(/^(?:0|[1-9][0-9]{0,15})\n$/)

/** Asks once with what we think it remembers, and once more with what it says. Throws nothing that the network does. */
export async function cosign(peer: WitnessPeer, note: Note, read: ReadTile, remembered: number): Promise<Cosigned> {
  const { size } = parseCheckpoint(note.text)
  let oldSize = Math.min(remembered, size)
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const proof = await consistencyProof(read, oldSize, size)
    const answer = await post(peer.url, formatAddCheckpoint({ oldSize, proof, note }))
    if ('why' in answer) return { outcome: 'unreachable', why: answer.why }
    if (answer.status === 200) return cosignatureIn(answer.body, peer.verifier, note)
    if (answer.status === 422)
      return { outcome: 'alarm', cause: 'inconsistent', why: 'it does not find that the log has only grown' }
    if (answer.status !== 409) return { outcome: 'refused', why: `it answered ${answer.status}` }
    const said = Size.safeParse(answer.body)
    if (!said.success) return { outcome: 'refused', why: 'it answered 409 without a size' }
    const itsSize = Number(said.data)
    if (itsSize > size)
      return {
        outcome: 'alarm',
        cause: 'rollback',
        why: `it remembers ${itsSize} entries and the log has ${size}`,
        itsSize,
      }
    if (itsSize === oldSize)
      return { outcome: 'alarm', cause: 'fork', why: `it remembers another tree of ${size} entries` }
    oldSize = itsSize
  }
  return { outcome: 'refused', why: 'it changed its mind about the size that it remembers' }
}

function cosignatureIn(body: string, verifier: NoteVerifier, note: Note): Cosigned {
  try {
    const { signatures } = parseNote(`${note.text}\n${body}`)
    const signature = signatures.find(({ name, keyId }) => name === verifier.name && keyId === verifier.keyId)
    if (signature !== undefined && verifyNote({ text: note.text, signatures: [signature] }, verifier) !== undefined) {
      return { outcome: 'cosigned', signature }
    }
    return { outcome: 'refused', why: 'its answer holds no good cosignature by its key' }
  } catch (error) {
    if (error instanceof RangeError) return { outcome: 'refused', why: `its answer is malformed: ${error.message}` }
    throw error
  }
}

async function post(
  url: string,
  body: string,
): Promise<{ readonly status: number; readonly body: string } | { readonly why: string }> {
  try {
    const answer = await fetch(`${url}/add-checkpoint`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/plain' },
      redirect: 'error',
      signal: AbortSignal.timeout(5000),
    })
    const text = await answer.text()
    return text.length > ANSWER_BYTES_MAX ? { why: 'its answer is too large' } : { status: answer.status, body: text }
  } catch (error) {
    return {
      why:
        error instanceof Error && error.name === 'TimeoutError' ? 'no answer in five seconds' : 'it cannot be reached',
    }
  }
}
