// What every part of the connector is given while one file is read, and the facts that are said once per file.
import { kubernetesRef } from '#kernel'
import type { Observation, PrincipalFact, Provenance, Ref } from '#kernel'
import type { ReadContext, UntrustedFile } from '../port.ts'
import { placeOf } from '../untrusted-value.ts'
import type { Manifest } from './manifest.ts'

export interface Reading {
  readonly file: UntrustedFile
  readonly context: ReadContext
  /** Scope of every ref; '' when nothing says which cluster the file is of. */
  readonly cluster: string
  /** Namespace objects of the same file: their labels speak for what is in them. */
  readonly namespaces: ReadonlyMap<string, Manifest>
  /** What was already said in this file, so that ten bindings of one account are one mention. */
  readonly said: Set<string>
}

/** `Kind/namespace/name`, or `Kind/name` for what lives in no namespace. */
export const objectName = (manifest: Manifest, namespaced = true): string =>
  namespaced ? `${manifest.kind}/${manifest.namespace}/${manifest.name}` : `${manifest.kind}/${manifest.name}`

export function place(
  reading: Reading,
  manifest: Manifest,
  object: string,
  node: object = manifest.value,
  key?: string,
): Provenance {
  return placeOf('kubernetes', reading.file, manifest.document, node, object, key)
}

/** Yields `observation` unless the same `key` was said before in this file. */
export function* once(reading: Reading, key: string, observation: () => Observation): Generator<Observation> {
  if (reading.said.has(key)) return
  reading.said.add(key)
  yield observation()
}

/** A service account that something names; a definition, wherever it is, overrides this. */
export function* mentionServiceAccount(
  reading: Reading,
  namespace: string,
  name: string,
  provenance: Provenance,
  attributes: PrincipalFact['attributes'] = {},
): Generator<Observation> {
  const account = kubernetesRef.serviceAccount(namespace, name, reading.cluster)
  yield* once(reading, `mention ${account}`, () => ({
    type: 'principal',
    ref: account,
    kind: 'service_account',
    nativeType: 'ServiceAccount',
    system: 'kubernetes',
    externalId: `system:serviceaccount:${namespace}:${name}`,
    name,
    attributes: { namespace, ...attributes },
    mentioned: true,
    provenance,
  }))
  yield* implicitGroups(reading, account, namespace, provenance)
}

/** Every service account is in these, without any object that says so. */
export function* implicitGroups(
  reading: Reading,
  account: Ref,
  namespace: string,
  provenance: Provenance,
): Generator<Observation> {
  for (const group of ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']) {
    yield* membership(reading, account, group, provenance)
  }
}

/**
 * The group itself is not yielded: it is in the roll only where a binding names it, and a membership of a group that
 * nobody names says nothing.
 */
export function* membership(
  reading: Reading,
  member: Ref,
  groupName: string,
  provenance: Provenance,
): Generator<Observation> {
  const group = kubernetesRef.group(groupName, reading.cluster)
  yield* once(reading, `member ${member} ${group}`, () => ({ type: 'membership', member, group, provenance }))
}
