// The content of objects by id, streamed out of one git process. An object that is missing or damaged costs itself.
import { ChunkReader } from '../archive/chunk-reader.ts'
import { endOf, startGit } from './run-git.ts'

/** Damage can end the process; it is started again behind the damaged object, this often. */
const RESTARTS_MAX = 200

export interface BlobReadOptions {
  readonly bytesMax: number
  readonly signal: AbortSignal
  /** An object that is missing or damaged. */
  onDamaged(id: string): void
  onTooLarge(id: string): void
}

/** In the order of `ids`. */
export async function* readBlobs(
  gitDir: string,
  ids: readonly string[],
  options: BlobReadOptions,
): AsyncGenerator<{ readonly id: string; readonly bytes: Uint8Array }> {
  const wanted: string[] = []
  for await (const { id, size } of each(gitDir, ids, false, options)) {
    if (size > options.bytesMax) options.onTooLarge(id)
    else wanted.push(id)
  }
  for await (const { id, bytes } of each(gitDir, wanted, true, options)) yield { id, bytes }
}

interface Answer {
  readonly id: string
  readonly size: number
  readonly bytes: Uint8Array
}

async function* each(
  gitDir: string,
  ids: readonly string[],
  content: boolean,
  options: BlobReadOptions,
): AsyncGenerator<Answer> {
  let next = 0
  for (let restarts = 0; next < ids.length && !options.signal.aborted; restarts += 1) {
    if (restarts > RESTARTS_MAX) {
      for (const id of ids.slice(next)) options.onDamaged(id)
      return
    }
    const git = startGit({ gitDir }, ['cat-file', content ? '--batch' : '--batch-check', '--buffer'])
    const ended = endOf(git)
    const stop = (): void => void git.kill('SIGKILL')
    options.signal.addEventListener('abort', stop, { once: true })
    git.stdin.end(`${ids.slice(next).join('\n')}\n`)
    const reader = new ChunkReader(git.stdout as AsyncIterable<Uint8Array>)
    try {
      for (;;) {
        const answer = await readAnswer(reader, content)
        if (answer === undefined) break
        const id = ids[next] ?? ''
        next += 1
        if (answer === 'missing') options.onDamaged(id)
        else yield { id, ...answer }
      }
    } finally {
      git.kill('SIGKILL')
      await ended
      options.signal.removeEventListener('abort', stop)
    }
    if (next < ids.length && !options.signal.aborted) {
      options.onDamaged(ids[next] ?? '')
      next += 1
    }
  }
}

/** `undefined` at the end of the output, also when it breaks off. */
async function readAnswer(
  reader: ChunkReader,
  content: boolean,
): Promise<{ size: number; bytes: Uint8Array } | 'missing' | undefined> {
  const head = (await reader.peek(128)).toString('latin1')
  const lineEnd = head.indexOf('\n')
  if (lineEnd === -1) return undefined
  await reader.read(lineEnd + 1)
  const [, type, sizeText] = head.slice(0, lineEnd).split(' ')
  const size = Number(sizeText)
  if (type !== 'blob' || !Number.isSafeInteger(size)) {
    if (content && Number.isSafeInteger(size) && type !== 'missing') await reader.skip(size + 1)
    return 'missing'
  }
  if (!content) return { size, bytes: new Uint8Array() }
  const bytes = await reader.read(size)
  const end = await reader.read(1)
  return end.length === 1 ? { size, bytes } : undefined
}
