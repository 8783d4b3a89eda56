// Lists the files below the scanned paths, in one order whatever the file system's own. Follows no links.
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import type { Dirent } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import type { ReadProblem } from '#kernel'
import {
  bareRepository,
  isBareRepository,
  isInside,
  pathInRepository,
  repositoryAround,
  repositoryAt,
} from '../git/repository.ts'
import type { Repository } from '../git/repository.ts'
import { dependencyFolder } from './dependency-folders.ts'
import { GitignoreChain } from './path-rules.ts'
import type { PathRules } from './path-rules.ts'
import { errorWords } from './error-words.ts'
import type { ScannedPath } from './scanned-paths.ts'

export interface TreeFile {
  readonly path: string
  /** A buffer when the name is not valid UTF-8. */
  readonly absolute: string | Buffer
  readonly bytes: number
  /** Named on the command line itself. */
  readonly named: boolean
  readonly repository?: string
  readonly repositoryPath?: string
}

export interface Listing {
  readonly files: TreeFile[]
  readonly repositories: Repository[]
  /** Repositories whose top lies above what is scanned: their names are known, their history is not read. */
  readonly around: Repository[]
  readonly problems: ReadProblem[]
  readonly left: {
    /** What the folder holds, to how many there are. */
    readonly dependencies: Map<string, number>
    ignoredFiles: number
    /** Links that lead out of the scanned path or nowhere. */
    links: number
    /** Sockets, pipes, devices. */
    special: number
    /** True when there were more files than the limit. */
    tooMany: boolean
  }
}

export interface ListOptions {
  readonly rules: PathRules
  readonly gitignore: boolean
  readonly includeDependencies: boolean
  readonly filesMax: number
}

/** `base` is the directory to which the paths of the report are relative. */
export function listTree(base: string, scanned: readonly ScannedPath[], options: ListOptions): Listing {
  const lister = new Lister(base, options)
  for (const path of scanned) lister.list(path)
  return lister.listing
}

interface Entry {
  readonly name: string
  /** A buffer when the name is not valid UTF-8. */
  readonly raw: string | Buffer
  readonly kind: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>
}

interface Place {
  readonly path: string
  readonly absolute: string | Buffer
  readonly repository: Repository | undefined
  readonly gitignore: GitignoreChain
}

class Lister {
  readonly listing: Listing = {
    files: [],
    repositories: [],
    around: [],
    problems: [],
    left: { dependencies: new Map(), ignoredFiles: 0, links: 0, special: 0, tooMany: false },
  }
  readonly #base: string
  readonly #options: ListOptions

  constructor(base: string, options: ListOptions) {
    this.#base = base
    this.#options = options
  }

  list({ path, absolute, isFile }: ScannedPath): void {
    const repository = repositoryAround(isFile ? absolute : join(absolute, 'x'))
    if (repository !== undefined && !isFile && repository.top !== absolute) this.listing.around.push(repository)
    const place: Place = { path, absolute, repository, gitignore: new GitignoreChain() }
    if (isFile) this.#file(place, true)
    else this.#folder({ ...place, gitignore: this.#gitignoreAbove(absolute, repository) })
  }

