// Where a git repository is, and what it calls itself. Reads two small files; runs nothing.
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'

const CONFIG_BYTES_MAX = 1024 * 1024

export interface Repository {
  /** The working tree's top (or the bare repository) relative to the scanned path; '' for the scanned path itself. */
  readonly path: string
  /** The directory that git calls GIT_DIR. */
  readonly gitDir: string
  /** The working tree's top; for a bare repository the same as `gitDir`. */
  readonly top: string
  readonly bare: boolean
  /** `owner/repo` as the origin's URL names it. */
  readonly slug?: string
}

/** The repository whose `.git` (a directory, or a file that points to one) stands in `top`. */
export function repositoryAt(top: string, path: string): Repository | undefined {
  const dot = join(top, '.git')
  try {
    const gitDir = statSync(dot).isDirectory() ? dot : pointedTo(top, readSmall(dot))
    if (gitDir === undefined || !looksLikeGitDir(gitDir)) return undefined
    return withSlug({ path, gitDir, top, bare: false })
  } catch {
    return undefined
  }
}

/** A bare repository is a directory with these three entries. */
export const isBareRepository = (entries: ReadonlySet<string>): boolean =>
  entries.has('HEAD') && entries.has('objects') && (entries.has('refs') || entries.has('packed-refs'))

export const bareRepository = (gitDir: string, path: string): Repository =>
  withSlug({ path, gitDir, top: gitDir, bare: true })

/** The repository around `folder`: the nearest `.git` above it. `path` is then '' and the files' own paths are longer. */
export function repositoryAround(folder: string): Repository | undefined {
  for (let top = dirname(folder); ; top = dirname(top)) {
    const found = repositoryAt(top, '')
    if (found !== undefined || top === dirname(top)) return found
  }
}

/** SECURITY: whether git's own files lie inside of the scanned path, so that reading them follows nothing out of it. */
export function isInside(folder: string, root: string): boolean {
  try {
    const way = relative(realpathSync(root), realpathSync(folder))
    return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
  } catch {
    return false
  }
}

function pointedTo(top: string, text: string): string | undefined {
  const target = /^gitdir: ([^\r\n]+)/.exec(text)?.[1]
  return target === undefined ? undefined : resolve(top, target.trim())
}

function looksLikeGitDir(gitDir: string): boolean {
  return statSync(join(gitDir, 'HEAD')).isFile()
}

function withSlug(repository: Repository): Repository {
  const slug = slugOf(configOf(repository.gitDir))
  return slug === undefined ? repository : { ...repository, slug }
}

function configOf(gitDir: string): string {
  try {
    return readSmall(join(gitDir, 'config'))
  } catch {
    // a linked working tree has its configuration in the main one
    try {
      return readSmall(join(resolve(gitDir, readSmall(join(gitDir, 'commondir')).trim()), 'config'))
    } catch {
      return ''
    }
  }
}

function readSmall(path: string): string {
  const { size } = statSync(path)
  return size > CONFIG_BYTES_MAX ? '' : readFileSync(path, 'utf8')
}

/** `owner/repo` (or a longer path of groups) from the URL of the remote `origin`, or of the only remote there is. */
export function slugOf(config: string): string | undefined {
  const urls = new Map<string, string>()
  let remote: string | undefined
  for (const line of config.split('\n')) {
    const section = /^\s*\[([^\]"]*?)\s*(?:"([^"]*)")?\s*\]/.exec(line)
    if (section !== null) remote = section[1]?.trim().toLowerCase() === 'remote' ? section[2] : undefined
    const url = /^\s*url\s*=\s*(.+)$/i.exec(line)?.[1]
    if (remote !== undefined && url !== undefined && !urls.has(remote)) urls.set(remote, url.trim())
  }
  const url = urls.get('origin') ?? (urls.size === 1 ? [...urls.values()][0] : undefined)
  return url === undefined ? undefined : slugOfUrl(url.replaceAll('"', ''))
}

/** SECURITY: only the path of the URL is used: user names and tokens in it never get out. */
function slugOfUrl(url: string): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed !== undefined && parsed.host === '') return undefined
  // `git@host:owner/repo.git`; one letter before the colon is a drive
  const path = parsed === undefined ? /^[^/\\:]{2,}:(?!\/\/)(.+)$/.exec(url)?.[1] : parsed.pathname
  const parts = (path ?? '')
    .replace(/\.git\/?$/, '')
    .split('/')
    .filter((part) => part !== '')
  const safe = parts.every((part) => /^[\w.~-]+$/.test(part) && part !== '..')
  return parts.length >= 2 && safe ? parts.join('/') : undefined
}

/** The path of a scanned file inside of its repository. */
export function pathInRepository(repository: Repository, root: string, path: string): string {
  if (isAbove(repository.top, root)) {
    const above = relative(repository.top, root).split(sep).join('/')
    return above === '' ? path : `${above}/${path}`
  }
  return repository.path === '' ? path : path.slice(repository.path.length + 1)
}

const isAbove = (top: string, root: string): boolean =>
  root === top || root.startsWith(top.endsWith(sep) ? top : top + sep)

/** A name for messages. */
export const repositoryName = (repository: Repository): string =>
  repository.path === '' ? basename(repository.top) : repository.path
