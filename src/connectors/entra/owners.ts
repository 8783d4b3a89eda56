// Owners as Graph gives them: expanded inside the object, or as a list whose context names the object.
import { ref } from '#kernel'
import type { Observation, Provenance, Ref } from '#kernel'
import { applicationRef, servicePrincipalRef } from './application.ts'
import { isRecord, records, text } from './graph-object.ts'
import type { GraphRecord } from './graph-object.ts'

export function* ownersOf(
  record: GraphRecord,
  context: string | undefined,
  provenance: Provenance,
): Generator<Observation> {
  const expanded = records(record, 'owners')
  const own = subject(record)
  if (expanded.length > 0 && own !== undefined) yield* ownership(own, expanded, provenance)
  const listed = /#(servicePrincipals|applications)\('([^']+)'\)\/owners/.exec(context ?? '')
  const kind = listed?.[1]
  const id = listed?.[2]
  // only the response itself, not each owner in it
  if (kind !== undefined && id !== undefined && Object.hasOwn(record, 'value')) {
    const of = kind === 'applications' ? ref('entra', `app-object/${id}`) : servicePrincipalRef(id)
    yield* ownership(of, records(record, 'value'), provenance)
  }
}

function subject(record: GraphRecord): Ref | undefined {
  const id = text(record, 'id')
  const appId = text(record, 'appId')
  if (Object.hasOwn(record, 'servicePrincipalType')) return id === undefined ? undefined : servicePrincipalRef(id)
  return appId === undefined ? undefined : applicationRef(appId)
}

function* ownership(of: Ref, owners: readonly GraphRecord[], provenance: Provenance): Generator<Observation> {
  const names = owners
    .filter(isRecord)
    // an application that owns an application answers for nothing
    .filter((owner) => text(owner, '@odata.type') !== '#microsoft.graph.servicePrincipal')
    .flatMap((owner) => text(owner, 'mail') ?? text(owner, 'userPrincipalName') ?? text(owner, 'displayName') ?? [])
  if (names.length > 0) yield { type: 'ownership', of: { ref: of }, owners: names, how: 'declared', provenance }
}
