// What this server signed or published last, as its folder of the log remembers it. SECURITY: an older copy of the database that is put
// back forgets what was ended since; signed on, it would be another log of the same name, over the tiles of the one before.
import type { LayerDatabase } from '#db'
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { parseNote } from '../checkpoint/note.ts'
import { RefusedToSign } from './refused-to-sign.ts'
import type { TileFolder } from './tile-folder.ts'

export type SignedHere = Pick<Checkpoint, 'size' | 'root'>

/** `undefined`: nothing was published here yet, or what is there cannot be read. */
export async function publishedIn(tiles: TileFolder): Promise<SignedHere | undefined> {
  const bytes = await tiles.readPath('checkpoint')
  try {
    return bytes === undefined ? undefined : parseCheckpoint(parseNote(bytes.toString('utf8')).text)
  } catch {
    return undefined
  }
}

/** A checkpoint is stored before it is published, and none is ever deleted. */
export async function refusedOver(
  evidence: LayerDatabase,
  { size, root }: SignedHere,
): Promise<RefusedToSign | undefined> {
  const [row] = await evidence.transaction(
    async (tx) =>
      await tx.prepared<{ root: Buffer }>(
        'checkpoint_of_size',
        'select root from evidence.checkpoint where size = $1',
        [size],
      ),
    { readOnly: true },
  )
  if (row !== undefined && root.equals(row.root)) return undefined
  return new RefusedToSign(
    `this server signed a log of ${size} entries, and the database does not have it: an older copy was put back, or it is another ` +
      'database. What was ended or held since may be allowed again. Put the newer one back; else follow ' +
      '"A copy put back by other means" in docs/guides/production.md',
    'the database does not have the log that it signed',
  )
}
