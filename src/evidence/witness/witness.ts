// A witness (C2SP tlog-witness): remembers the largest tree of each log that it cosigned, and cosigns nothing but its growth.
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { formatNote, signatureLine, signNote, verifyNote } from '../checkpoint/note.ts'
import type { NoteSigner, NoteVerifier } from '../checkpoint/note.ts'
import { contradictsTree, extendsTree } from '../tree/proof.ts'
import { CosignedCheckpoints } from './cosigned-before.ts'
import { memoryFile, remembered, writeWhole } from './memory.ts'
import { causeOf, keepContradiction } from './misbehaviour.ts'
import type { Contradiction, Misbehaviour } from './misbehaviour.ts'
import { parseAddCheckpoint } from './request.ts'
import type { AddCheckpoint } from './request.ts'

export interface WitnessParts {
  /** A cosignature key. SECURITY: not the log's, on a machine that the log's operator does not own. */
  readonly signer: NoteSigner
  /** The keys that may sign for a log; `undefined` where it is not watched. */
  readonly keysOf: (origin: string) => Promise<readonly NoteVerifier[] | undefined>
  /** Its memory. A witness whose memory is lost has to be retired: it could be made to cosign a fork. */
  readonly folder: string
  /** Seconds since 1970. */
  readonly clock: () => number
  /** Signed by the log itself. Once for each cause, while this process runs. */
  readonly onMisbehaviour: (what: Misbehaviour) => void
}

export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422
  readonly contentType: string
  readonly body: string
}

/** A request is read for at most ten seconds: what was signed before a larger tree was cosigned comes in by then. */
const LATE_SECONDS = 15
const CAUSES_MAX = 1000

const text = (status: WitnessAnswer['status'], body: string): WitnessAnswer => ({
  status,
  contentType: 'text/plain',
  body: `${body}\n`,
})
const conflict = (size: number): WitnessAnswer => ({
  status: 409,
  contentType: 'text/x.tlog.size',
  body: `${size}\n`,
})

type Known = Checkpoint & { readonly note: string }

export class Witness {
  readonly #parts: WitnessParts
  /** One request of a log after another, so that check and memory are one step. */
  readonly #turns = new Map<string, Promise<unknown>>()
  readonly #cosigned = new Map<string, CosignedCheckpoints>()
  readonly #lastCosigned = new Map<string, number>()
  readonly #raised = new Set<string>()
  #badProofs = 0

  constructor(parts: WitnessParts) {
    this.#parts = parts
  }

  /** How many requests had a proof that shows nothing: whoever can reach this port can send one. */
  get badProofs(): number {
    return this.#badProofs
  }

  /** When this log was cosigned last, in seconds since 1970, also without growth. */
  async cosignedAt(origin: string): Promise<number | undefined> {
    const kept = await this.#cosignedOf(origin)
    return this.#lastCosigned.get(origin) ?? kept.newest?.seconds
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
    const verifiers = await this.#parts.keysOf(offered.origin)
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

  async #decide(request: AddCheckpoint, offered: Checkpoint): Promise<WitnessAnswer> {
    const { folder, signer, clock } = this.#parts
    const { oldSize, proof, note } = request
    const known = await remembered(folder, offered.origin)
    const cosigned = await this.#cosignedOf(offered.origin)
    if (known !== undefined && offered.size <= known.size) await this.#compare(request, offered, known, cosigned)
    const { size, root } = known ?? { size: 0, root: Buffer.alloc(0) }
    if (oldSize !== size) return conflict(size)
    if (oldSize === offered.size && oldSize > 0 && !offered.root.equals(root)) return conflict(size)
    if (!extendsTree(proof, { size, root }, offered)) {
      if (known !== undefined && contradictsTree(proof, known, offered))
        await this.#raise({ kind: 'inconsistent', offered, request, remembered: known })
      else this.#badProofs += 1
      return text(422, 'the consistency proof does not show that the log has only grown')
    }
    const seconds = clock()
    if (known === undefined || offered.size > size) {
      await writeWhole(memoryFile(folder, offered.origin), formatNote(note))
      await cosigned.add(formatNote(note), seconds)
    }
    this.#lastCosigned.set(offered.origin, seconds)
    return { status: 200, contentType: 'text/plain', body: signatureLine(signNote(note.text, signer, seconds)) }
  }

  /**
   * What is not growth. Another root than was cosigned for that size is proof against the log. One that was cosigned is told
   * again, and one that comes shortly after a larger one was overtaken on its way. Anything else the log signed when it was
   * smaller than it may be.
   */
  async #compare(
    request: AddCheckpoint,
    offered: Checkpoint,
    known: Known,
    cosigned: CosignedCheckpoints,
  ): Promise<void> {
    const same = offered.size === known.size ? known : cosigned.of(offered.size)
    if (same !== undefined) {
      if (!same.root.equals(offered.root)) await this.#raise({ kind: 'fork', offered, request, remembered: same })
      return
    }
    const overtaken = cosigned.firstAbove(offered.size)
    if (overtaken !== undefined && this.#parts.clock() - overtaken.seconds <= LATE_SECONDS) return
    await this.#raise({ kind: 'rollback', offered, request, remembered: known })
  }

  async #cosignedOf(origin: string): Promise<CosignedCheckpoints> {
    const kept = this.#cosigned.get(origin) ?? new CosignedCheckpoints(this.#parts.folder, origin)
    this.#cosigned.set(origin, kept)
    await kept.refresh()
    return kept
  }

  async #raise(what: Contradiction): Promise<void> {
    const cause = causeOf(what)
    if (this.#raised.has(cause) || this.#raised.size >= CAUSES_MAX) return
    const { folder, clock, onMisbehaviour } = this.#parts
    const evidence = await keepContradiction(folder, what, new Date(clock() * 1000).toISOString())
    this.#raised.add(cause)
    const { kind, offered, remembered: held } = what
    onMisbehaviour({
      kind,
      origin: offered.origin,
      remembered: held.size,
      offered: offered.size,
      ...(evidence === undefined ? {} : { evidence }),
    })
  }
}
