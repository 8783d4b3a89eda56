// The note in which a witness signed that its operator accepted a restore from a backup: where the log goes on, and what was
// cosigned before. It stands in for a checkpoint that the auditor knows only where it names that very checkpoint.
import { canonical, parseCheckpoint, parseKey, parseNote, signedBy } from './formats.ts'

const TITLE = 'reeve witness: accepted restore'

interface AcceptedRestore {
  /** The signed checkpoint from which the log goes on: this log has to begin with it. */
  readonly after: string
  /** What is to be said of it. */
  readonly detail: string
}

/** Checkpoints that the log has to begin with: those that are known, but for the one that a restore took the place of. */
export interface KnownAfterRestore {
  readonly known: readonly string[]
  readonly restore?: AcceptedRestore
}

/** Of a file that holds several, as `log/checkpoints.notes` does, the last: the one that knows most. */
export const lastNote = (text: string): string => text.split('\u0000').findLast((note) => note !== '') ?? ''

/** Throws where the note is none of a witness whose key was given, or is of another log than the known checkpoint. */
export function knownAfterRestore(
  known: string | undefined,
  note: string | undefined,
  witnessKeys: readonly string[],
): KnownAfterRestore {
  const own = known === undefined ? [] : [lastNote(known)]
  if (note === undefined) return { known: own }
  const parsed = parseNote(note)
  const witness = witnessKeys.map(parseKey).find((key) => signedBy(parsed, key))
  if (witness === undefined) throw new Error('the accepted restore is not signed by a witness whose key was given')
  const [title, line = '', ...more] = parsed.text.split('\n')
  const said = JSON.parse(line) as Readonly<Record<string, unknown>>
  const { before, after, at, by, reason, origin } = said
  if (title !== TITLE || canonical(said) !== line || more.join('') !== '' || typeof before !== 'string')
    throw new Error('what was given as the accepted restore is none')
  const [was, now] = [before, String(after)].map((text) => parseCheckpoint(parseNote(text).text))
  if (was === undefined || now === undefined || was.origin !== origin || now.origin !== origin)
    throw new Error('the accepted restore is of two logs')
  const detail = `${witness.name} accepted on ${String(at)}, by ${String(by)}: ${String(reason)}. The log goes on from ${now.size} entries; what it had cosigned of ${was.size}, and is not in it any more, was lost`
  const restore = { after: String(after), detail }
  const replaced = own.filter((text) => {
    const { size, root } = parseCheckpoint(parseNote(text).text)
    return !(size === was.size && root.equals(was.root))
  })
  return { known: [...replaced, restore.after], restore }
}
