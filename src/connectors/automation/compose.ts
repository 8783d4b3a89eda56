// docker-compose files: services as workloads, the image they run, what of the host they can reach, the secrets they get.
import { hostAction, hostResource, ref } from '#kernel'
import type { Json, Observation, OwnerHint, PrincipalFact, Provenance, Ref } from '#kernel'
import { isSecretEntry, isSecretName, passwordInUrl } from '../placeholder.ts'
import type { ParsedDocument, ReadContext, UntrustedFile } from '../port.ts'
import { isRecord, listOf, member, oneOrMore, placeOf, textIn, textOf } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { secretsInCommand } from './command-line.ts'
import { givenSecrets } from './given-secrets.ts'

export function* discoverCompose(file: UntrustedFile, context: ReadContext): Generator<Observation> {
  const { documents, problems } = file.yaml()
  for (const { line, message } of problems)
    yield { type: 'problem', connector: 'automation', file: file.path, startLine: line, message }
  for (const document of documents) {
    if (!isRecord(document.value)) continue
    const services = member(document.value, 'services')
    if (!isRecord(services)) continue
    yield* topLevelSecrets(document, document.value, file)
    for (const name of Object.keys(services)) {
      const service = member(services, name)
      if (service === null || service === undefined) continue
      if (isRecord(service)) yield* serviceFacts({ document, file, name, service }, context)
      else {
        const startLine = document.line(services, name) ?? 1
        const message = `service \`${name.slice(0, 80)}\` is not a mapping: the other services were read`
        yield { type: 'problem', connector: 'automation', file: file.path, startLine, message }
      }
    }
  }
}

interface Service {
  readonly document: ParsedDocument
  readonly file: UntrustedFile
  readonly name: string
  readonly service: UntrustedRecord
}

const serviceRef = (file: UntrustedFile, name: string): Ref => ref('docker-compose', `${file.path}#${name}`)
const secretRef = (file: UntrustedFile, name: string): Ref => ref('docker-compose', `${file.path}#secret/${name}`)

function* topLevelSecrets(
  document: ParsedDocument,
  root: UntrustedRecord,
  file: UntrustedFile,
): Generator<Observation> {
  const secrets = member(root, 'secrets')
  if (!isRecord(secrets)) return
  for (const name of Object.keys(secrets)) {
    const secret = member(secrets, name)
    const from = isRecord(secret) ? secret : {}
    const attributes: Record<string, Json> = {}
    for (const key of ['file', 'environment', 'name']) {
      const value = textIn(from, key)
      if (value !== undefined) attributes[key] = value.slice(0, 300)
    }
    if (member(from, 'external') === true) attributes['external'] = true
    yield {
      type: 'credential',
      ref: secretRef(file, name),
      credentialType: 'api_token',
      exposure: 'reference',
      name,
      attributes,
      provenance: placeOf('automation', file, document, secrets, name, name),
    }
  }
}

function* serviceFacts(at: Service, context: ReadContext): Generator<Observation> {
  const { document, file, name, service } = at
  const provenance = placeOf('automation', file, document, service, name)
  const principal: PrincipalFact = {
    type: 'principal',
    ref: serviceRef(file, name),
    kind: 'workload',
    nativeType: 'compose-service',
    system: 'docker-compose',
    externalId: `${file.path}#${name}`,
    name,
    ...labelsOf(service),
    attributes: attributesOf(service),
    provenance,
  }
  yield principal
  yield* hostPowers(at, principal)
  yield* secretsByReference(at, principal, provenance)
  yield* secretsByValue(at, principal, context)
}

function attributesOf(service: UntrustedRecord): Record<string, Json> {
  // SECURITY: a registry's login may stand before its name
  const image = textIn(service, 'image')?.replace(/^(?:\w+:\/\/)?[^/@]*:[^/@]*@(?!sha256:)/, '')
  const text = (key: string): Record<string, Json> => {
    const value = textIn(service, key)
    return value === undefined ? {} : { [key]: value.slice(0, 300) }
  }
  return {
    ...(image === undefined ? {} : { image: image.slice(0, 300), imagePin: pinOf(image) }),
    ...(member(service, 'build') === undefined ? {} : { built: true }),
    ...text('user'),
    ...text('network_mode'),
    ...text('pid'),
    capAdd: listOf(member(service, 'cap_add')).flatMap((item) => textOf(item) ?? []),
    envFiles: oneOrMore(member(service, 'env_file')).flatMap(
      (item) => textOf(item) ?? (isRecord(item) ? (textIn(item, 'path') ?? []) : []),
    ),
  }
}

/** A digest is a pin; a tag can be moved. */
function pinOf(image: string): string {
  if (image.includes('@sha256:')) return 'digest'
  const tag = /:([\w][\w.-]{0,127})$/.exec(image.slice(image.lastIndexOf('/') + 1))?.[1]
  if (image.includes('${')) return 'variable'
  return tag === undefined || tag === 'latest' ? 'latest' : 'tag'
}

