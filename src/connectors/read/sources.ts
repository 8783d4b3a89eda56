// Everything that one read is made of, as items in one order: standard input, the tree with its archives, the history.
import { existsSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { Fault } from '#kernel'
import type { BlindSpot, ReadProblem } from '#kernel'
import { parseYaml } from '../input/yaml-documents.ts'
import { expandArchive } from './archive/expand.ts'
import { isArchiveName, isUnopenedArchiveName } from './archive/archive-names.ts'
import { readBlobs } from './git/blobs.ts'
import { changedSince, stagedFiles } from './git/changed.ts'
import { History } from './git/history-items.ts'
import { gitProgram } from './git/run-git.ts'
import { isInside, repositoryAround, repositoryName } from './git/repository.ts'
import type { Repository } from './git/repository.ts'
import type { Limits } from './limits.ts'
import type { ReadOptions } from './read-options.ts'
import { openFile, tooLargeText } from './run/open-file.ts'
import type { WorkItem } from './run/work.ts'
import { listTree } from './tree/list-tree.ts'
import type { Listing, TreeFile } from './tree/list-tree.ts'
import { pathRules } from './tree/path-rules.ts'
import type { PathRules } from './tree/path-rules.ts'
import { scannedPaths } from './tree/scanned-paths.ts'
import type { ScannedPaths } from './tree/scanned-paths.ts'

const MAPPING_NAME = /\.reeve\.ya?ml$/i
const MAPPING_BYTES_MAX = 256 * 1024

export class Sources {
  readonly problems: ReadProblem[] = []
  /** There were more files than are read: what is not in the result may be in the rest. */
  cutShort = false
  readonly histories: History[] = []
  /** Filled while the tree is listed, before any item is given. */
  readonly csvMappingsBeside = new Map<string, unknown>()
  skipped = 0
  totals: { readonly totalFiles?: number; readonly totalBytes?: number } = {}
  readonly #root: string
  readonly #options: ReadOptions
  readonly #limits: Limits
  readonly #signal: AbortSignal
  readonly #rules: PathRules
  #spots: BlindSpot[] = []

  constructor(root: string, options: ReadOptions, limits: Limits, signal: AbortSignal) {
    this.#root = root
    this.#options = options
    this.#limits = limits
    this.#signal = signal
    this.#rules = pathRules(options)
  }

  async *items(): AsyncGenerator<WorkItem> {
    const named = this.#options.paths
    if (named?.includes('-')) yield* this.#stdin()
    const paths = named?.filter((path) => path !== '-')
    if (named !== undefined && paths?.length === 0) return
    const scanned = scannedPaths(this.#root, paths)
    if (this.#options.staged === true) yield* this.#staged(scanned)
    else yield* this.#tree(scanned)
  }

  blindSpots(): readonly BlindSpot[] {
    return [...this.#spots, ...this.histories.flatMap(({ blindSpots }) => blindSpots)]
  }

  async *#stdin(): AsyncGenerator<WorkItem> {
    const chunks: Uint8Array[] = []
    const limit = this.#limits.namedFileBytes
    let size = 0
    for await (const chunk of this.#options.stdin ?? (process.stdin as AsyncIterable<Uint8Array>)) {
      size += chunk.length
      if (size > limit) {
        this.problems.push({ type: 'problem', file: 'stdin', message: tooLargeText(limit) })
        return
      }
      chunks.push(chunk)
    }
    const bytes = new Uint8Array(size)
    let at = 0
    for (const chunk of chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    yield { identity: { path: 'stdin', origin: 'stdin' }, source: { bytes }, size, limit: 'namedFileBytes' }
  }

  async *#tree(scanned: ScannedPaths): AsyncGenerator<WorkItem> {
    const since = await this.#since(scanned)
    const listing = listTree(scanned.base, scanned.scanned, {
      rules: this.#rules,
      gitignore: this.#options.gitignore ?? false,
      includeDependencies: this.#options.includeDependencies ?? false,
      filesMax: this.#limits.files,
    })
    this.problems.push(...listing.problems)
    const files = since === undefined ? listing.files : listing.files.filter(({ path }) => since.paths.has(path))
    this.totals = { totalFiles: files.length, totalBytes: files.reduce((sum, { bytes }) => sum + bytes, 0) }
    this.#readMappings(listing)
    const archives = this.#options.archives ?? true
    for (const file of files) {
      if (archives && isArchiveName(file.path)) yield* this.#archive(file)
      else yield fileItem(file)
    }
    this.#say(listing, files)
    if (this.#options.history ?? true) {
      const repositories = since === undefined ? listing.repositories : [since.repository]
      for (const repository of repositories)
        yield* this.#history(repository, scanned.base, since?.revisions ?? ['--all'])
    }
  }

  async *#archive(file: TreeFile): AsyncGenerator<WorkItem> {
    const skips = (inner: string): boolean => this.#rules.skipsMember(inner)
    for await (const part of expandArchive(file.path, file.absolute, file.bytes, { limits: this.#limits, skips })) {
      if (this.#signal.aborted) return
      if ('message' in part) {
        this.skipped += 1
        this.problems.push({ type: 'problem', file: part.path, message: part.message })
      } else if ('binary' in part) this.skipped += 1
      else {
        const { repository } = file
        const identity = {
          path: part.path,
          origin: 'archive' as const,
          ...(repository === undefined ? {} : { repository }),
        }
        yield { identity, source: { bytes: part.bytes }, size: part.bytes.length, limit: 'fileBytes' }
      }
    }
  }

  async *#history(repository: Repository, base: string, revisions: readonly string[]): AsyncGenerator<WorkItem> {
    if (this.#signal.aborted || revisions.length === 0) return
    const name = repositoryName(repository)
    if (gitProgram() === undefined) this.#spot(`the history of ${name} was not read: there is no git on the PATH`)
    else if (this.#options.since === undefined && !isInside(repository.gitDir, base))
      this.#spot(`the history of ${name} was not read: its repository lies outside of the scanned path`)
    else yield* this.#historyItems(repository, revisions)
  }

  async *#historyItems(repository: Repository, revisions: readonly string[]): AsyncGenerator<WorkItem> {
    const history = new History(repository, {
      limits: this.#limits,
      rules: this.#rules,
      revisions,
      signal: this.#signal,
    })
    this.histories.push(history)
    yield* history.items()
    this.problems.push(...history.problems)
  }

  async *#staged({ base }: ScannedPaths): AsyncGenerator<WorkItem> {
    const repository = this.#repositoryOf(base)
    const byId = new Map<string, string[]>()
    for (const { path, id } of await stagedFiles(repository)) {
      const shown = shownPath(base, repository, path)
      if (shown !== undefined && !this.#rules.skipsMember(shown)) byId.set(id, [...(byId.get(id) ?? []), path])
    }
    const reading = readBlobs(repository.gitDir, [...byId.keys()], {
      bytesMax: this.#limits.fileBytes,
      signal: this.#signal,
      onDamaged: (id) => this.#stagedProblem(byId.get(id), 'the staged content is missing or damaged; run `git fsck`'),
      onTooLarge: (id) => this.#stagedProblem(byId.get(id), tooLargeText(this.#limits.fileBytes)),
    })
    for await (const { id, bytes } of reading) {
      for (const repositoryPath of byId.get(id) ?? []) {
        const path = shownPath(base, repository, repositoryPath) ?? repositoryPath
        const slug = repository.slug === undefined ? {} : { repository: repository.slug }
        const identity = { path, origin: 'index' as const, repositoryPath, ...slug }
        yield { identity, source: { bytes }, size: bytes.length, limit: 'fileBytes' }
      }
    }
  }

  #stagedProblem(paths: readonly string[] | undefined, message: string): void {
    for (const file of paths ?? []) this.problems.push({ type: 'problem', file, message })
  }

  async #since({
    base,
  }: ScannedPaths): Promise<
    | { readonly repository: Repository; readonly paths: ReadonlySet<string>; readonly revisions: readonly string[] }
    | undefined
  > {
    if (this.#options.since === undefined) return undefined
    const repository = this.#repositoryOf(base)
    const { paths, revisions } = await changedSince(repository, this.#options.since, this.#limits)
    const shown = [...paths].map((path) => shownPath(base, repository, path)).filter((path) => path !== undefined)
    const folder = relative(base, repository.top).split(sep).join('/')
    return {
      repository: { ...repository, path: folder.startsWith('..') ? '' : folder },
      paths: new Set(shown),
      revisions,
    }
  }

  #repositoryOf(base: string): Repository {
    const repository = repositoryAround(join(resolve(base), 'x'))
    if (repository === undefined)
      throw new Fault('usage', '--staged and --since need a git repository; run them inside of one')
    return repository
  }

  /** `NAME.csv.reeve.yaml` beside `NAME.csv` says what the table's columns mean. */
  #readMappings({ files }: Listing): void {
    for (const { path, absolute, bytes } of files) {
      if (!MAPPING_NAME.test(path) || bytes > MAPPING_BYTES_MAX) continue
      const opened = openFile(absolute, this.#limits, 'fileBytes')
      if (!('bytes' in opened)) continue
      const [document] = parseYaml(Buffer.from(opened.bytes).toString()).documents
      if (document !== undefined) this.csvMappingsBeside.set(path.replace(MAPPING_NAME, ''), document.value)
    }
  }

  #spot(message: string): void {
    this.#spots.push({ type: 'blind_spot', connector: 'reader', message })
  }

  #say({ left, around }: Listing, files: readonly TreeFile[]): void {
    if (left.dependencies.size > 0) {
      const kinds = [...left.dependencies].map(([holds, folders]) => `${folders} of ${holds}`)
      const total = [...left.dependencies.values()].reduce((sum, folders) => sum + folders, 0)
      this.#spot(`${total} folders of third-party code were not read (${kinds.join(', ')}); add --include-dependencies`)
    }
    if (left.ignoredFiles > 0)
      this.#spot(
        `${left.ignoredFiles} files and folders that .gitignore names were not read; secrets that are never committed lie there`,
      )
    if (left.links > 0)
      this.#spot(`${left.links} links that lead out of the scanned path, or nowhere, were not followed`)
    if (left.tooMany) {
      this.cutShort = true
      this.#spot(`there are more than ${this.#limits.files} files; the rest was not read: scan parts of the tree`)
    }
    const unopened = files.filter(({ path }) => isUnopenedArchiveName(path)).length
    if (unopened > 0) this.#spot(`${unopened} archives in formats that are not opened (7z, rar, bz2, xz and the like)`)
    for (const { top } of new Map(around.map((one) => [one.gitDir, one])).values())
      if ((this.#options.history ?? true) && this.#options.since === undefined && existsSync(top))
        this.#spot('the history of the repository around the scanned path was not read; scan its top folder')
  }
}

function fileItem({ path, absolute, bytes, named, repository, repositoryPath }: TreeFile): WorkItem {
  return {
    identity: {
      path,
      origin: 'tree',
      ...(repository === undefined ? {} : { repository }),
      ...(repositoryPath === undefined ? {} : { repositoryPath }),
    },
    source: { absolute },
    size: bytes,
    limit: named ? 'namedFileBytes' : 'fileBytes',
  }
}

/** `undefined` for a file outside of the scanned directory. */
function shownPath(base: string, repository: Repository, path: string): string | undefined {
  const shown = relative(base, join(repository.top, path)).split(sep).join('/')
  return shown === '' || shown === '..' || shown.startsWith('../') ? undefined : shown
}
