// A client's configuration as facts: the client is an agent, each server a principal that it uses.
import { mcpResource, ref } from '#kernel'
import type { EntitlementFact, Json, Observation, PrincipalFact, Provenance, Ref } from '#kernel'
import type { ParsedDocument, ReadContext, UntrustedFile } from '../port.ts'
import { optional, placeOf } from '../untrusted-value.ts'
import { clientName, promptedSecrets, serversIn } from './client-config.ts'
import type { NamedServer } from './client-config.ts'
import { readLaunch } from './launch.ts'
import type { Launch } from './launch.ts'
import { readServerEntry } from './server-entry.ts'
import type { ServerEntry } from './server-entry.ts'
import { addressOf, bridgedAddress, reachOf, runThrough } from './server-reach.ts'
import type { Address, Reach } from './server-reach.ts'
import { secretFacts } from './server-secrets.ts'

interface Server {
  readonly ref: Ref
  readonly externalId: string
  readonly name: string
  readonly entry: ServerEntry
  readonly launch: Launch | undefined
  readonly reach: Reach | undefined
  readonly address: Address | undefined
  readonly at: Provenance
}

/** Servers first, in file order, then the agent that sums them up. Nothing when the document is none of ours. */
export function* readClientConfig(
  file: UntrustedFile,
  document: ParsedDocument,
  context: ReadContext,
): Generator<Observation> {
  const named = serversIn(document.value, file.path)
  if (named === undefined) return
  const agent = ref('mcp', file.path)
  const servers: Server[] = []
  for (const item of named) {
    const server = serverOf(file, document, item)
    if (server === undefined) {
      const startLine = document.line(item.node, item.key)
      yield {
        type: 'problem',
        connector: 'agents',
        file: file.path,
        ...optional('startLine', startLine),
        message: 'a server with neither `command` nor `url`: say how it is started or reached; the others were read',
      }
      continue
    }
    servers.push(server)
    yield principalOf(server)
    const place = {
      server: server.ref,
      externalId: server.externalId,
      at: (node: object, key: string | number): Provenance => placeOf('agents', file, document, node, item.name, key),
    }
    yield* secretFacts(server.entry, server.launch, place, context)
  }
  yield agentOf(file, document, agent, servers)
  for (const server of servers) {
    yield {
      type: 'relation',
      relation: 'uses',
      from: { ref: agent },
      to: server.ref,
      attributes: edgeOf(server),
      provenance: server.at,
    }
    yield callsOf(agent, server)
  }
}

function serverOf(file: UntrustedFile, document: ParsedDocument, item: NamedServer): Server | undefined {
  const entry = readServerEntry(item.value)
  if (entry === undefined) return undefined
  const externalId = `${file.path}#${item.name}`
  const launch =
    entry.command === undefined
      ? undefined
      : readLaunch(
          entry.command,
          entry.arguments.map(({ value }) => value),
        )
  const url = entry.url?.value ?? (launch === undefined ? undefined : bridgedAddress(launch))
  const startLine = document.line(item.node, item.key)
  return {
    ref: ref('mcp', externalId),
    externalId,
    name: item.name,
    entry,
    launch,
    reach: launch === undefined ? undefined : reachOf(item.name, launch),
    address: url === undefined ? undefined : addressOf(url),
    at: { ...placeOf('agents', file, document, entry.node, item.name), ...optional('startLine', startLine) },
  }
}

/** What detectors and people want to know of a server; the same on the principal and on the agent's edge to it. */
function edgeOf({ entry, launch, reach, address }: Server): Record<string, Json> {
  return {
    transport: entry.transport,
    ...(launch === undefined ? { remote: true } : launchAttributes(launch)),
    ...optional('host', address?.host),
    ...(address === undefined ? {} : { scheme: address.scheme, localHost: address.local }),
    shell: reach?.shell ?? false,
    ...(reach?.broad === undefined ? {} : { broadFiles: { ...reach.broad } }),
    containerEngine: reach?.containerEngine ?? false,
    autoApprove: [...entry.approved],
  }
}

function launchAttributes(launch: Launch): Record<string, Json> {
  return {
    command: launch.command,
    ecosystem: launch.ecosystem,
    ...optional('package', launch.package),
    ...optional('version', launch.version),
    ...optional('pinned', launch.pinned),
    ...optional('runs', runThrough(launch)),
  }
}

function principalOf(server: Server): PrincipalFact {
  const { entry, reach, address } = server
  return {
    type: 'principal',
    ref: server.ref,
    kind: 'workload',
    nativeType: 'mcp-server',
    system: 'mcp',
    externalId: server.externalId,
    name: server.name,
    enabled: entry.enabled,
    ...(entry.url === undefined || address === undefined || address.local ? {} : { vendor: address.host }),
    attributes: {
      ...edgeOf(server),
      files: [...(reach?.files ?? [])],
      variables: entry.environment.map(({ name }) => name).sort(),
      headers: entry.headers.map(({ name }) => name).sort(),
    },
    provenance: server.at,
  }
}

function agentOf(file: UntrustedFile, document: ParsedDocument, agent: Ref, servers: readonly Server[]): PrincipalFact {
  const root = document.value as object
  return {
    type: 'principal',
    ref: agent,
    kind: 'ai_agent',
    nativeType: 'mcp-client',
    system: 'mcp',
    externalId: file.path,
    name: clientName(file.path),
    attributes: {
      servers: servers.map(({ name }) => name),
      promptedSecrets: [...promptedSecrets(document.value)],
    },
    provenance: placeOf('agents', file, document, root, 'client'),
  }
}

/** An agent may call every tool of a server that it is configured with; what that amounts to depends on the server. */
function callsOf(agent: Ref, server: Server): EntitlementFact {
  const shell = server.reach?.shell === true || server.reach?.containerEngine === true
  const broad = server.reach?.broad
  return {
    type: 'entitlement',
    principal: agent,
    system: 'mcp',
    permission: `call ${server.name}`,
    actions: ['mcp:call'],
    resources: [mcpResource(server.externalId)],
    level: shell ? 'admin' : broad === undefined ? 'unknown' : 'write',
    ...(shell
      ? { reason: `the server \`${server.name}\` runs commands as whoever starts the agent` }
      : broad === undefined
        ? {}
        : { reason: `the server \`${server.name}\` is given a whole ${broad.what}` }),
    provenance: server.at,
  }
}
