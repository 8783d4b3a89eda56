// What a log signed that does not go together with what a witness cosigned: kept once per cause, and bounded.
import { access, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { formatNote } from '../checkpoint/note.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { nameOf, writeWhole } from './memory.ts'
import type { AddCheckpoint } from './request.ts'

/**
 * `fork`: two roots were signed for one size. `inconsistent`: a larger tree was signed that does not begin with the one
 * cosigned. Both are proof. `rollback`: a smaller tree was signed than the one cosigned, and it is not one that was offered
 * in time: the log went back, or somebody offers what it signed long ago; the log itself tells which.
 */
export type MisbehaviourKind = 'fork' | 'inconsistent' | 'rollback'

export interface Misbehaviour {
  readonly kind: MisbehaviourKind
  readonly origin: string
  readonly remembered: number
  readonly offered: number
  /** Where the signed checkpoint is kept; absent where as many are kept as are kept at most. */
  readonly evidence?: string
}

const KEPT_MAX = 100

/** `remembered` is the signed checkpoint that this witness cosigned. */
export interface Contradiction {
  readonly kind: MisbehaviourKind
  readonly offered: Checkpoint
  readonly request: AddCheckpoint
  readonly remembered: Pick<Checkpoint, 'size' | 'root'> & { readonly note: string }
}

/** A cause is what happened to which cosigned tree: a log that goes on growing beside it is one cause. */
export const causeOf = ({ kind, offered, remembered }: Contradiction): string =>
  `${nameOf(offered.origin)}-${kind}-${remembered.size}-${remembered.root.toString('hex').slice(0, 16)}`

/** The offered note as a file of its own, and beside it everything that shows the contradiction. */
export async function keepContradiction(folder: string, what: Contradiction, at: string): Promise<string | undefined> {
  const { kind, offered, request, remembered } = what
  const place = join(folder, 'misbehaviour')
  await mkdir(place, { recursive: true, mode: 0o700 })
  const name = causeOf(what)
  const evidence = join(place, `${name}.checkpoint`)
  if (await isThere(evidence)) return evidence
  const kept = (await readdir(place)).filter((file) => file.endsWith('.checkpoint'))
  if (kept.length >= KEPT_MAX) return undefined
  const note = formatNote(request.note)
  const proof = request.proof.map((hash) => hash.toString('base64'))
  const whole = {
    kind,
    origin: offered.origin,
    at,
    remembered: remembered.note,
    offered: note,
    oldSize: request.oldSize,
    proof,
  }
  await writeWhole(join(place, `${name}.json`), `${JSON.stringify(whole, undefined, 2)}\n`)
  await writeWhole(evidence, note)
  return evidence
}

const isThere = async (file: string): Promise<boolean> =>
  await access(file).then(
    () => true,
    () => false,
  )
