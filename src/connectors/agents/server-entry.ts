// One MCP server as a client's configuration gives it, whatever the client's dialect calls things.
import { isRecord, listOf, member, oneOrMore, textIn, textOf } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'

/** `node` and `key` find the line. */
export interface Entry {
  readonly name: string
  readonly value: string
  readonly node: object
  readonly key: string | number
}

export interface ServerEntry {
  readonly node: UntrustedRecord
  readonly command: string | undefined
  readonly arguments: readonly Entry[]
  readonly environment: readonly Entry[]
  readonly headers: readonly Entry[]
  readonly url: Entry | undefined
  /** Names of variables that the client passes on from its own environment. */
  readonly passedVariables: readonly string[]
  readonly transport: string
  readonly enabled: boolean
  /** Tools that run without asking; `*` for all. */
  readonly approved: readonly string[]
}

/** `undefined` when nothing says how the server is reached. */
export function readServerEntry(value: unknown): ServerEntry | undefined {
  if (!isRecord(value)) return undefined
  const nested = [member(value, 'command'), member(value, 'transport'), member(value, 'config')].find(isRecord)
  const node = nested !== undefined && launches(nested) ? nested : value
  const launch = commandOf(node)
  const url = urlOf(node) ?? urlOf(value)
  if (launch.command === undefined && url === undefined) return undefined
  return {
    node: value,
    command: launch.command,
    arguments: launch.arguments,
    environment: mapEntries(node, ['env', 'environment', 'envs']).concat(
      node === value ? [] : mapEntries(value, ['env', 'environment', 'envs']),
    ),
    headers: mapEntries(node, ['headers', 'http_headers', 'requestOptions']),
    url,
    passedVariables: passedVariables(node),
    transport: transportOf(node, value, url),
    enabled: member(value, 'disabled') !== true && member(value, 'enabled') !== false,
    approved: approvedTools(value),
  }
}

const launches = (node: UntrustedRecord): boolean =>
  ['command', 'path', 'cmd', 'url'].some((key) => textIn(node, key) !== undefined)

/** Configurations write the command with its arguments as one list, apart, or below other names. */
function commandOf(node: UntrustedRecord): { command: string | undefined; arguments: readonly Entry[] } {
  const own = member(node, 'command')
  if (Array.isArray(own)) {
    return { command: textOf(own[0]), arguments: argumentEntries(own).slice(1) }
  }
  const command = textOf(own) ?? textIn(node, 'path') ?? textIn(node, 'cmd')
  const args = member(node, 'args') ?? member(node, 'arguments')
  const list = Array.isArray(args) ? argumentEntries(args) : []
  if (typeof args === 'string') return { command, arguments: wordsOf(args, node) }
  return { command, arguments: list }
}

const argumentEntries = (args: readonly unknown[]): Entry[] =>
  args.flatMap((arg, index) => {
    const value = textOf(arg)
    return value === undefined ? [] : { name: '', value, node: args, key: index }
  })

const wordsOf = (args: string, node: object): Entry[] =>
  args.split(/\s+/).flatMap((value) => (value === '' ? [] : { name: '', value, node, key: 'args' }))

function urlOf(node: UntrustedRecord): Entry | undefined {
  for (const key of ['url', 'serverUrl', 'httpUrl', 'uri', 'endpoint']) {
    const value = textIn(node, key)
    if (value !== undefined) return { name: key, value, node, key }
  }
  return undefined
}

/** Maps of names to values; also a list of `{name, value}` and of `NAME=VALUE`. */
function mapEntries(node: UntrustedRecord, keys: readonly string[]): Entry[] {
  const entries: Entry[] = []
  for (const key of keys) {
    const found = member(node, key)
    const map = key === 'requestOptions' && isRecord(found) ? member(found, 'headers') : found
    if (isRecord(map)) {
      for (const name of Object.keys(map)) {
        const value = textIn(map, name)
        if (value !== undefined) entries.push({ name, value, node: map, key: name })
      }
    }
    for (const [index, item] of listOf(map).entries()) {
      const pair = isRecord(item) ? [textIn(item, 'name'), textIn(item, 'value')] : splitAssignment(textOf(item) ?? '')
      const [name, value] = pair
      if (name !== undefined && value !== undefined) entries.push({ name, value, node: listOf(map), key: index })
    }
  }
  return entries
}

export function splitAssignment(text: string): readonly [string, string] | readonly [undefined, undefined] {
  const at = text.indexOf('=')
  return at < 1 ? [undefined, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function passedVariables(node: UntrustedRecord): readonly string[] {
  const lists = ['env_keys', 'env_vars', 'inheritEnv'].flatMap((key) => oneOrMore(member(node, key)))
  const fromHeaders = member(node, 'env_http_headers')
  const named = isRecord(fromHeaders) ? Object.values(fromHeaders) : []
  return [...lists, member(node, 'bearer_token_env_var'), ...named].filter(
    (name): name is string => typeof name === 'string' && /^\w{1,100}$/.test(name),
  )
}

function transportOf(node: UntrustedRecord, value: UntrustedRecord, url: Entry | undefined): string {
  if (url === undefined) return 'stdio'
  const stated = [
    textIn(node, 'type'),
    textIn(value, 'type'),
    textIn(value, 'transport'),
    textIn(value, 'transportType'),
  ]
    .find((word) => word !== undefined && /sse|http|ws/i.test(word))
    ?.toLowerCase()
  if (stated !== undefined) return stated.includes('sse') ? 'sse' : stated.includes('ws') ? 'websocket' : 'http'
  return /\/sse\/?$/.test(url.value) ? 'sse' : 'http'
}

function approvedTools(value: UntrustedRecord): readonly string[] {
  if (member(value, 'trust') === true) return ['*']
  for (const key of ['autoApprove', 'alwaysAllow', 'autoApproveTools', 'alwaysAllowTools']) {
    const list = member(value, key)
    if (list === true) return ['*']
    if (Array.isArray(list) && list.length > 0)
      return list.filter((tool): tool is string => typeof tool === 'string' && tool.length <= 200)
  }
  return []
}
