// What the readers of single resource types share: attributes of either state version, lines, and identities that are
// known in the same state under another name.
import { parseInstant, ref } from '#kernel'
import type { Instant, Observation, PrincipalFact, Provenance } from '#kernel'
import type { ParsedDocument, ReadContext, UntrustedFile } from '../port.ts'
import { isRecord, member, textIn, textOf } from '../untrusted-value.ts'
import type { State, StateResource } from './state.ts'

export interface Reading {
  readonly file: UntrustedFile
  readonly document: ParsedDocument
  readonly context: ReadContext
  readonly state: State
  /** ARNs, client ids and the like by `type` and the name by which other resources call it. */
  readonly known: ReadonlyMap<string, string>
}

export type ReadResource = (resource: StateResource, reading: Reading) => Iterable<Observation>

/** `attribute` picks the line of one attribute. */
export function placeIn(reading: Reading, resource: StateResource, attribute?: string): Provenance {
  const startLine = reading.document.line(resource.node, attribute)
  const endLine = attribute === undefined ? reading.document.endLine(resource.node) : startLine
  return {
    connector: 'terraform',
    file: reading.file.path,
    object: resource.address,
    ...(startLine === undefined ? {} : { startLine }),
    ...(endLine === undefined ? {} : { endLine }),
  }
}

export const attribute = (resource: StateResource, name: string): string | undefined =>
  textIn(resource.attributes, name)

export const instantOf = (resource: StateResource, name: string): Instant | undefined =>
  parseInstant(member(resource.attributes, name))

/** A list of strings, nested (`users: [...]`) or flat (`users.0`, `users.12345`). */
export function listAttribute(resource: StateResource, name: string): string[] {
  const nested = member(resource.attributes, name)
  if (Array.isArray(nested)) return nested.flatMap((item) => textOf(item) ?? [])
  return Object.keys(resource.attributes)
    .filter((key) => key.startsWith(`${name}.`) && !key.endsWith('.#') && !key.endsWith('.%'))
    .flatMap((key) => textIn(resource.attributes, key) ?? [])
}

/** A map of strings, nested (`tags: {…}`) or flat (`tags.owner`); `undefined` when the state has none of the name. */
export function mapAttribute(resource: StateResource, name: string): Record<string, string> | undefined {
  const map: Record<string, string> = {}
  const nested = member(resource.attributes, name)
  const from: Iterable<readonly [string, unknown]> = isRecord(nested)
    ? Object.entries(nested)
    : Object.entries(resource.attributes)
        .filter(([key]) => key.startsWith(`${name}.`) && !key.endsWith('.%'))
        .map(([key, value]) => [key.slice(name.length + 1), value] as const)
  for (const [key, value] of from) {
    const text = textOf(value)
    if (text !== undefined && key !== '__proto__') map[key] = text
  }
  return isRecord(nested) || Object.keys(map).length > 0 ? map : undefined
}

/** The blocks of a nested block attribute; version 3 has them flat and gives none. */
export function blocks(resource: StateResource, name: string): Record<string, unknown>[] {
  const nested = member(resource.attributes, name)
  return Array.isArray(nested) ? nested.filter(isRecord) : []
}

/** One block of one level, `metadata` of Kubernetes: nested or flat (`metadata.0.name`). */
export function blockAttribute(resource: StateResource, block: string, name: string): string | undefined {
  const [first] = blocks(resource, block)
  return first === undefined ? attribute(resource, `${block}.0.${name}`) : textIn(first, name)
}

export const isData = (resource: StateResource): boolean => /(?:^|\.)data\.[^.]+\.[^.]+$/.test(resource.address)

/** An identity that the state names and whose own identifier it does not hold. */
export function unresolved(
  reading: Reading,
  what: {
    readonly type: string
    readonly name: string
    readonly nativeType: string
    readonly kind: PrincipalFact['kind']
  },
  provenance: Provenance,
): PrincipalFact {
  return {
    type: 'principal',
    ref: ref('terraform', `${what.type}/${what.name}`, reading.file.path),
    kind: what.kind,
    nativeType: what.nativeType,
    system: 'terraform',
    externalId: what.name,
    name: what.name,
    mentioned: true,
    provenance,
  }
}

/** Another identifier of what the state calls `type` and `name`: the ARN of a user, the client id of an application. */
export const knownId = (reading: Reading, type: string, name: string): string | undefined =>
  reading.known.get(`${type} ${name}`)
