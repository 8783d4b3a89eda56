// Runs the user's git on repositories that may be hostile: a fixed argument list, no shell, nothing of the repository's
// configuration that names a program, no network, no locks.
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/**
 * SECURITY: a value given with `-c` goes before the repository's own. Hooks, file system monitors, signature checkers,
 * external diffs, pagers and transports are each a program that a repository could name. Replace refs could show other
 * content than what is stored.
 */
const SAFE_SETTINGS = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.sshCommand=false',
  'core.askPass=false',
  'core.pager=cat',
  'core.quotePath=false',
  'core.commitGraph=false',
  'credential.helper=',
  'diff.external=',
  'gpg.program=false',
  'gpg.ssh.program=false',
  'gpg.x509.program=false',
  'log.showSignature=false',
  'log.showRoot=true',
  'log.follow=false',
  'log.excludeDecoration=',
  'protocol.allow=never',
  'safe.directory=*',
  'submodule.recurse=false',
]

/** SECURITY: the parent's GIT_ variables and configuration files stay out; nothing is fetched to fill a gap. */
const ENVIRONMENT = {
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_PAGER: 'cat',
  GIT_ASKPASS: 'false',
  SSH_ASKPASS: 'false',
  GIT_SSH_COMMAND: 'false',
}

let found: string | null | undefined

/** The git of the PATH, by its full name; a relative entry of the PATH is not looked at. `undefined` when there is none. */
export function gitProgram(): string | undefined {
  if (found === undefined) {
    const names = process.platform === 'win32' ? ['git.exe'] : ['git']
    const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder))
    found = folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram) ?? null
  }
  return found ?? undefined
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export interface GitPlace {
  readonly gitDir: string
  /** Working tree, for the commands that look at one. */
  readonly workTree?: string
  /** The index that a hook was given, when it is not the repository's own. */
  readonly indexFile?: string
}

/** `args` are ours alone: names that come from outside go through standard input or after `--`. */
export function startGit(place: GitPlace, args: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
  const program = gitProgram()
  if (program === undefined) throw new Error('there is no git')
  const settings = SAFE_SETTINGS.flatMap((setting) => ['-c', setting])
  const where = [
    `--git-dir=${place.gitDir}`,
    ...(place.workTree === undefined ? [] : [`--work-tree=${place.workTree}`]),
  ]
  return spawn(program, ['--no-pager', '--no-replace-objects', '--literal-pathspecs', ...settings, ...where, ...args], {
    cwd: place.workTree ?? place.gitDir,
    env: {
      ...ENVIRONMENT,
      PATH: process.env['PATH'],
      ...(process.env['SYSTEMROOT'] === undefined ? {} : { SYSTEMROOT: process.env['SYSTEMROOT'] }),
      ...(place.indexFile === undefined ? {} : { GIT_INDEX_FILE: place.indexFile }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
    shell: false,
    windowsHide: true,
  })
}

export interface GitOutput {
  readonly ok: boolean
  readonly text: string
}

/** The whole output of a command whose output is small. */
export async function gitOutput(place: GitPlace, args: readonly string[]): Promise<GitOutput> {
  const tokens: string[] = []
  const ok = await eachToken(place, args, '\0', (token) => tokens.push(token))
  return { ok, text: tokens.join('\0') }
}

/**
 * Calls `take` for each piece of the output between separators, the last one too when it is not empty. Resolves to
 * whether git was content.
 */
export async function eachToken(
  place: GitPlace,
  args: readonly string[],
  separator: '\0' | '\n',
  take: (token: string) => void,
  signal?: AbortSignal,
): Promise<boolean> {
  const git = startGit(place, args)
  const ended = endOf(git)
  const stop = (): void => void git.kill('SIGKILL')
  signal?.addEventListener('abort', stop, { once: true })
  git.stdin.end()
  let rest: Buffer = Buffer.alloc(0)
  const mark = separator.charCodeAt(0)
  for await (const chunk of git.stdout as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let from = 0
    for (let at = bytes.indexOf(mark, from); at !== -1; at = bytes.indexOf(mark, from)) {
      take(bytes.toString('utf8', from, at))
      from = at + 1
    }
    rest = bytes.subarray(from)
  }
  if (rest.length > 0) take(rest.toString('utf8'))
  signal?.removeEventListener('abort', stop)
  return ended
}

/** Resolves to whether it ended with 0; never rejects. */
export function endOf(git: ChildProcessByStdio<Writable, Readable, null>): Promise<boolean> {
  git.stdin.on('error', () => undefined)
  return new Promise((resolve) => {
    git.once('error', () => resolve(false))
    git.once('close', (code) => resolve(code === 0))
  })
}
