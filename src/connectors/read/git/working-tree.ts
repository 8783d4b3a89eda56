// How the working tree differs from the index, without git comparing content: that would run the filters that a
// repository may name. git gives what the index remembers of each file; files are compared, and if need be hashed, here.
import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Limits } from '../limits.ts'
import { openFile } from '../run/open-file.ts'
import { eachToken } from './run-git.ts'
import type { GitPlace } from './run-git.ts'
import type { Repository } from './repository.ts'

export interface WorkingTree {
  /** Object ids of the index whose file has this very content. */
  readonly unchanged: ReadonlySet<string>
  /** Files of the index, inside the repository, that have another content or are gone. */
  readonly changed: ReadonlySet<string>
}

interface IndexEntry {
  readonly path: string
  readonly id: string
  readonly mtimeNs: bigint
  readonly size: number
}

/** What git writes of an entry behind its name: five lines, then the next entry. */
const REMEMBERED =
  /^ {2}ctime: \d+:\d+\n {2}mtime: (\d+):(\d+)\n {2}dev: [^\n]*\n {2}uid: [^\n]*\n {2}size: (\d+)[^\n]*\n/
const ENTRY = /^100\d{3} ([0-9a-f]{40,64}) 0\t(.+)$/s

export async function compareWorkingTree(
  repository: Repository,
  limits: Limits,
  signal?: AbortSignal,
  place: GitPlace = { gitDir: repository.gitDir, workTree: repository.top },
): Promise<WorkingTree> {
  const unchanged = new Set<string>()
  const changed = new Set<string>()
  const indexMtimeNs = mtimeOf(place.indexFile ?? join(repository.gitDir, 'index'))?.mtimeNs ?? 0n
  for (const entry of await indexEntries(place, signal)) {
    if (signal?.aborted === true) break
    if (isUnchanged(entry, join(repository.top, entry.path), indexMtimeNs, limits)) unchanged.add(entry.id)
    else changed.add(entry.path)
  }
  return { unchanged, changed }
}

async function indexEntries(place: GitPlace, signal: AbortSignal | undefined): Promise<IndexEntry[]> {
  const entries: IndexEntry[] = []
  let named: { readonly id: string; readonly path: string } | undefined
  const take = (token: string): void => {
    const remembered = REMEMBERED.exec(token)
    if (named !== undefined && remembered !== null) {
      const [, seconds = '0', nanoseconds = '0', size] = remembered
      entries.push({ ...named, mtimeNs: BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds), size: Number(size) })
    }
    const entry = ENTRY.exec(remembered === null ? token : token.slice(remembered[0].length))
    named = entry?.[1] === undefined || entry[2] === undefined ? undefined : { id: entry[1], path: entry[2] }
  }
  await eachToken(place, ['ls-files', '--stage', '--debug', '-z', '--full-name'], '\0', take, signal)
  return entries
}

/** As git decides it: equal size and time, unless the file may have been written in the index's own instant. */
function isUnchanged(entry: IndexEntry, absolute: string, indexMtimeNs: bigint, limits: Limits): boolean {
  const file = mtimeOf(absolute)
  if (file === undefined) return false
  const sameTime =
    file.mtimeNs === entry.mtimeNs || (entry.mtimeNs % 1_000_000_000n === 0n && truncated(file) === entry.mtimeNs)
  const settled = entry.mtimeNs < indexMtimeNs
  if (sameTime && settled && file.size === entry.size) return true
  return contentId(absolute, entry.id.length, limits) === entry.id
}

const truncated = ({ mtimeNs }: { readonly mtimeNs: bigint }): bigint => mtimeNs - (mtimeNs % 1_000_000_000n)

function mtimeOf(absolute: string): { readonly mtimeNs: bigint; readonly size: number } | undefined {
  try {
    const { mtimeNs, size } = lstatSync(absolute, { bigint: true })
    return { mtimeNs, size: Number(size) }
  } catch {
    return undefined
  }
}

function contentId(absolute: string, idLength: number, limits: Limits): string | undefined {
  const opened = openFile(absolute, limits, 'fileBytes')
  if (!('bytes' in opened)) return undefined
  const hash = createHash(idLength === 64 ? 'sha256' : 'sha1')
  return hash.update(`blob ${opened.bytes.length}\0`).update(opened.bytes).digest('hex')
}
