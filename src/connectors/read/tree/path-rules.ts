// Which paths the user wants read: include and exclude patterns, and .gitignore files where asked for.
import ignore from 'ignore'
import type { Ignore } from 'ignore'
import { inDependencyFolder } from './dependency-folders.ts'

export interface PathRuleOptions {
  /** gitignore-style patterns; when there are any, a file must match one. */
  readonly include?: readonly string[]
  /** gitignore-style patterns. */
  readonly exclude?: readonly string[]
  readonly includeDependencies?: boolean
}

export interface PathRules {
  /** Whether a directory is not to be entered. `path` relative to the scanned path, without a slash at the end. */
  skipsFolder(path: string): boolean
  skipsFile(path: string): boolean
  /** As `skipsFile`, for a path of history or of an archive: its folders are judged too. */
  skipsMember(path: string): boolean
}

/** Patterns match below the scanned path, case counts. A pattern that is no pattern matches nothing. */
export function pathRules({ include = [], exclude = [], includeDependencies = false }: PathRuleOptions): PathRules {
  const included = include.length === 0 ? undefined : matcher(include)
  const excluded = exclude.length === 0 ? undefined : matcher(exclude)
  const skipsFile = (path: string): boolean =>
    path !== '' && ((excluded?.ignores(path) ?? false) || (included !== undefined && !included.ignores(path)))
  return {
    skipsFolder: (path) => path !== '' && (excluded?.ignores(`${path}/`) ?? false),
    skipsFile,
    skipsMember: (path) => skipsFile(path) || (!includeDependencies && inDependencyFolder(path)),
  }
}

export const matcher = (patterns: readonly string[] | string): Ignore =>
  ignore({ ignorecase: false, allowRelativePaths: true }).add(patterns)

/** One .gitignore file: how a path of the report becomes a path below that file's directory. */
interface Level {
  /** Characters of the path that name the file's directory. */
  readonly strip: number
  /** What stands before the path when the file's directory lies above the scanned one. */
  readonly add: string
  readonly rules: Ignore
}

/** The .gitignore files from the top down to one directory; the deepest that says something decides. */
export class GitignoreChain {
  readonly #levels: readonly Level[]

  constructor(levels: readonly Level[] = []) {
    this.#levels = levels
  }

  /** `folder` is '' for the scanned directory itself, else without a slash at the end. */
  below(folder: string, text: string): GitignoreChain {
    return new GitignoreChain([
      { strip: folder === '' ? 0 : folder.length + 1, add: '', rules: matcher(text) },
      ...this.#levels,
    ])
  }

  /** For a file in a directory above: `way` leads from there to the scanned directory. */
  above(way: string, text: string): GitignoreChain {
    return new GitignoreChain([{ strip: 0, add: `${way}/`, rules: matcher(text) }, ...this.#levels])
  }

  /** A directory's path ends with a slash. */
  ignores(path: string): boolean {
    for (const { strip, add, rules } of this.#levels) {
      const inner = add + path.slice(strip)
      if (inner === '') continue
      const { ignored, unignored } = rules.test(inner)
      if (ignored) return true
      if (unignored) return false
    }
    return false
  }
}
