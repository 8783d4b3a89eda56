// MCP servers as registries describe them: the container catalogue's YAML and the official registry's `server.json`.
// They say what a server will be given, not that anybody runs it.
import { ref } from '#kernel'
import type { CredentialType, Json, Observation, Provenance } from '#kernel'
import type { ParsedDocument, UntrustedFile } from '../port.ts'
import { isRecord, listOf, member, optional, placeOf, textIn, words } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { imageOf } from './launch.ts'
import { addressOf } from './server-reach.ts'
import { reference } from './server-secrets.ts'

const recordIn = (record: UntrustedRecord, key: string): UntrustedRecord => {
  const value = member(record, key)
  return isRecord(value) ? value : {}
}

export function isContainerManifest(value: unknown): value is UntrustedRecord {
  if (!isRecord(value) || textIn(value, 'name') === undefined) return false
  const kind = textIn(value, 'type') ?? ''
  const described = isRecord(member(value, 'about')) || isRecord(member(value, 'meta'))
  const runs = textIn(value, 'image') !== undefined || isRecord(member(value, 'remote'))
  return described && runs && /^(?:server|remote|poci)$/.test(kind)
}

export function* readContainerManifest(
  file: UntrustedFile,
  document: ParsedDocument,
  node: UntrustedRecord,
): Generator<Observation> {
  const name = textIn(node, 'name') ?? ''
  const place = { server: ref('mcp', name), externalId: name }
  const at = placeOf('agents', file, document, node, name)
  const about = recordIn(node, 'about')
  const source = recordIn(node, 'source')
  const config = recordIn(node, 'config')
  const image = textIn(node, 'image')
  const packaged = image === undefined ? undefined : imageOf(image)
  const commit = textIn(source, 'commit')
  const address = addressOf(textIn(recordIn(node, 'remote'), 'url') ?? '')
  const purpose = textIn(about, 'description') ?? textIn(about, 'title')
  yield {
    type: 'principal',
    ref: place.server,
    kind: 'workload',
    nativeType: 'mcp-server',
    system: 'mcp',
    externalId: name,
    name,
    ...(purpose === undefined
      ? {}
      : { purpose: { text: purpose.slice(0, 300), reason: "the manifest's description" } }),
    ...optional('vendor', address?.host ?? /^(?:[\w.-]+\/)?([\w.-]+)\//.exec(image ?? '')?.[1]),
    attributes: {
      manifest: 'container-catalogue',
      transport: address === undefined ? 'stdio' : (textIn(recordIn(node, 'remote'), 'transport_type') ?? 'http'),
      ...optional('host', address?.host),
      ...optional('package', packaged?.package),
      ...optional('version', packaged?.version),
      // the catalogue builds its images from this commit
      ...(packaged === undefined ? {} : { pinned: packaged.pinned === true || /^[0-9a-f]{40}$/.test(commit ?? '') }),
      ...optional('sourceCommit', commit),
      ...optional('sourceProject', textIn(source, 'project')),
      hosts: hostsOf(node),
      files: [...words(member(recordIn(node, 'run'), 'volumes'))],
      variables: listOf(member(config, 'env')).flatMap((item) => (isRecord(item) ? (textIn(item, 'name') ?? []) : [])),
    },
    provenance: at,
  }
  for (const list of [member(config, 'secrets'), member(node, 'secrets')])
    yield* namedSecrets(list, 'api_token', place, file, document)
  for (const list of [member(node, 'oauth'), member(config, 'oauth')])
    yield* namedSecrets(list, 'federated', place, file, document)
}

function hostsOf(node: UntrustedRecord): Json {
  const run = recordIn(node, 'run')
  return [...words(member(node, 'allowHosts')), ...words(member(run, 'allowHosts'))]
}

/** Items of `secrets` and `oauth`; each names the secret and the variable that takes it. */
function* namedSecrets(
  list: unknown,
  type: CredentialType,
  place: { readonly server: ReturnType<typeof ref>; readonly externalId: string },
  file: UntrustedFile,
  document: ParsedDocument,
): Generator<Observation> {
  // one provider may stand without the list around it
  const items = isRecord(list) ? [list] : listOf(list)
  for (const item of items) {
    if (!isRecord(item)) continue
    const name = textIn(item, 'env') ?? textIn(item, 'name') ?? textIn(item, 'secret') ?? textIn(item, 'provider')
    if (name !== undefined) yield* reference(name, place, placeOf('agents', file, document, item, name), type)
  }
}

/** `server.json` of the official registry, in its older and newer spelling. */
function isRegistryServer(value: unknown): value is UntrustedRecord {
  if (!isRecord(value) || textIn(value, 'name') === undefined) return false
  const packaged = listOf(member(value, 'packages')).some(
    (item) =>
      isRecord(item) &&
      ['registryType', 'registry_type', 'registry_name', 'registryBaseUrl'].some((key) => Object.hasOwn(item, key)),
  )
  const schema = textIn(value, '$schema') ?? ''
  const named = /^[a-z0-9.-]{3,200}\/[\w.-]{1,100}$/i.test(textIn(value, 'name') ?? '')
  return packaged || /modelcontextprotocol/.test(schema) || (named && listOf(member(value, 'remotes')).length > 0)
}

/** The records of a `server.json`, of an array of them, and of a page of the registry's API. */
export function registryServersIn(value: unknown): readonly UntrustedRecord[] {
  if (isRegistryServer(value)) return [value]
  const list = Array.isArray(value) ? value : isRecord(value) ? listOf(member(value, 'servers')) : []
  return list.flatMap((item: unknown) => {
    const server = isRecord(item) && isRecord(member(item, 'server')) ? member(item, 'server') : item
    return isRegistryServer(server) ? [server] : []
  })
}

export function* readRegistryServer(
  file: UntrustedFile,
  document: ParsedDocument,
  node: UntrustedRecord,
): Generator<Observation> {
  const name = textIn(node, 'name') ?? ''
  const place = { server: ref('mcp', name), externalId: name }
  const packages = listOf(member(node, 'packages')).filter(isRecord)
  const remotes = listOf(member(node, 'remotes')).filter(isRecord)
  const hosts = remotes.flatMap((remote) => addressOf(textIn(remote, 'url') ?? '')?.host ?? [])
  const purpose = textIn(node, 'description')
  yield {
    type: 'principal',
    ref: place.server,
    kind: 'workload',
    nativeType: 'mcp-server',
    system: 'mcp',
    externalId: name,
    name,
    ...(purpose === undefined
      ? {}
      : { purpose: { text: purpose.slice(0, 300), reason: "the manifest's description" } }),
    vendor: name.split('/')[0] ?? name,
    attributes: {
      manifest: 'registry',
      ...optional('version', textIn(node, 'version')),
      packages: packages.map(packageOf),
      hosts,
      ...optional('repository', textIn(recordIn(node, 'repository'), 'url')),
    },
    provenance: placeOf('agents', file, document, node, name),
  }
  const declared = [...packages, ...remotes].flatMap((item) =>
    ['environmentVariables', 'environment_variables', 'headers'].flatMap((key) => listOf(member(item, key))),
  )
  for (const item of declared.filter(isRecord)) {
    const secret = textIn(item, 'name')
    const at: Provenance = placeOf('agents', file, document, item, secret ?? name)
    if (secret !== undefined && (member(item, 'isSecret') === true || member(item, 'is_secret') === true))
      yield* reference(secret, place, at)
  }
}

function packageOf(item: UntrustedRecord): Json {
  const kind = textIn(item, 'registryType') ?? textIn(item, 'registry_type') ?? textIn(item, 'registry_name')
  return {
    ...optional('registry', kind),
    ...optional('name', textIn(item, 'identifier') ?? textIn(item, 'name')),
    ...optional('version', textIn(item, 'version')),
    digest: textIn(item, 'fileSha256') !== undefined || textIn(item, 'file_sha256') !== undefined,
  }
}
