// What a file's path says of the repository around it: its name, its root, and the spelling of identifiers below it.
import { githubResource, ref } from '#kernel'
import type { Ref } from '#kernel'
import type { UntrustedFile } from '../port.ts'

export interface RepositoryPlace {
  /** `owner/repo`, when the repository's own configuration says so; never a guess from the path. */
  readonly repository: string | undefined
  /** Path inside the repository when its name is known, else as scanned, so that two of them stay apart. */
  readonly path: string
  /** Directory of the repository relative to the scanned path; '' is the top. */
  readonly root: string
  /** What keeps secrets of one name apart: the repository, or the root's place when its name is unknown. */
  readonly secretScope: string
  /** `github://owner/repo`, or `github://<unknown>`. */
  readonly resource: string
}

const parentOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '')

/** Repository folders in which GitHub looks for workflows, actions and CODEOWNERS. */
const BELOW_ROOT = /^(?:(.*)\/)?\.github(?:\/.*)?$/
const DOCS = /^(?:(.*)\/)?(?:docs|\.gitlab)$/

/**
 * GitHub runs workflows in the `.github` of a repository's top only, so a `.github` further down is that of another
 * repository of unknown name: a copy, a sample, a submodule.
 */
export function repositoryPlace(file: UntrustedFile): RepositoryPlace {
  const folder = parentOf(file.path)
  const inside = BELOW_ROOT.exec(folder)
  const own = file.repositoryPath !== undefined && !liesInNested(file.repositoryPath)
  const top = own ? rootByRepositoryPath(file) : undefined
  const root = top ?? (inside === null ? folder : (inside[1] ?? ''))
  const repository = own ? file.repository : undefined
  return {
    repository,
    path: repository === undefined ? file.path : (file.repositoryPath ?? file.path),
    root,
    secretScope: repository ?? `./${root}`,
    resource: githubResource(repository ?? '<unknown>'),
  }
}

const liesInNested = (repositoryPath: string): boolean => {
  const inside = BELOW_ROOT.exec(parentOf(repositoryPath))
  return inside !== null && inside[1] !== undefined
}

function rootByRepositoryPath(file: UntrustedFile): string | undefined {
  const below = file.repositoryPath
  if (below === undefined) return undefined
  if (file.path === below) return ''
  return file.path.endsWith(`/${below}`) ? file.path.slice(0, -below.length - 1) : undefined
}

/** The directory that a CODEOWNERS file speaks for: the parent of `.github`, `docs` or `.gitlab` when it lies there. */
export function ownedRoot(file: UntrustedFile): string {
  const folder = parentOf(file.path)
  const inside = BELOW_ROOT.exec(folder) ?? DOCS.exec(folder)
  return inside === null ? folder : (inside[1] ?? '')
}

/** `owner/repo:path#job`, or `path#job` when the repository is unknown. */
export function jobExternalId(place: RepositoryPlace, job: string): string {
  return place.repository === undefined ? `${place.path}#${job}` : `${place.repository}:${place.path}#${job}`
}

/**
 * How an action in this repository is named: as others call it (`owner/repo/folder`) when the repository is known, so
 * that their calls join, else by its folder below the scanned path.
 */
export function localAction(
  place: RepositoryPlace,
  folder: string,
): { readonly ref: Ref; readonly externalId: string } {
  if (place.repository !== undefined) {
    const externalId = folder === '' ? place.repository : `${place.repository}/${folder}`
    return { ref: actionRef(externalId), externalId }
  }
  const path = [place.root, folder].filter((part) => part !== '').join('/')
  return { ref: ref('github', `action-folder/${path}`), externalId: path === '' ? '.' : path }
}

/** GitHub compares owners and repositories without case. */
export const actionRef = (ownerRepoPath: string): Ref => ref('github', `action/${ownerRepoPath.toLowerCase()}`)
