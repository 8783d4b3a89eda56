// Which versions stand in the working tree as they are, so that they are not read a second time from the history.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Limits } from '../limits.ts'
import { openFile } from '../run/open-file.ts'
import { eachToken } from './run-git.ts'
import type { Repository } from './repository.ts'

/**
 * Object ids of the index whose file is unchanged. git compares sizes and times only, because comparing content would
 * run the filters that a repository may name; where those differ, the file is hashed here.
 */
export async function unchangedBlobs(
  repository: Repository,
  limits: Limits,
  signal: AbortSignal,
): Promise<Set<string>> {
  const place = { gitDir: repository.gitDir, workTree: repository.top }
  const index = new Map<string, string>()
  await eachToken(
    place,
    ['ls-files', '--stage', '-z', '--full-name'],
    '\0',
    (token) => {
      const entry = /^100\d{3} ([0-9a-f]{40,64}) 0\t(.+)$/s.exec(token)
      if (entry?.[1] !== undefined && entry[2] !== undefined) index.set(entry[2], entry[1])
    },
    signal,
  )
  const touched = new Set<string>()
  await eachToken(
    place,
    ['diff-files', '--name-only', '-z', '--no-ext-diff'],
    '\0',
    (path) => touched.add(path),
    signal,
  )
  const unchanged = new Set<string>()
  for (const [path, id] of index) {
    if (signal.aborted) break
    if (!touched.has(path) || contentId(join(repository.top, path), id.length, limits) === id) unchanged.add(id)
  }
  return unchanged
}

function contentId(absolute: string, idLength: number, limits: Limits): string | undefined {
  const opened = openFile(absolute, limits, 'fileBytes')
  if (!('bytes' in opened)) return undefined
  const hash = createHash(idLength === 64 ? 'sha256' : 'sha1')
  return hash.update(`blob ${opened.bytes.length}\0`).update(opened.bytes).digest('hex')
}
