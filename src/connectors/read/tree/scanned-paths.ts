// What the user named, as places on disk, and the directory to which the paths of the report are relative.
import { statSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { Fault } from '#kernel'
import { errorWords } from './error-words.ts'

export interface ScannedPath {
  /** Relative to the base, forward slashes; '' for the base itself. */
  readonly path: string
  readonly absolute: string
  readonly isFile: boolean
}

export interface ScannedPaths {
  readonly base: string
  readonly scanned: readonly ScannedPath[]
}

/**
 * One path: a directory is the base, a file's directory is. Several: the base is `root` when all lie inside of it, else
 * the nearest directory above them all. A path inside of another one is read once. Throws `Fault` for a path that is not
 * there: a scan of nothing must not look clean.
 */
export function scannedPaths(root: string, paths: readonly string[] | undefined): ScannedPaths {
  const named = (paths ?? ['']).map((path) => describe(resolve(root, path), path === '' ? root : path))
  const distinct = named.filter(
    (one, index) =>
      !named.some(
        (other, at) =>
          at !== index && (holds(other.absolute, one.absolute) ? at < index || other.absolute !== one.absolute : false),
      ),
  )
  const [only] = distinct
  const base =
    only === undefined
      ? resolve(root)
      : distinct.length === 1
        ? folderOf(only)
        : distinct.every(({ absolute }) => holds(resolve(root), absolute))
          ? resolve(root)
          : distinct.map(folderOf).reduce(commonFolder)
  return {
    base,
    scanned: distinct
      .map(({ absolute, isFile }) => ({ absolute, isFile, path: relative(base, absolute).split(sep).join('/') }))
      .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
  }
}

interface Named {
  readonly absolute: string
  readonly isFile: boolean
}

function describe(absolute: string, shown: string): Named {
  try {
    const stat = statSync(absolute)
    if (!stat.isFile() && !stat.isDirectory())
      throw new Fault('unreadable_input', `\`${shown}\` is neither a file nor a directory; pipe it in and scan \`-\``)
    return { absolute, isFile: stat.isFile() }
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new Fault(
      'unreadable_input',
      missing ? `there is no \`${shown}\`; name a file or a directory` : `\`${shown}\`: ${errorWords(cause)}`,
      { cause },
    )
  }
}

const folderOf = ({ absolute, isFile }: Named): string => (isFile ? dirname(absolute) : absolute)

/** True when `inner` is `outer` or lies below it. */
function holds(outer: string, inner: string): boolean {
  const way = relative(outer, inner)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

function commonFolder(a: string, b: string): string {
  let folder = a
  while (!holds(folder, b) && folder !== dirname(folder)) folder = dirname(folder)
  return folder
}
