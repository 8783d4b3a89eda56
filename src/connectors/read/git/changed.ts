// The files of a commit in the making, and those changed since a revision.
import { Fault } from '#kernel'
import { eachToken, gitOutput, gitProgram } from './run-git.ts'
import type { GitPlace } from './run-git.ts'
import type { Repository } from './repository.ts'
import { compareWorkingTree } from './working-tree.ts'
import type { Limits } from '../limits.ts'

/** The tree without entries has an id of its own in either hash. */
const EMPTY_TREE = {
  40: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  64: '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
}

export interface StagedFile {
  /** Inside the repository. */
  readonly path: string
  readonly id: string
}

/**
 * Files whose content in the index is not that of HEAD, deletions left out. `GIT_INDEX_FILE` of a hook is honoured.
 * Throws `Fault` when git cannot tell: a gate that saw nothing must not pass.
 */
export async function stagedFiles(repository: Repository): Promise<readonly StagedFile[]> {
  const place = placeOf(repository)
  const head = await resolveHead(place)
  const format = (await gitOutput(place, ['rev-parse', '--show-object-format'])).text.trim()
  const base = head ?? EMPTY_TREE[format === 'sha256' ? 64 : 40]
  const files: StagedFile[] = []
  let id: string | undefined
  const ok = await eachToken(
    place,
    [
      'diff-index',
      '--cached',
      '-z',
      '--raw',
      '--no-abbrev',
      '--no-renames',
      '--diff-filter=d',
      '--no-ext-diff',
      base,
      '--',
    ],
    '\0',
    (token) => {
      if (id !== undefined) {
        if (id !== '') files.push({ path: token, id })
        id = undefined
      } else {
        const entry = /^:\d+ (\d+) [0-9a-f]+ ([0-9a-f]+) /.exec(token)
        id = entry?.[1]?.startsWith('100') === true ? (entry[2] ?? '') : ''
      }
    },
  )
  if (!ok) throw unreadable()
  return files
}

export interface Since {
  /** Files, inside the repository, that differ from the point at which HEAD left `revision`, or are new. */
  readonly paths: ReadonlySet<string>
  /** For the log: what HEAD has beyond `revision`. */
  readonly revisions: readonly string[]
}

/** Throws `Fault` for a revision that the repository does not have, and when git cannot read the repository. */
export async function changedSince(repository: Repository, revision: string, limits: Limits): Promise<Since> {
  const place = placeOf(repository)
  const from = await resolveRevision(place, revision)
  if (from === undefined)
    throw new Fault('usage', `there is no revision \`${revision}\` in the repository; fetch it, or name another`)
  const head = await resolveHead(place)
  const paths = new Set<string>()
  const names = async (args: readonly string[]): Promise<void> => {
    if (!(await eachToken(place, args, '\0', (path) => paths.add(path)))) throw unreadable()
  }
  const diff = ['--name-only', '-z', '--no-renames', '--diff-filter=d', '--no-ext-diff']
  if (head !== undefined) {
    const base = (await gitOutput(place, ['merge-base', from, head])).text.trim()
    await names(['diff-tree', '-r', ...diff, /^[0-9a-f]{40,64}$/.test(base) ? base : from, head, '--'])
    await names(['diff-index', '--cached', ...diff, head, '--'])
  }
  for (const path of (await compareWorkingTree(repository, limits, undefined, place)).changed) paths.add(path)
  await names(['ls-files', '--others', '--exclude-standard', '-z', '--full-name'])
  return { paths, revisions: head === undefined ? [] : [head, `^${from}`] }
}

/** `undefined` before the first commit; throws `Fault` when HEAD names what the repository does not have. */
async function resolveHead(place: GitPlace): Promise<string | undefined> {
  const head = await resolveRevision(place, 'HEAD')
  if (head === undefined && (await gitOutput(place, ['rev-parse', '--verify', '--quiet', 'HEAD'])).ok)
    throw unreadable()
  return head
}

const unreadable = (): Fault =>
  new Fault(
    'usage',
    'git cannot read the repository, so what is staged or has changed is unknown; run `git status` and `git fsck` in it',
  )

/** SECURITY: a name from outside may not be an option nor hold what git gives a meaning beyond one revision. */
async function resolveRevision(place: GitPlace, revision: string): Promise<string | undefined> {
  if (!/^[A-Za-z0-9_@.][\w@./~^{}+-]*$/.test(revision) || revision.includes('..')) return undefined
  const { ok, text } = await gitOutput(place, [
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${revision}^{commit}`,
  ])
  const id = text.trim()
  return ok && /^[0-9a-f]{40,64}$/.test(id) ? id : undefined
}

function placeOf(repository: Repository): GitPlace {
  if (gitProgram() === undefined)
    throw new Fault('usage', 'there is no git on the PATH; install it, or scan without --staged and --since')
  const indexFile = process.env['GIT_INDEX_FILE']
  return {
    gitDir: repository.gitDir,
    workTree: repository.top,
    ...(indexFile === undefined || indexFile === '' ? {} : { indexFile }),
  }
}
