// One Kubernetes object out of a document, whatever it was wrapped in: a document of its own, a `List`, a typed
// `RoleList`, a bare array. An object that is not well formed becomes one problem and the others are read.
import type { ReadProblem } from '#kernel'
import type { ParsedDocument, UntrustedFile } from '../port.ts'
import { isRecord, listOf, member, optional, textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'

export interface Manifest {
  /** '' for the core group. */
  readonly group: string
  readonly kind: string
  readonly name: string
  /** As written, else `default`, which is where `kubectl apply` puts it. Only meaningful for namespaced kinds. */
  readonly namespace: string
  readonly namespaceDefaulted: boolean
  /** True when it was read from a cluster, not written by hand. */
  readonly live: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly metadata: UntrustedRecord
  readonly value: UntrustedRecord
  readonly document: ParsedDocument
}

const LIST_DEPTH_MAX = 4
const NAME_LENGTH_MAX = 512

export function* manifestsOf(file: UntrustedFile, document: ParsedDocument): Generator<Manifest | ReadProblem> {
  yield* within(file, document, document.value, '', '', 0)
}

/** `listKind` and `listVersion` are what a typed list says of items that say nothing themselves. */
function* within(
  file: UntrustedFile,
  document: ParsedDocument,
  value: unknown,
  listKind: string,
  listVersion: string,
  depth: number,
): Generator<Manifest | ReadProblem> {
  if (Array.isArray(value) && depth === 0) {
    for (const item of value) yield* within(file, document, item, '', '', 1)
    return
  }
  if (!isRecord(value)) return
  const kind = textIn(value, 'kind') ?? listKind
  const version = textIn(value, 'apiVersion') ?? listVersion
  if (kind === '' || version === '') return
  const items = member(value, 'items')
  if (kind.endsWith('List') && (items === undefined || items === null || Array.isArray(items))) {
    if (depth >= LIST_DEPTH_MAX) return
    const [itemKind, itemVersion] = kind === 'List' ? ['', ''] : [kind.slice(0, -'List'.length), version]
    for (const item of listOf(items)) yield* within(file, document, item, itemKind, itemVersion, depth + 1)
    return
  }
  yield manifestOf(file, document, value, kind, version)
}

function manifestOf(
  file: UntrustedFile,
  document: ParsedDocument,
  value: UntrustedRecord,
  kind: string,
  version: string,
): Manifest | ReadProblem {
  const metadata = member(value, 'metadata')
  const name = isRecord(metadata) ? nameOf(metadata) : undefined
  if (!isRecord(metadata) || name === undefined) {
    return {
      type: 'problem',
      connector: 'kubernetes',
      file: file.path,
      ...optional('startLine', document.line(value)),
      message: 'an object without a usable `metadata.name` was left out: give it one',
    }
  }
  const namespace = textIn(metadata, 'namespace')
  return {
    group: version.includes('/') ? version.slice(0, version.indexOf('/')) : '',
    kind,
    name,
    namespace: namespace ?? 'default',
    namespaceDefaulted: namespace === undefined,
    live: textIn(metadata, 'uid') !== undefined || textIn(metadata, 'resourceVersion') !== undefined,
    labels: textMap(member(metadata, 'labels')),
    annotations: textMap(member(metadata, 'annotations')),
    metadata,
    value,
    document,
  }
}

function nameOf(metadata: UntrustedRecord): string | undefined {
  const name = textIn(metadata, 'name')
  if (name !== undefined) return isUsable(name) ? name : undefined
  const prefix = textIn(metadata, 'generateName')
  return prefix !== undefined && isUsable(prefix) ? `${prefix}*` : undefined
}

/** Names are short, on one line, and not a template's. */
export const isUsable = (name: string): boolean =>
  name.length <= NAME_LENGTH_MAX && !name.includes('{{') && !/\p{Cc}/u.test(name)

const LABEL_KEY = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,316}$/

function textMap(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {}
  const entries: [string, string][] = []
  for (const [key, text] of Object.entries(value)) {
    if (!LABEL_KEY.test(key)) continue
    if (typeof text === 'string') entries.push([key, text])
    else if (typeof text === 'boolean' || typeof text === 'number') entries.push([key, String(text)])
  }
  return Object.fromEntries(entries)
}