const OWNER_LABEL = /(?:^|[./_-])(?:owner|team|maintainer|contact|responsible)$/i

function labelsOf(service: UntrustedRecord): Pick<PrincipalFact, 'labels' | 'ownerHints'> {
  const labels: Record<string, string> = {}
  for (const { name, value } of entriesOf(member(service, 'labels')))
    if (value !== undefined && !isSecretName(name) && passwordInUrl(value) === undefined)
      labels[name] = value.slice(0, 300)
  const ownerHints = Object.entries(labels)
    .filter(([name]) => OWNER_LABEL.test(name))
    .map(([name, who]): OwnerHint => ({ who, how: 'tag', reason: `label \`${name}\`` }))
  return { labels, ownerHints }
}

const SOCKET = /^(?:\/var)?\/run\/(?:docker|podman\/podman|containerd\/containerd|crio\/crio)\.sock(?::|$)/

/** What in the definition gives the container its host: said with the line of the setting. */
function* hostPowers({ document, file, name, service }: Service, principal: PrincipalFact): Generator<Observation> {
  const powers: { permission: string; reason: string; provenance: Provenance }[] = []
  const add = (node: object, key: string | number, permission: string, reason: string): void => {
    powers.push({ permission, reason, provenance: placeOf('automation', file, document, node, name, key) })
  }
  if (member(service, 'privileged') === true)
    add(service, 'privileged', 'privileged container', 'runs privileged: it can take over its host')
  const volumes = listOf(member(service, 'volumes'))
  for (const [index, volume] of volumes.entries()) {
    const source = isRecord(volume) ? textIn(volume, 'source') : textOf(volume)
    if (source === undefined) continue
    if (SOCKET.test(source))
      add(
        volumes,
        index,
        'container runtime socket',
        'is given the container runtime: it can start any container as root',
      )
    else if (source === '/' || source.startsWith('/:'))
      add(volumes, index, 'host file system', 'is given the whole file system of its host')
  }
  for (const { permission, reason, provenance } of powers) {
    yield {
      type: 'entitlement',
      principal: principal.ref,
      system: 'docker-compose',
      permission,
      actions: [hostAction('*')],
      resources: [hostResource('*', '*')],
      level: 'admin',
      reason,
      provenance,
    }
  }
}

function* secretsByReference(
  { file, service }: Service,
  principal: PrincipalFact,
  provenance: Provenance,
): Generator<Observation> {
  for (const item of listOf(member(service, 'secrets'))) {
    const source = isRecord(item) ? textIn(item, 'source') : textOf(item)
    if (source === undefined) continue
    yield { type: 'consumer', principal: principal.ref, credential: { ref: secretRef(file, source) }, provenance }
  }
}

interface Entry {
  readonly name: string
  readonly value: string | undefined
  /** For the line: the member's key or the item's index. */
  readonly key: string | number
}

/** `KEY: value` or `- KEY=value`, as compose allows both. */
function entriesOf(node: unknown): Entry[] {
  if (isRecord(node)) return Object.keys(node).map((name) => ({ name, value: textOf(member(node, name)), key: name }))
  return listOf(node).flatMap((item, key): Entry[] => {
    const text = textOf(item)
    if (text === undefined) return []
    const equals = text.indexOf('=')
    if (equals === -1) return [{ name: text, value: undefined, key }]
    return [{ name: text.slice(0, equals), value: text.slice(equals + 1), key }]
  })
}

/** `${NAME:-value}` has a real value as its default. */
const effectiveValue = (value: string): string => /^\$\{\w+:?-([^{}]+)\}$/.exec(value)?.[1] ?? value

function* secretsByValue(
  { document, file, name, service }: Service,
  principal: PrincipalFact,
  context: ReadContext,
): Generator<Observation> {
  const build = member(service, 'build')
  const nodes = [member(service, 'environment'), isRecord(build) ? member(build, 'args') : undefined]
  for (const node of nodes) {
    if (typeof node !== 'object' || node === null) continue
    for (const { name: variable, value, key } of entriesOf(node)) {
      if (value === undefined) continue
      const given = effectiveValue(value)
      if (!isSecretEntry(variable, given) && passwordInUrl(given) === undefined) continue
      const provenance = placeOf('automation', file, document, node, name, key)
      const secret = [{ name: variable, value: given }]
      yield* givenSecrets(secret, 'compose-environment', principal.ref, provenance, context)
    }
  }
  for (const key of ['command', 'entrypoint']) {
    const node = member(service, key)
    const text = Array.isArray(node) ? node.flatMap((word) => textOf(word) ?? []).join(' ') : textOf(node)
    if (text === undefined) continue
    const provenance = placeOf('automation', file, document, service, name, key)
    yield* givenSecrets(secretsInCommand(text), 'compose-command', principal.ref, provenance, context)
  }
}
