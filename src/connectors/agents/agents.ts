// AI agents and the MCP servers that they are given: client configurations in every known dialect, registry manifests,
// A2A agent cards.
import type { Observation } from '#kernel'
import type { Connector, ParsedDocument, ReadContext, UntrustedFile } from '../port.ts'
import { isRecord } from '../untrusted-value.ts'
import { isAgentCard, readAgentCard } from './agent-card.ts'
import { readClientConfig } from './client-facts.ts'
import {
  isContainerManifest,
  readContainerManifest,
  readRegistryServer,
  registryServersIn,
} from './registry-manifest.ts'
import { parseToml } from './toml-document.ts'

const HEAD_MAX = 262_144
const JSON_PATH = /\.(?:jsonc?|code-workspace)$/i
const YAML_PATH = /\.ya?ml$/i
const TOML_PATH = /\.toml$/i

const CLIENT_WORDS = [
  '"mcpServers"',
  '"mcp.servers"',
  '"context_servers"',
  '"mcp_servers"',
  '.mcpServers"',
  '"modelContextProtocolServers"',
]
const CLIENT_PATH = /(?:^|\/)(?:[^/]*mcp[^/]*\.jsonc?|opencode\.jsonc?|settings\.json|[^/]+\.code-workspace)$/i

function looksLikeOurs(file: UntrustedFile): boolean {
  const text = file.text()
  // a client may keep its servers behind megabytes of history
  if (CLIENT_WORDS.some((word) => text.includes(word))) return true
  const head = text.slice(0, HEAD_MAX)
  if (CLIENT_PATH.test(file.path) && /"(?:servers|mcp)"\s{0,40}:\s{0,40}\{/.test(head)) return true
  if (/"skills"\s{0,40}:/.test(head) && /"capabilities"\s{0,40}:/.test(head)) return true
  return /"(?:registryType|registry_type|registry_name|registryBaseUrl)"\s{0,40}:|static\.modelcontextprotocol\.io/.test(
    head,
  )
}

const yamlLooksLikeOurs = (head: string): boolean =>
  /^mcpServers[ \t]{0,40}:/m.test(head) ||
  /^extensions[ \t]{0,40}:/m.test(head) ||
  (/^type[ \t]{0,40}:[ \t]{0,40}["']?(?:server|remote|poci)\b/m.test(head) && /^(?:about|meta)[ \t]{0,40}:/m.test(head))

export const agents: Connector = {
  id: 'agents',
  title: 'AI agents and MCP servers',
  reads:
    'MCP client configurations (.mcp.json, mcp.json, claude_desktop_config.json, .cursor/, .vscode/, Zed, Codex, Continue and others), MCP registry manifests, A2A agent cards',
  verbs: ['discover'],
  blindSpots: [
    'tools that a server declares only at run time, and changes of a remote server behind its address',
    'servers that a client adds by its user interface without writing a file, and those that a signed-in account brings along',
    'what a locally installed program that is started by name does; only how it is started is read',
  ],
  accepts(file) {
    // an old version of a configuration gives nobody anything today
    if (file.binary || file.origin === 'history') return false
    if (JSON_PATH.test(file.path) || file.origin === 'stdin') return looksLikeOurs(file)
    if (YAML_PATH.test(file.path)) return yamlLooksLikeOurs(file.text().slice(0, HEAD_MAX))
    return TOML_PATH.test(file.path) && /^\[mcp_servers[.\]]/m.test(file.text().slice(0, HEAD_MAX))
  },
  *discover(file, context): Generator<Observation> {
    for (const document of documentsOf(file)) yield* readDocument(file, document, context)
  },
}

function documentsOf(file: UntrustedFile): readonly ParsedDocument[] {
  if (TOML_PATH.test(file.path)) return [parseToml(file.text())]
  if (YAML_PATH.test(file.path)) return file.yaml().documents
  return file.json() ?? []
}

function* readDocument(file: UntrustedFile, document: ParsedDocument, context: ReadContext): Generator<Observation> {
  const { value } = document
  if (isContainerManifest(value)) yield* readContainerManifest(file, document, value)
  else if (isAgentCard(value)) yield* readAgentCard(file, document, value)
  else {
    const listed = registryServersIn(value)
    for (const server of listed) yield* readRegistryServer(file, document, server)
    if (listed.length === 0 && isRecord(value)) yield* readClientConfig(file, document, context)
  }
}
