// The configuration of an MCP client: which client it is, and the maps of servers in it, in every dialect known.
import { isRecord, listOf, member, textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'

export interface NamedServer {
  readonly name: string
  readonly value: unknown
  /** The map or list that holds it, and its key there. */
  readonly node: object
  readonly key: string | number
}

/** Keys that hold servers in any file: nothing else uses these words. */
const OWN_KEYS = ['mcpServers', 'mcp.servers', 'context_servers', 'mcp_servers', 'amp.mcpServers', 'cody.mcpServers']

/** Servers in file order; `undefined` when the value is no client's configuration. An empty map is one. */
export function serversIn(value: unknown, path: string): readonly NamedServer[] | undefined {
  if (!isRecord(value)) return undefined
  const maps: unknown[] = OWN_KEYS.map((key) => member(value, key))
  const mcp = member(value, 'mcp')
  if (isRecord(mcp)) {
    maps.push(member(mcp, 'servers'), member(mcp, 'mcpServers'))
    if (entriesLaunch(mcp)) maps.push(mcp)
  }
  const bare = member(value, 'servers')
  if (isRecord(bare) && (/mcp[^/]*\.json$/i.test(path) || Object.hasOwn(value, 'inputs') || entriesLaunch(bare)))
    maps.push(bare)
  const experimental = member(value, 'experimental')
  if (isRecord(experimental)) maps.push(member(experimental, 'modelContextProtocolServers'))
  const extensions = member(value, 'extensions')
  if (isRecord(extensions) && /goose/i.test(path)) maps.push(extensions)
  const projects = member(value, 'projects')
  if (isRecord(projects))
    for (const project of Object.values(projects)) if (isRecord(project)) maps.push(member(project, 'mcpServers'))
  const found = maps.filter((map) => isRecord(map) || Array.isArray(map))
  return found.length === 0 ? undefined : found.flatMap(membersOf)
}

/** Every member says how to start or reach it: then it is a map of servers. */
function entriesLaunch(map: UntrustedRecord): boolean {
  const members = Object.values(map)
  return (
    members.length > 0 &&
    members.every(
      (item) =>
        isRecord(item) &&
        (textIn(item, 'command') !== undefined || Array.isArray(item['command']) || textIn(item, 'url') !== undefined),
    )
  )
}

function membersOf(map: unknown): NamedServer[] {
  if (isRecord(map)) return Object.keys(map).map((name) => ({ name, value: map[name], node: map, key: name }))
  return listOf(map).map((value, index) => ({
    name: (isRecord(value) ? textIn(value, 'name') : undefined) ?? String(index),
    value,
    node: listOf(map),
    key: index,
  }))
}

/** Clients by the places at which they keep their configuration. First match wins. */
const CLIENTS: readonly { readonly path: RegExp; readonly name: string }[] = [
  { path: /claude_desktop_config\.json$/i, name: 'Claude Desktop' },
  { path: /(?:^|\/)\.claude(?:\.json$|\/)/i, name: 'Claude Code' },
  { path: /(?:^|\/)\.mcp\.json$/i, name: 'Claude Code project' },
  { path: /(?:^|\/)\.cursor\//i, name: 'Cursor' },
  { path: /(?:^|\/)(?:\.vscode|Code)\//i, name: 'VS Code' },
  { path: /\.code-workspace$/i, name: 'VS Code' },
  { path: /windsurf|\.codeium\//i, name: 'Windsurf' },
  { path: /cline_mcp_settings\.json$/i, name: 'Cline' },
  { path: /(?:^|\/)\.roo\//i, name: 'Roo Code' },
  { path: /(?:^|\/)\.kiro\//i, name: 'Kiro' },
  { path: /(?:^|\/)\.continue\//i, name: 'Continue' },
  { path: /(?:^|\/)\.gemini\/|gemini-extension\.json$/i, name: 'Gemini CLI' },
  { path: /(?:^|\/)\.codex\//i, name: 'Codex' },
  { path: /(?:^|\/)\.?zed\//i, name: 'Zed' },
  { path: /(?:^|\/)opencode\.jsonc?$/i, name: 'opencode' },
  { path: /(?:^|\/)\.amazonq\//i, name: 'Amazon Q' },
  { path: /goose/i, name: 'Goose' },
]

export const clientName = (path: string): string =>
  CLIENTS.find((client) => client.path.test(path))?.name ?? 'MCP client'

/** Inputs of a VS Code configuration that ask for a secret when the server starts. */
export function promptedSecrets(value: unknown): readonly string[] {
  if (!isRecord(value)) return []
  const inputs = member(value, 'inputs') ?? (isRecord(value['mcp']) ? member(value['mcp'], 'inputs') : undefined)
  return listOf(inputs).flatMap((input) =>
    isRecord(input) && member(input, 'password') === true ? (textIn(input, 'id') ?? []) : [],
  )
}