  #folder(place: Place): void {
    const entries = this.#entries(place)
    if (entries === undefined) return
    const names = new Set(entries.map(({ name }) => name))
    const absolute = place.absolute.toString()
    if (isBareRepository(names) && !names.has('.git')) {
      this.listing.repositories.push(bareRepository(absolute, place.path))
      if (names.has('config')) this.#file(this.#inside(place, 'config', 'config'), false)
      return
    }
    const inner = names.has('.git') ? this.#repository(place, absolute) : place
    const gitignore = names.has('.gitignore') ? this.#gitignoreOf(inner) : inner.gitignore
    for (const entry of entries) {
      if (this.listing.files.length >= this.#options.filesMax) {
        this.listing.left.tooMany = true
        return
      }
      if (entry.name !== '.git') this.#entry({ ...inner, gitignore }, entry)
    }
  }

  #entry(place: Place, { name, raw, kind }: Entry): void {
    const next = this.#inside(place, name, raw)
    if (kind.isSymbolicLink()) {
      if (!isInside(next.absolute.toString(), this.#base)) this.listing.left.links += 1
    } else if (kind.isDirectory()) {
      if (this.#entersFolder(next, name, place)) this.#folder(next)
    } else if (kind.isFile()) this.#file(next, false)
    else this.listing.left.special += 1
  }

  #entersFolder({ path, absolute, gitignore }: Place, name: string, above: Place): boolean {
    if (this.#options.rules.skipsFolder(path)) return false
    if (this.#options.gitignore && gitignore.ignores(`${path}/`)) {
      this.listing.left.ignoredFiles += 1
      return false
    }
    if (this.#options.includeDependencies) return true
    const parent = above.path.slice(above.path.lastIndexOf('/') + 1)
    const holds = dependencyFolder(name, parent, (entry) => exists(join(absolute.toString(), entry)))
    if (holds === undefined) return true
    const { dependencies } = this.listing.left
    dependencies.set(holds, (dependencies.get(holds) ?? 0) + 1)
    return false
  }

  #file({ path, absolute, repository, gitignore }: Place, named: boolean): void {
    if (!named && this.#options.rules.skipsFile(path)) return
    if (!named && this.#options.gitignore && gitignore.ignores(path)) {
      this.listing.left.ignoredFiles += 1
      return
    }
    try {
      const { size } = lstatSync(absolute)
      this.listing.files.push({
        path,
        absolute,
        bytes: size,
        named,
        ...(repository?.slug === undefined ? {} : { repository: repository.slug }),
        ...(repository === undefined ? {} : { repositoryPath: pathInRepository(repository, this.#base, path) }),
      })
    } catch (error) {
      this.#problem(path, `the file could not be read: ${errorWords(error)}`)
    }
  }

  /** A working tree's top: its repository is noted, and its configuration offered, for it may hold credentials. */
  #repository(place: Place, absolute: string): Place {
    const repository = repositoryAt(absolute, place.path)
    if (repository === undefined) return place
    this.listing.repositories.push(repository)
    const inner: Place = { ...place, repository }
    const config = join(repository.gitDir, 'config')
    if (isInside(config, absolute) && isRegular(config)) {
      const path = relative(absolute, config).split(sep).join('/')
      this.#file({ ...this.#inside(inner, path, path), gitignore: new GitignoreChain() }, false)
    }
    return inner
  }

  #inside(place: Place, shown: string, raw: string | Buffer): Place {
    const path = place.path === '' ? shown : `${place.path}/${shown}`
    const absolute =
      typeof raw === 'string' && typeof place.absolute === 'string'
        ? join(place.absolute, raw)
        : Buffer.concat([Buffer.from(place.absolute), Buffer.from(sep), Buffer.from(raw)])
    return { ...place, path, absolute }
  }

  #entries(place: Place): Entry[] | undefined {
    try {
      const found = readdirSync(place.absolute, { withFileTypes: true })
      const entries: Entry[] = found.some(({ name }) => name.includes('\uFFFD'))
        ? readdirSync(place.absolute, { withFileTypes: true, encoding: 'buffer' }).map((kind) => ({
            name: kind.name.toString(),
            raw: Buffer.from(kind.name),
            kind,
          }))
        : found.map((kind) => ({ name: kind.name, raw: kind.name, kind }))
      return entries.sort((a, b) =>
        a.name < b.name ? -1 : a.name > b.name ? 1 : Buffer.compare(Buffer.from(a.raw), Buffer.from(b.raw)),
      )
    } catch (error) {
      this.#problem(place.path === '' ? '.' : place.path, `the directory could not be read: ${errorWords(error)}`)
      return undefined
    }
  }

  #gitignoreOf(place: Place): GitignoreChain {
    if (!this.#options.gitignore) return place.gitignore
    try {
      return place.gitignore.below(place.path, readFileSync(join(place.absolute.toString(), '.gitignore'), 'utf8'))
    } catch {
      return place.gitignore
    }
  }

  /** The .gitignore files between the repository's top and a scanned directory that lies below it. */
  #gitignoreAbove(absolute: string, repository: Repository | undefined): GitignoreChain {
    const folders: string[] = []
    if (repository === undefined || !this.#options.gitignore) return new GitignoreChain()
    for (let folder = absolute; folder !== repository.top && folder !== dirname(folder);) {
      folder = dirname(folder)
      folders.unshift(folder)
    }
    let chain = new GitignoreChain()
    for (const folder of folders) {
      const way = relative(folder, this.#base).split(sep).join('/')
      const inside = relative(this.#base, folder).split(sep).join('/')
      const isAbove = way !== '' && !way.startsWith('..')
      try {
        const text = readFileSync(join(folder, '.gitignore'), 'utf8')
        chain = isAbove ? chain.above(way, text) : chain.below(inside, text)
      } catch {
        // most directories have none
      }
    }
    return chain
  }

  #problem(file: string, message: string): void {
    this.listing.problems.push({ type: 'problem', file, message })
  }
}

function exists(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch {
    return false
  }
}

const isRegular = (path: string): boolean => {
  try {
    return lstatSync(path).isFile()
  } catch {
    return false
  }
}
