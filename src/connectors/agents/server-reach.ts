// What a server can touch by the way it is started: files, a shell, the container engine, hosts.
import type { Launch } from './launch.ts'

export interface Reach {
  /** Paths and mounts handed to it, as written. */
  readonly files: readonly string[]
  /** The widest of them, when it is a whole file system or a whole home. */
  readonly broad: { readonly path: string; readonly what: 'file system' | 'home' } | undefined
  /** It runs commands that the model writes. */
  readonly shell: boolean
  readonly containerEngine: boolean
}

const ROOT = /^(?:\/|[A-Za-z]:[\\/]?|\/host|\/mnt\/c\/?)$/
const HOME =
  /^(?:~|\$HOME|\$\{(?:env:)?HOME\}|%USERPROFILE%|\$\{(?:env:)?USERPROFILE\}|\$\{userHome\}|\/(?:Users|home)(?:\/[^/]{1,100})?|\/root|\/mnt\/c\/Users(?:\/[^/]{1,100})?|[A-Za-z]:[\\/]Users(?:[\\/][^\\/]{1,100})?)[\\/]?$/
const PATH =
  /^(?:\/|~|\.{1,2}(?:[\\/]|$)|\$\{?(?:env:)?(?:HOME|PWD|workspaceFolder|userHome)\b|%USERPROFILE%|[A-Za-z]:[\\/])/
const PATH_FLAG = /(?:allow|root|dir|path|folder|workspace|vault|volume|mount)/i

/** Words that only servers which run commands have in their names. */
const SHELL =
  /(?:^|[-_@/. ])(?:shell|terminal|bash|powershell|desktop-?commander|command-line|commands?|run-command|win-cli|iterm|tmux|exec)(?:$|[-_@/. ])/i

export function reachOf(name: string, launch: Launch): Reach {
  const files = [...launch.mounts.filter((mount) => PATH.test(mount)), ...pathsIn(launch.rest)]
  const root = files.find((path) => ROOT.test(path))
  const home = files.find((path) => HOME.test(path))
  const broad = root ?? home
  return {
    files: [...new Set(files)],
    broad: broad === undefined ? undefined : { path: broad, what: root === undefined ? 'home' : 'file system' },
    shell: [name, launch.package ?? '', launch.command, runThrough(launch) ?? ''].some((word) => SHELL.test(word)),
    containerEngine: launch.privileged || launch.mounts.some((mount) => /\bdocker\.sock$/.test(mount)),
  }
}

/** Positional paths, and the values of flags that name a place. An address or a secret is no path. */
function pathsIn(args: readonly string[]): string[] {
  const paths: string[] = []
  for (const [index, word] of args.entries()) {
    if (word.length > 1000) continue
    const flag = /^--?([\w-]{1,60})(?:=(.*))?$/.exec(word)
    if (flag !== null) {
      const value = flag[2]
      if (value !== undefined && PATH_FLAG.test(flag[1] ?? '') && PATH.test(value)) paths.push(value)
      continue
    }
    const before = /^--?([\w-]{1,60})$/.exec(args[index - 1] ?? '')?.[1]
    if (PATH.test(word) && (before === undefined || PATH_FLAG.test(before))) paths.push(word)
  }
  return paths
}

/** The server behind a launcher of servers: `@smithery/cli run NAME`. */
export function runThrough(launch: Launch): string | undefined {
  if (launch.package !== '@smithery/cli' || launch.rest[0] !== 'run') return undefined
  const name = launch.rest.slice(1).find((word) => !word.startsWith('-'))
  return name !== undefined && /^@?[\w./-]{1,200}$/.test(name) ? name : undefined
}

/** The host that a local bridge (`mcp-remote https://…`) connects to. */
export function bridgedAddress(launch: Launch): string | undefined {
  if (!/^(?:mcp-remote|supergateway|mcp-proxy|mcp-remote-go)$/.test(launch.package ?? '')) return undefined
  return launch.rest.find((word) => /^(?:https?|wss?):\/\//i.test(word))
}

export interface Address {
  readonly host: string
  readonly scheme: string
  /** Only this machine can reach it. */
  readonly local: boolean
}

/** SECURITY: scheme and host only; paths, queries and user info of such addresses often hold a token. */
export function addressOf(url: string): Address | undefined {
  const parsed = URL.parse(url)
  if (parsed === null || parsed.host === '' || /[${}<>]|%7B|%24/i.test(parsed.hostname)) return undefined
  const local = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|0\.0\.0\.0|host\.docker\.internal)$|\.localhost$/.test(
    parsed.hostname,
  )
  return { host: parsed.host, scheme: parsed.protocol.replace(':', ''), local }
}
