// Terraform and OpenTofu state: the principals and keys that it manages, and the secrets that it holds in plain.
import type { Observation } from '#kernel'
import type { Connector, ParsedDocument, UntrustedFile } from '../port.ts'
import { textIn } from '../untrusted-value.ts'
import { AWS_RESOURCES } from './aws.ts'
import { ENTRA_RESOURCES } from './entra.ts'
import { GITHUB_RESOURCES } from './github.ts'
import { GOOGLE_RESOURCES } from './google.ts'
import { KUBERNETES_RESOURCES } from './kubernetes.ts'
import { PUBLIC_KEY_RESOURCES } from './public-keys.ts'
import { isData } from './reading.ts'
import type { Reading, ReadResource } from './reading.ts'
import { outputSecrets, resourceSecrets } from './secrets.ts'
import { readState } from './state.ts'
import type { State } from './state.ts'

/** One reader per resource type; types without one still have their secrets read. */
const READERS: Readonly<Record<string, ReadResource>> = {
  ...AWS_RESOURCES,
  ...GOOGLE_RESOURCES,
  ...ENTRA_RESOURCES,
  ...GITHUB_RESOURCES,
  ...KUBERNETES_RESOURCES,
  ...PUBLIC_KEY_RESOURCES,
}

/** A data source that describes what another state or nobody manages is a mention here, so only these are read. */
const READ_AS_DATA = new Set(['aws_iam_user', 'aws_iam_role', 'aws_iam_group', 'google_service_account'])

/** By which attribute other resources call it, and which one is the identifier. */
const IDENTIFIED: ReadonlyMap<string, readonly [by: string, identifier: string]> = new Map(
  Object.entries({
    aws_iam_user: ['name', 'arn'],
    aws_iam_role: ['name', 'arn'],
    aws_iam_group: ['name', 'arn'],
    azuread_application: ['object_id', 'client_id'],
  } as const),
)

const NAMED = /\.tfstate(?:\.[\w.-]+)?$/
const HEAD = /"terraform_version"\s*:/
const BODY = /"(?:resources|modules|values|planned_values|lineage|encrypted_data)"\s*:/
const HEAD_LENGTH = 65_536

export const terraform: Connector = {
  id: 'terraform',
  title: 'Terraform and OpenTofu state',
  reads: 'state files of version 4 and 3, and the output of `terraform show -json`',
  verbs: ['discover'],
  blindSpots: [
    'resources that Terraform does not manage, and changes made beside it since the last run, are not in its state',
    'who may read the state (the bucket, the workspace) is not written in it',
  ],
  accepts(file) {
    if (file.binary) return false
    if (NAMED.test(file.path)) return true
    const head = /\.json$/i.test(file.path) || file.origin === 'stdin' ? file.text().slice(0, HEAD_LENGTH) : ''
    return HEAD.test(head) && BODY.test(head)
  },
  *discover(file, context): Generator<Observation> {
    const documents = file.json()
    if (documents === undefined && file.text().trim() !== '') {
      const message = 'this is named as a Terraform state and is no JSON: it was not read'
      yield { type: 'problem', connector: 'terraform', file: file.path, startLine: 1, message }
    }
    for (const document of documents ?? []) {
      const state = readState(document)
      if (state !== undefined) yield* stateFacts({ file, document, context, state, known: identifiersIn(state) })
      else if (NAMED.test(file.path)) yield* notAState(file, document)
    }
  },
}

function* stateFacts(reading: Reading): Generator<Observation> {
  const { state, file, document } = reading
  if (state.encrypted) {
    const message = 'this state is encrypted as a whole: nothing of it was read'
    yield { type: 'blind_spot', connector: 'terraform', file: file.path, message }
  }
  for (const { node, what } of state.odd) {
    const startLine = document.line(node)
    const message = `${what}: it was left out, the rest of the state was read`
    yield {
      type: 'problem',
      connector: 'terraform',
      file: file.path,
      ...(startLine === undefined ? {} : { startLine }),
      message,
    }
  }
  for (const resource of state.resources) {
    const reader = Object.hasOwn(READERS, resource.type) ? READERS[resource.type] : undefined
    if (reader !== undefined && !isData(resource)) yield* reader(resource, reading)
    else if (reader !== undefined && READ_AS_DATA.has(resource.type)) {
      for (const fact of reader(resource, reading))
        yield fact.type === 'principal' ? { ...fact, mentioned: true } : fact
    }
    yield* resourceSecrets(resource, reading)
  }
  for (const output of state.outputs) yield* outputSecrets(output, reading)
}

function identifiersIn(state: State): ReadonlyMap<string, string> {
  const known = new Map<string, string>()
  for (const { type, attributes } of state.resources) {
    const [by, identifier] = IDENTIFIED.get(type) ?? []
    const name = by === undefined ? undefined : textIn(attributes, by)
    const id =
      identifier === undefined ? undefined : (textIn(attributes, identifier) ?? textIn(attributes, 'application_id'))
    if (name !== undefined && id !== undefined) known.set(`${type} ${name}`, id)
  }
  return known
}

function* notAState(file: UntrustedFile, document: ParsedDocument): Generator<Observation> {
  const value: unknown = document.value
  // a fresh state has neither resources nor modules
  const empty = typeof value === 'object' && value !== null && 'version' in value
  if (empty) return
  const message = 'this is named as a Terraform state and has no resources: check that it is one'
  yield { type: 'problem', connector: 'terraform', file: file.path, startLine: 1, message }
}
