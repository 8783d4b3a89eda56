// A witness's operator accepts that a log begins again at a restored state. Nothing else makes a witness go back, and both
// checkpoints are kept: what was cosigned before stays evidence of what was lost.
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson, Fault } from '#kernel'
import type { Instant } from '#kernel'
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { formatNote, parseNote, parseVerifierKey, signNote, verifyNote } from '../checkpoint/note.ts'
import type { NoteSigner } from '../checkpoint/note.ts'
import { setCosignedAside } from './cosigned-before.ts'
import { memoryFile, nameOf, remembered, writeWhole } from './memory.ts'

export interface RestoreToAccept {
  /** The witness's memory. */
  readonly folder: string
  readonly logKeys: readonly string[]
  readonly origin: string
  /** The signed checkpoint of the restored log. Untrusted. */
  readonly checkpoint: string
  readonly reason: string
  /** Who accepts it: the witness's operator, in words. */
  readonly by: string
  readonly at: Instant
  /** The witness's own key: what it accepted, it signs. */
  readonly signer: NoteSigner
}

export interface AcceptedRestore {
  readonly origin: string
  /** The first one is 1: what was cosigned before any restore is epoch 0. */
  readonly epoch: number
  readonly before: Pick<Checkpoint, 'size' | 'root'>
  readonly after: Pick<Checkpoint, 'size' | 'root'>
  /** Where both checkpoints, the time, who and the reason are kept, signed by the witness. */
  readonly record: string
}

/** The first line of the signed note that records it; the second is canonical JSON. No log is called so. */
const ACCEPTED_RESTORE = 'reeve witness: accepted restore'

/**
 * From then on the witness cosigns growth from the given checkpoint only. Throws Fault('usage') for a checkpoint that is none
 * or is not signed by a trusted key, Fault('conflict') where there is nothing to go back from.
 */
export async function acceptRestore(given: RestoreToAccept): Promise<AcceptedRestore> {
  const { folder, origin, reason, by, at, signer } = given
  if (reason.trim() === '') throw new Fault('usage', 'say why with --reason: it is kept for auditors')
  if (by.trim() === '') throw new Fault('usage', 'say who accepts it with --by: it is kept for auditors')
  const { note, checkpoint: after } = signedCheckpoint(given)
  const old = await remembered(folder, origin)
  if (old === undefined)
    throw new Fault('conflict', 'this witness remembers nothing of that log: there is nothing to go back from')
  if (old.size === after.size && old.root.equals(after.root))
    throw new Fault('conflict', 'this witness remembers that very checkpoint: there is nothing to accept')
  const epochs = join(folder, 'restores', nameOf(origin))
  await mkdir(epochs, { recursive: true, mode: 0o700 })
  const epoch = (await readdir(epochs)).filter((name) => /^\d+\.note$/.test(name)).length + 1
  const record = join(epochs, `${epoch}.note`)
  const said = { origin, epoch, at, by, reason, before: old.note, after: formatNote(note) }
  const text = `${ACCEPTED_RESTORE}\n${canonicalJson(said)}\n`
  const signature = signNote(text, signer, Math.floor(Date.parse(at) / 1000))
  await writeWhole(record, formatNote({ text, signatures: [signature] }))
  const now = await remembered(folder, origin)
  if (now?.note !== old.note)
    throw new Fault('conflict', 'the witness cosigned that log meanwhile: stop the witness, then say it again')
  await setCosignedAside(folder, origin, epoch)
  // only after the record is on disk: a witness never goes back without one
  await writeWhole(memoryFile(folder, origin), formatNote(note))
  return { origin, epoch, before: old, after, record }
}

function signedCheckpoint({ checkpoint, logKeys, origin }: RestoreToAccept) {
  try {
    const note = parseNote(checkpoint)
    const parsed = parseCheckpoint(note.text)
    if (parsed.origin !== origin) throw new RangeError(`it is of another log, \`${parsed.origin}\``)
    const verifiers = logKeys.map(parseVerifierKey).filter(({ name }) => name === origin)
    if (!verifiers.some((verifier) => verifyNote(note, verifier) !== undefined))
      throw new RangeError('none of the given log keys signed it')
    return { note, checkpoint: parsed }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new Fault('usage', `the checkpoint is not one to go on from: ${error.message}`, { cause: error })
  }
}
