// A witness (C2SP tlog-witness): remembers the largest tree of each log that it cosigned, and cosigns nothing but its growth.
import { join } from 'node:path'
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { formatNote, signatureLine, signNote, verifyNote } from '../checkpoint/note.ts'
import type { NoteSigner, NoteVerifier } from '../checkpoint/note.ts'
import { extendsTree } from '../tree/proof.ts'
import { memoryFile, nameOf, remembered, writeWhole } from './memory.ts'
import { parseAddCheckpoint } from './request.ts'
import type { AddCheckpoint } from './request.ts'

export interface WitnessParts {
  /** A cosignature key. SECURITY: not the log's, on a machine that the log's operator does not own. */
  readonly signer: NoteSigner
  /** The logs that it watches, by origin, with the keys that may sign for each. */
  readonly logs: ReadonlyMap<string, readonly NoteVerifier[]>
  /** Its memory. A witness whose memory is lost has to be retired: it could be made to cosign a fork. */
  readonly folder: string
  /** Seconds since 1970. */
  readonly clock: () => number
  /** A fork, a rollback, a rewritten past: signed by the log itself, so it is evidence. */
  readonly onMisbehaviour: (what: Misbehaviour) => void
}

export interface Misbehaviour {
  readonly kind: 'fork' | 'inconsistent'
  readonly origin: string
  readonly remembered: number
  readonly offered: number
  /** Where the signed checkpoint is kept that proves it. */
  readonly evidence: string
}

export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422
  readonly contentType: string
  readonly body: string
}

const text = (status: WitnessAnswer['status'], body: string): WitnessAnswer => ({
  status,
  contentType: 'text/plain',
  body: `${body}\n`,
})

export class Witness {
  readonly #parts: WitnessParts
  /** One request of a log after another, so that check and memory are one step. */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(parts: WitnessParts) {
    this.#parts = parts
  }

  /** The body of an answer is public. The new checkpoint is on disk before a cosignature leaves. Never throws on input. */
  async addCheckpoint(untrusted: string): Promise<WitnessAnswer> {
    let request: AddCheckpoint
    let offered: Checkpoint
    try {
      request = parseAddCheckpoint(untrusted)
      offered = parseCheckpoint(request.note.text)
    } catch (error) {
      if (error instanceof RangeError) return text(400, error.message)
      throw error
    }
    const verifiers = this.#parts.logs.get(offered.origin)
    if (verifiers === undefined) return text(404, 'this witness does not watch that log')
    if (!verifiers.some((verifier) => verifyNote(request.note, verifier) !== undefined)) {
      return text(403, 'no trusted key signed this checkpoint')
    }
    if (request.oldSize > offered.size) return text(400, 'the old size is above the size of the checkpoint')
    const before = this.#turns.get(offered.origin) ?? Promise.resolve()
    const turn = before.then(async () => await this.#decide(request, offered))
    this.#turns.set(
      offered.origin,
      turn.catch(() => undefined),
    )
    return await turn
  }

  async #decide({ oldSize, proof, note }: AddCheckpoint, offered: Checkpoint): Promise<WitnessAnswer> {
    const known = (await remembered(this.#parts.folder, offered.origin)) ?? { size: 0, root: Buffer.alloc(0) }
    if (oldSize !== known.size) {
      return { status: 409, contentType: 'text/x.tlog.size', body: `${known.size}\n` }
    }
    if (oldSize === offered.size && oldSize > 0 && !offered.root.equals(known.root)) {
      await this.#raise('fork', known.size, offered, formatNote(note))
      return { status: 409, contentType: 'text/x.tlog.size', body: `${known.size}\n` }
    }
    if (!extendsTree(proof, known, offered)) {
      await this.#raise('inconsistent', known.size, offered, formatNote(note))
      return text(422, 'the consistency proof does not show that the log has only grown')
    }
    await writeWhole(memoryFile(this.#parts.folder, offered.origin), formatNote(note))
    const cosignature = signNote(note.text, this.#parts.signer, this.#parts.clock())
    return { status: 200, contentType: 'text/plain', body: signatureLine(cosignature) }
  }

  async #raise(kind: Misbehaviour['kind'], known: number, offered: Checkpoint, note: string): Promise<void> {
    const name = `${kind}-${offered.size}-${offered.root.toString('hex').slice(0, 16)}`
    const evidence = join(this.#parts.folder, 'misbehaviour', `${nameOf(offered.origin)}-${name}`)
    await writeWhole(evidence, note)
    this.#parts.onMisbehaviour({ kind, origin: offered.origin, remembered: known, offered: offered.size, evidence })
  }
}
