// Checkpoints (C2SP tlog-checkpoint): the log's origin, size and root, as the text of a signed note.

export interface Checkpoint {
  /** The log's name; the first line. */
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}

/** Ends with a newline, as the text of a note does. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`
}

/** Untrusted input: the text of a note. Throws RangeError. Extension lines are allowed and ignored. */
export function parseCheckpoint(untrusted: string): Checkpoint {
  const [origin = '', size = '', root = ''] = untrusted.split('\n')
  const hash = Buffer.from(root, 'base64')
  if (
    !untrusted.endsWith('\n') ||
    origin === '' ||
    !/^(?:0|[1-9][0-9]{0,15})$/.test(size) ||
    !Number.isSafeInteger(Number(size)) ||
    hash.length !== 32 ||
    hash.toString('base64') !== root
  ) {
    throw new RangeError('a checkpoint is an origin, a size and a root of 32 bytes, a line each')
  }
  return { origin, size: Number(size), root: hash }
}
