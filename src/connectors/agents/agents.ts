// AI agents and the MCP servers that they are given, from client configurations.
import { ref } from '#kernel'
import type { Observation, Provenance } from '#kernel'
import type { Connector } from '../port.ts'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const agents: Connector = {
  id: 'agents',
  title: 'AI agents and MCP servers',
  reads: 'MCP client configurations (.mcp.json, claude_desktop_config.json)',
  verbs: ['discover'],
  blindSpots: ['tools that a server declares only at run time'],
  accepts: (file) => !file.binary && /\.json$/i.test(file.path) && /"mcpServers"/.test(file.text()),
  *discover(file): Generator<Observation> {
    for (const document of file.json() ?? []) {
      if (!isRecord(document.value) || !isRecord(document.value['mcpServers'])) continue
      const servers = document.value['mcpServers']
      for (const name of Object.keys(servers)) {
        const line = document.line(servers, name)
        const provenance: Provenance = {
          connector: 'agents',
          file: file.path,
          object: name,
          ...(line === undefined ? {} : { startLine: line }),
        }
        yield {
          type: 'principal',
          ref: ref('mcp', `${file.path}#${name}`),
          kind: 'workload',
          nativeType: 'mcp-server',
          system: 'mcp',
          externalId: `${file.path}#${name}`,
          name,
          provenance,
        }
      }
    }
  },
}
