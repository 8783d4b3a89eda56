// Whether it is this process's key that counts where it would sign: of several servers of one log some may still run with the
// key before, and what that signs after a new one was announced is refused by every verifier, for ever.
import { sql } from '#db'
import type { Tx } from '#db'
import { parseNote, verifierKey, verifierOf, verifyNote } from '../checkpoint/note.ts'
import type { NoteSigner } from '../checkpoint/note.ts'
import type { SignedCheckpoint } from './checkpoints.ts'

/** Nothing was signed, and nothing is until what keeps it from that is over. The log is whole, and waits. */
export class RefusedToSign extends Error {
  override readonly name = 'RefusedToSign'
  /** For whoever asks how the server is. */
  readonly short: string

  constructor(message: string, short: string) {
    super(message)
    this.short = short
  }
}

const ANOTHER_KEY = 'another key counts for the log'

/** `last`: the newest checkpoint below `size`. Undefined: this signer's key is the one that counts there. */
export async function refusedToSign(
  tx: Tx,
  signer: NoteSigner,
  { size, last }: { readonly size: number; readonly last: SignedCheckpoint | undefined },
): Promise<RefusedToSign | undefined> {
  // all of them, which are few: in the order of places the planner may read every place
  const [row] = await tx.query<{ note: string | null }>(sql`
    select (array_agg(e.content ->> 'note' order by s.seq desc))[1] as note
    from evidence.entry e join evidence.sequence s on s.entry_id = e.id
    where e.type = 'log.key_rotated' and s.seq < ${size}`)
  const own = verifierOf(signer)
  if (row?.note === undefined || row.note === null) {
    if (last === undefined || verifyNote(last.note, own) !== undefined) return undefined
    return new RefusedToSign(
      'the log does not say yet that the key of this server counts: it signs when that has its place',
      ANOTHER_KEY,
    )
  }
  const announced = parseNote(row.note).text.split('\n')[1] ?? ''
  if (announced === verifierKey(own)) return undefined
  return new RefusedToSign(
    `another server announced the key ${announced} for the log: this one signs nothing any more; restart it with the same keys`,
    ANOTHER_KEY,
  )
}
