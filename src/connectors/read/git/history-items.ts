// The versions of files that a repository remembers, as items to read; and what of it could not be read.
import type { BlindSpot, ReadProblem } from '#kernel'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isArchiveName, isNeverText } from '../archive/archive-names.ts'
import { looksBinary } from '../../input/untrusted-file.ts'
import { sizeText } from '../limits.ts'
import type { Limits } from '../limits.ts'
import type { WorkItem } from '../run/work.ts'
import type { PathRules } from '../tree/path-rules.ts'
import { readBlobs } from './blobs.ts'
import { readLog, storedBlobs } from './history.ts'
import type { Authors, Blob, Log } from './history.ts'
import { repositoryName } from './repository.ts'
import type { Repository } from './repository.ts'
import { compareWorkingTree } from './working-tree.ts'

export interface HistoryOptions {
  readonly limits: Limits
  readonly rules: PathRules
  /** Revision arguments: `--all`, or object ids. */
  readonly revisions: readonly string[]
  readonly signal: AbortSignal
}

/** One repository's history: `items` is to be read to its end before the rest is complete. */
export class History {
  readonly problems: ReadProblem[] = []
  readonly blindSpots: BlindSpot[] = []
  commits = 0
  readonly #repository: Repository
  readonly #options: HistoryOptions
  #authors: ReadonlyMap<string, Authors> = new Map()

  constructor(repository: Repository, options: HistoryOptions) {
    this.#repository = repository
    this.#options = options
  }

  /** Each version once: by path, then from old to new. What stands unchanged in the working tree is left out. */
  async *items(): AsyncGenerator<WorkItem> {
    const log = await readLog(this.#repository, {
      blobsMax: this.#options.limits.historyBlobs,
      wants: (path) => this.#wants(path),
      revisions: this.#options.revisions,
      signal: this.#options.signal,
    })
    this.commits = log.commits
    this.#authors = log.authors
    const blobs = await this.#wanted(log)
    const byId = new Map(blobs.map((blob) => [blob.id, blob]))
    let damaged = 0
    let tooLarge = 0
    const reading = readBlobs(this.#repository.gitDir, [...byId.keys()], {
      bytesMax: this.#options.limits.fileBytes,
      signal: this.#options.signal,
      onDamaged: () => (damaged += 1),
      onTooLarge: () => (tooLarge += 1),
    })
    for await (const { id, bytes } of reading) {
      const blob = byId.get(id)
      if (blob !== undefined && !looksBinary(bytes, blob.path)) yield this.#item(blob, bytes)
    }
    this.#say(log, damaged, tooLarge)
  }

  /** Of a file of the working tree, by its path below the scanned one. */
  authorsOf(path: string): (Authors & { readonly repositoryPath: string }) | undefined {
    const { path: top } = this.#repository
    if (top !== '' && !path.startsWith(`${top}/`)) return undefined
    const repositoryPath = top === '' ? path : path.slice(top.length + 1)
    const authors = this.#authors.get(repositoryPath)
    return authors === undefined ? undefined : { ...authors, repositoryPath }
  }

  get root(): string {
    return this.#repository.path
  }

  async #wanted(log: Log): Promise<readonly Blob[]> {
    const { signal } = this.#options
    const here = await this.#unchanged()
    const blobs = [...log.blobs.values()].reverse()
    if (!log.complete && !signal.aborted) {
      for (const id of await storedBlobs(this.#repository, signal))
        if (!log.blobs.has(id)) blobs.push({ id, path: `objects/${id.slice(0, 2)}/${id.slice(2)}`, commit: '' })
    }
    // a sort keeps the order of equals: from old to new
    return blobs.filter(({ id }) => !here.has(id)).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  }

  async #unchanged(): Promise<ReadonlySet<string>> {
    if (this.#repository.bare) return new Set()
    return (await compareWorkingTree(this.#repository, this.#options.limits, this.#options.signal)).unchanged
  }

  #wants(path: string): boolean {
    return !isNeverText(path) && !isArchiveName(path) && !this.#options.rules.skipsMember(this.#shown(path))
  }

  #shown(path: string): string {
    return this.#repository.path === '' ? path : `${this.#repository.path}/${path}`
  }

  #item({ path, commit }: Blob, bytes: Uint8Array): WorkItem {
    const { slug } = this.#repository
    return {
      identity: {
        path: this.#shown(commit === '' && !this.#repository.bare ? `.git/${path}` : path),
        origin: 'history',
        ...(commit === '' ? {} : { commit }),
        ...(slug === undefined ? {} : { repository: slug }),
        repositoryPath: path,
      },
      source: { bytes },
      size: bytes.length,
      limit: 'fileBytes',
    }
  }

  #say(log: Log, damaged: number, tooLarge: number): void {
    const name = repositoryName(this.#repository)
    const file =
      this.#repository.path === '' ? '.git' : this.#shown(this.#repository.bare ? '' : '.git').replace(/\/$/, '')
    const { limits, signal } = this.#options
    if (!signal.aborted && (damaged > 0 || !log.complete)) {
      const what = damaged === 1 ? 'one object is' : `${damaged} objects are`
      const message =
        damaged > 0
          ? `${what} missing or damaged in the repository; the others were read; run \`git fsck\` and fetch again`
          : 'the history of the repository breaks off; what is stored was read without its commits; run `git fsck` and fetch again'
      this.problems.push({ type: 'problem', connector: 'git', file, message })
    }
    const spot = (message: string): void =>
      void this.blindSpots.push({ type: 'blind_spot', connector: 'git', file, message })
    if (log.tooMany)
      spot(
        `the history of ${name} has more than ${limits.historyBlobs} file versions; the oldest beyond that were not read`,
      )
    if (tooLarge > 0)
      spot(
        `${tooLarge} file versions in the history of ${name} are larger than ${sizeText(limits.fileBytes)} and were not read`,
      )
    if (existsSync(join(this.#repository.gitDir, 'shallow')))
      spot(`the repository ${name} is a shallow clone; older commits are not in it`)
  }
}
