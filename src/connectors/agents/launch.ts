// How an MCP server is started: through which launcher, from which package, in a version that can or cannot move.

type Ecosystem = 'npm' | 'pypi' | 'container' | 'go' | 'nuget' | 'deno' | 'local'

export interface Launch {
  /** Base name of what is started first, without directories and `.exe`. */
  readonly command: string
  readonly ecosystem: Ecosystem
  readonly package?: string
  readonly version?: string
  /** False when what runs can change without this file changing; absent when it is the machine's own program. */
  readonly pinned?: boolean
  /** What stands behind the package or program: its own arguments. */
  readonly rest: readonly string[]
  /** Container only: `-v` and `--mount` sources, `NAME=VALUE` of `-e`, `--privileged`. */
  readonly mounts: readonly string[]
  readonly assignments: readonly string[]
  readonly privileged: boolean
}

const NOTHING = { rest: [], mounts: [], assignments: [], privileged: false } as const

/** Base name in lower case without a Windows extension. SECURITY: an assignment in its place gives its name only. */
function baseName(command: string): string {
  const name = command.slice(Math.max(command.lastIndexOf('/'), command.lastIndexOf('\\')) + 1)
  return (name.split('=')[0] ?? '').toLowerCase().replace(/\.(?:exe|cmd|bat|ps1)$/, '')
}

type Reader = (args: readonly string[], command: string) => Launch

const asNpm: Reader = (args, command) => npmLaunch(args, command)
const asPypi: Reader = (args, command) => pypiLaunch(args, command)

/** Launchers that fetch what they run; `after` words stand between the launcher and its arguments. */
const LAUNCHERS: readonly {
  readonly name: RegExp
  readonly after: readonly (readonly string[])[]
  readonly read: Reader
}[] = [
  { name: /^(?:npx|bunx|pnpx)$/, after: [[]], read: asNpm },
  { name: /^(?:npm|pnpm|yarn|bun)$/, after: [['exec'], ['x'], ['dlx']], read: asNpm },
  { name: /^uvx$/, after: [[]], read: asPypi },
  { name: /^uv$/, after: [['tool', 'run'], ['x']], read: asPypi },
  { name: /^pipx$/, after: [['run']], read: asPypi },
  { name: /^(?:docker|podman|nerdctl)$/, after: [['run'], ['container', 'run']], read: containerLaunch },
  { name: /^go$/, after: [['run']], read: goLaunch },
  { name: /^dnx$/, after: [[]], read: nugetLaunch },
  { name: /^deno$/, after: [['run']], read: denoLaunch },
]
const INTERPRETERS = /^(?:node|python[\d.]*|ruby|php|java|tsx|ts-node|perl|uv|bun|deno|dotnet)$/

/** Unwraps shells and environment wrappers, then reads the launcher. Never throws. */
export function readLaunch(command: string, args: readonly string[]): Launch {
  const { words, assignments } = unwrap([...splitCommand(command), ...args])
  const [first = '', ...rest] = words
  const name = baseName(first)
  for (const launcher of LAUNCHERS) {
    if (!launcher.name.test(name)) continue
    const after = launcher.after.find((prefix) => prefix.every((word, index) => rest[index] === word))
    if (after === undefined) continue
    const launch = launcher.read(rest.slice(after.length), name)
    return { ...launch, assignments: [...assignments, ...launch.assignments] }
  }
  const own = INTERPRETERS.test(name) ? behindScript(rest) : rest
  return { ...NOTHING, command: name, ecosystem: 'local', rest: own, assignments }
}

/** `uv run python` in one string is split; a path with spaces in it is not. */
function splitCommand(command: string): string[] {
  const words = command.trim().split(/\s+/)
  const name = baseName(words[0] ?? '')
  const known = INTERPRETERS.test(name) || LAUNCHERS.some((launcher) => launcher.name.test(name)) || name === 'cmd'
  return known ? words : [command.trim()]
}

const SHELL = /^(?:sh|bash|zsh|dash|fish|pwsh|powershell)$/
const ASSIGNMENT = /^[A-Za-z_]\w*=/

