// What a repository remembers: each version of each file once, with the commit that brought it, and who wrote what.
import { eachToken } from './run-git.ts'
import type { Repository } from './repository.ts'

/** One version of a file. */
export interface Blob {
  readonly id: string
  /** Inside the repository. */
  readonly path: string
  /** The oldest commit that has it. */
  readonly commit: string
}

export interface Authors {
  /** E-mail of the author of the last change, and its commit. */
  readonly last: string
  readonly lastCommit: string
  /** E-mail of the author of the oldest change. */
  readonly first: string
}

export interface Log {
  /** By object id. */
  readonly blobs: ReadonlyMap<string, Blob>
  /** By path inside the repository. */
  readonly authors: ReadonlyMap<string, Authors>
  readonly commits: number
  /** False when git stopped before the end: an object is missing or damaged. */
  readonly complete: boolean
  /** True when there were more versions than the limit. */
  readonly tooMany: boolean
}

export interface LogOptions {
  readonly blobsMax: number
  /** False for a path whose versions are not wanted. */
  wants(path: string): boolean
  /** Revision arguments of our own making: `--all`, or object ids. */
  readonly revisions: readonly string[]
  readonly signal: AbortSignal
}

const FILE_MODES = new Set(['100644', '100755', '100664'])

/**
 * One pass over the commits, newest first, so that what is seen last is the oldest. A merge counts for what it has that
 * neither side has. Renames are not followed: a blob is a blob.
 */
export async function readLog(repository: Repository, options: LogOptions): Promise<Log> {
  const blobs = new Map<string, Blob>()
  const authors = new Map<string, Authors>()
  const paths = new Map<string, string>()
  let commits = 0
  let commit = ''
  let author = ''
  let entry: string | undefined
  let tooMany = false
  const takePath = (raw: string, path: string): void => {
    // `:MODE… MODE SHA… SHA STATUS`: with n parents, n colons and n old modes and ids
    const parents = raw.lastIndexOf(':') + 1
    const fields = raw.slice(parents).split(' ')
    const mode = fields[parents] ?? ''
    const id = fields[parents * 2 + 1] ?? ''
    if (!FILE_MODES.has(mode) || !/^[0-9a-f]{40,64}$/.test(id)) return
    const name = paths.get(path) ?? (paths.set(path, path), path)
    const known = authors.get(name)
    authors.set(
      name,
      known === undefined ? { last: author, lastCommit: commit, first: author } : { ...known, first: author },
    )
    if (!options.wants(name)) return
    if (blobs.size >= options.blobsMax && !blobs.has(id)) tooMany = true
    else blobs.set(id, { id, path: name, commit })
  }
  const take = (token: string): void => {
    if (entry !== undefined) {
      takePath(entry, token)
      entry = undefined
      return
    }
    const text = token.trimStart()
    if (text.startsWith(':')) entry = text
    else if (text.startsWith('\u0001')) {
      const [id = '', email = ''] = text.slice(1).split(' ')
      commits += 1
      commit = id
      author = email.toLowerCase()
    }
  }
  const args = ['log', '-z', '-c', '--raw', '--no-abbrev', '--no-renames', '--no-ext-diff']
  const complete = await eachToken(
    { gitDir: repository.gitDir },
    [...args, '--no-textconv', '--no-show-signature', '--format=%x01%H %aE', ...options.revisions, '--'],
    '\0',
    take,
    options.signal,
  )
  return { blobs, authors, commits, complete, tooMany }
}

/** Every blob that is stored at all, for a repository whose commits cannot be walked to the end. */
export async function storedBlobs(repository: Repository, signal: AbortSignal): Promise<readonly string[]> {
  const ids: string[] = []
  const take = (line: string): void => {
    const [id = '', type] = line.split(' ')
    if (type === 'blob') ids.push(id)
  }
  const args = ['cat-file', '--batch-all-objects', '--unordered', '--batch-check=%(objectname) %(objecttype)']
  await eachToken({ gitDir: repository.gitDir }, args, '\n', take, signal)
  return ids.sort()
}
