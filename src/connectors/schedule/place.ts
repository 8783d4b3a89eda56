// Where a connection may read: below the import roots, after every link, and never in Reeve's own data.
import { realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { Fault } from '#kernel'
import type { Places } from './connection.ts'

export interface Place {
  /** After every link. */
  readonly path: string
  readonly isFile: boolean
  /** gitignore-style, for what lies inside it and is not to be read. */
  readonly exclude: readonly string[]
}

/**
 * Throws Fault('unprocessable') for a path outside of the roots, whether or not it is there: nobody learns of files that
 * they may not read. Resolved anew for each run, since links change.
 */
export async function placeOf(path: string, { importRoots, dataDirectory }: Places): Promise<Place> {
  if (!isAbsolute(path) || path.includes('\0') || path.length > 4096) {
    throw new Fault('unprocessable', 'a path is absolute, and at most 4,096 characters long')
  }
  const roots = await Promise.all(importRoots.map(realOrSame))
  const outside = (): Fault => {
    const named = importRoots.length === 0 ? 'none is set' : importRoots.map((root) => `\`${root}\``).join(', ')
    return new Fault(
      'unprocessable',
      `the path is not below an import root (${named}): move it there, or add a root to the server's configuration`,
    )
  }
  if (![...importRoots, ...roots].some((root) => holds(resolve(root), resolve(path)))) throw outside()
  const real = await realpath(path).catch((cause: unknown) => {
    throw new Fault('unprocessable', `there is nothing at \`${path}\` that the server can reach`, { cause })
  })
  if (!roots.some((root) => holds(root, real))) throw outside()
  const own = await realOrSame(dataDirectory)
  if (holds(own, real)) throw new Fault('unprocessable', "the path is in the server's own data directory: name another")
  const found = await stat(real)
  if (!found.isFile() && !found.isDirectory()) {
    throw new Fault('unprocessable', `\`${path}\` is neither a file nor a folder`)
  }
  return { path: real, isFile: found.isFile(), exclude: holds(real, own) ? [patternOf(relative(real, own))] : [] }
}

/** What is not there yet is meant where it will be: below the nearest folder that is there. */
async function realOrSame(path: string): Promise<string> {
  const absolute = resolve(path)
  try {
    return await realpath(absolute)
  } catch {
    const above = dirname(absolute)
    return above === absolute ? absolute : join(await realOrSame(above), relative(above, absolute))
  }
}

/** True when `inner` is `outer` or lies below it. */
function holds(outer: string, inner: string): boolean {
  const way = relative(outer, inner)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

/** Matches exactly this folder. */
const patternOf = (path: string): string =>
  `/${path
    .split(sep)
    .join('/')
    .replaceAll(/[\\*?[\]!# ]/g, String.raw`\$&`)}/`