/** Takes off what only starts another program: `cmd /c`, `bash -c`, `env A=b`, `wsl`, `op run --`. */
function unwrap(words: readonly string[]): { words: readonly string[]; assignments: readonly string[] } {
  let left = words
  const assignments: string[] = []
  for (let depth = 0; depth < 4; depth++) {
    const name = baseName(left[0] ?? '')
    if (name === 'cmd') left = dropWhile(left.slice(1), (word) => word.startsWith('/')).flatMap(splitOnSpace)
    else if (SHELL.test(name)) {
      const at = left.findIndex((word) => /^-\w{0,4}c$|^-command$/i.test(word))
      const script = at === -1 ? undefined : left[at + 1]
      if (script === undefined || /[|;&<>`\n]/.test(script)) break
      left = dropWhile(splitOnSpace(script), (word) => word === 'exec')
    } else if (name === 'env') {
      left = dropWhile(left.slice(1), (word) => {
        if (ASSIGNMENT.test(word)) assignments.push(word)
        return ASSIGNMENT.test(word) || word.startsWith('-')
      })
    } else if (/^(?:wsl|sudo|nohup|time)$/.test(name)) left = dropWhile(left.slice(1), (word) => word.startsWith('-'))
    else if (/^(?:op|doppler|infisical|dotenv|dotenvx|mise|aws-vault|direnv)$/.test(name) && left.includes('--'))
      left = left.slice(left.indexOf('--') + 1)
    else break
  }
  return { words: left, assignments }
}

const splitOnSpace = (text: string): string[] =>
  text
    .trim()
    .split(/\s+/)
    .map((word) => word.replaceAll(/^["']|["']$/g, ''))

function dropWhile(words: readonly string[], drop: (word: string) => boolean): readonly string[] {
  const at = words.findIndex((word) => !drop(word))
  return at === -1 ? [] : words.slice(at)
}

/** What follows the script or module that an interpreter runs. */
function behindScript(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => !word.startsWith('-') && word !== 'run')
  return at === -1 ? [] : words.slice(at + 1)
}

interface Positional {
  readonly named: string | undefined
  readonly first: string | undefined
  readonly rest: readonly string[]
}

/** The first word that is no flag; `naming` flags give the package instead, `valued` ones take the next word with them. */
function positional(args: readonly string[], naming: readonly string[], valued: readonly string[]): Positional {
  let named: string | undefined
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    const equals = word.indexOf('=')
    const flag = equals === -1 ? word : word.slice(0, equals)
    if (!word.startsWith('-')) return { named, first: word, rest: args.slice(at + 1) }
    if (naming.includes(flag)) {
      named ??= equals === -1 ? args[at + 1] : word.slice(equals + 1)
      if (equals === -1) at += 1
    } else if (valued.includes(flag) && equals === -1) at += 1
  }
  return { named, first: undefined, rest: [] }
}

const NPM_VALUED = ['--registry', '--prefix', '--cache', '-c', '--call', '-w', '--workspace', '--userconfig']
const EXACT = /^v?\d+\.\d+\.\d+(?:[-+][\w.+-]{1,100})?$/
const COMMIT = /^[0-9a-f]{40}$/i

function npmLaunch(args: readonly string[], command: string): Launch {
  const { named, first, rest } = positional(args, ['-p', '--package'], NPM_VALUED)
  return { ...NOTHING, command, rest, ...packageOf(named ?? first, 'npm') }
}

const PYPI_VALUED = [
  '--with',
  '--python',
  '-p',
  '--index-url',
  '--index',
  '--default-index',
  '--extra-index-url',
  '--directory',
]

function pypiLaunch(args: readonly string[], command: string): Launch {
  const { named, first, rest } = positional(args, ['--from', '--spec'], PYPI_VALUED)
  return { ...NOTHING, command, rest, ...packageOf(named ?? first, 'pypi') }
}

type Packaged = Pick<Launch, 'ecosystem' | 'package' | 'version' | 'pinned'>

/** SECURITY: of a URL only scheme, host and path are kept, since it may carry credentials. */
function packageOf(spec: string | undefined, ecosystem: Ecosystem): Packaged {
  if (spec === undefined) return { ecosystem, pinned: false }
  if (/^(?:[./~]|file:|[A-Za-z]:[\\/])/.test(spec)) return { ecosystem: 'local' }
  if (spec.includes('://') || /^(?:github|gitlab|bitbucket|git\+ssh|git@)[:\w]/.test(spec))
    return fromRepository(spec, ecosystem)
  const python = /^([\w.-]{1,200})(?:\[[^\]]{0,200}\])?(?:==|===)([\w.+!-]{1,100})$/.exec(spec)
  if (python !== null) return { ecosystem, package: python[1] ?? '', version: python[2] ?? '', pinned: true }
  const at = spec.lastIndexOf('@')
  if (at <= 0) return { ecosystem, package: bareName(spec), pinned: false }
  const version = spec.slice(at + 1)
  return { ecosystem, package: bareName(spec.slice(0, at)), version, pinned: EXACT.test(version) }
}

/** Without extras and ranges: `mcp[cli]>=1.2` is `mcp`. */
const bareName = (spec: string): string => /^@?[\w./-]{1,214}/.exec(spec)?.[0] ?? 'unknown'

function fromRepository(spec: string, ecosystem: Ecosystem): Packaged {
  const revision = /[@#]([\w./-]{1,200})$/.exec(spec)?.[1]
  const bare = spec
    .replace(/\/\/[^/@]{1,500}@/, '//')
    .replace(/[?#].*$/, '')
    .replace(/@[\w.-]{1,200}$/, '')
  return {
    ecosystem,
    package: bare.slice(0, 300),
    ...(revision === undefined ? {} : { version: revision }),
    pinned: revision !== undefined && COMMIT.test(revision),
  }
}

const RUN_VALUED =
  /^(?:-[ehlmpuwc]|--(?:env-file|name|network|net|publish|workdir|user|entrypoint|platform|add-host|hostname|label|memory|cpus|gpus|pull|restart|dns|device|cap-add|cap-drop|security-opt|ulimit|tmpfs|log-driver|runtime|ipc|pid|userns|shm-size|link|annotation|secret))$/

function containerLaunch(args: readonly string[], command: string): Launch {
  const mounts: string[] = []
  const assignments: string[] = []
  let privileged = false
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    const joined = /^(--?[\w-]+)=(.*)$/.exec(word)
    const flag = joined?.[1] ?? word
    const value = joined?.[2] ?? args[at + 1] ?? ''
    if (!word.startsWith('-'))
      return { ...NOTHING, command, rest: args.slice(at + 1), mounts, assignments, privileged, ...imageOf(word) }
    if (/^(?:-v|--volume|--mount)$/.test(flag)) mounts.push(mountSource(value))
    else if (/^(?:-e|--env)$/.test(flag)) assignments.push(value)
    else if (flag === '--privileged') privileged = true
    const takesNext = /^(?:-v|--volume|--mount|-e|--env)$/.test(flag) || RUN_VALUED.test(flag)
    if (joined === null && takesNext) at += 1
  }
  return { ...NOTHING, command, ecosystem: 'container', mounts, assignments, privileged }
}

function mountSource(mount: string): string {
  const named = /(?:^|,)(?:source|src)=([^,]{1,1000})/.exec(mount)?.[1]
  if (named !== undefined) return named
  // the colon of a Windows drive is part of the source
  return /^(?:[A-Za-z]:[\\/][^:]*|[^:]*)/.exec(mount)?.[0] ?? mount
}

export function imageOf(image: string): Packaged {
  const digest = /@(sha256:[0-9a-f]{64})$/i.exec(image)?.[1]
  const bare = digest === undefined ? image : image.slice(0, -digest.length - 1)
  const tag = /:([\w][\w.-]{0,127})$/.exec(bare)?.[1]
  const version = digest ?? tag
  return {
    ecosystem: 'container',
    package: tag === undefined ? bare : bare.slice(0, -tag.length - 1),
    ...(version === undefined ? {} : { version }),
    pinned: digest !== undefined,
  }
}

function goLaunch(args: readonly string[], command: string): Launch {
  const { first, rest } = positional(args, [], ['-mod', '-C', '-tags'])
  // the checksum database holds a version of a Go module to its first content
  return { ...NOTHING, command, rest, ...packageOf(first, 'go') }
}

function nugetLaunch(args: readonly string[], command: string): Launch {
  const { first, rest } = positional(args, [], ['--source', '--add-source'])
  const version = rest[rest.indexOf('--version') + 1]
  if (rest.includes('--version') && first !== undefined && version !== undefined)
    return { ...NOTHING, command, rest, ecosystem: 'nuget', package: first, version, pinned: EXACT.test(version) }
  return { ...NOTHING, command, rest, ...packageOf(first, 'nuget') }
}

function denoLaunch(args: readonly string[], command: string): Launch {
  const { first = '', rest } = positional(args, [], ['--config', '-c', '--import-map'])
  const registry = /^(?:npm|jsr):(.+)$/.exec(first)?.[1]
  if (registry !== undefined) return { ...NOTHING, command, rest, ...packageOf(registry, 'deno') }
  return { ...NOTHING, command, rest, ...packageOf(first === '' ? './' : first, 'deno') }
}
