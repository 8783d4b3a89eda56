// The estate reader of a scan: dossiers put together once, from parts that fit in memory.
import type { Credential, Relation } from '#identity'
import type { Id } from '#kernel'
import type { Dossier, EstateParts, EstateReader } from './dossier.ts'

/** Throws when a part lacks an entry for a principal: that is a bug of the caller. */
export function estateInMemory(parts: EstateParts): EstateReader {
  const own = new Map<Id<'principal'>, Credential[]>()
  const uses = new Map<Id<'principal'>, Credential[]>()
  for (const credential of parts.credentials.values()) {
    for (const id of [credential.principalId, ...credential.alsoOf]) if (id !== undefined) push(own, id, credential)
    for (const id of credential.consumers) push(uses, id, credential)
  }
  const out = new Map<Id<'principal'>, Relation[]>()
  const into = new Map<Id<'principal'>, Relation[]>()
  for (const relation of parts.relations) {
    if (relation.fromId !== undefined) push(out, relation.fromId, relation)
    push(into, relation.toId, relation)
  }
  const groups = new Map<Id<'principal'>, Id<'principal'>[]>()
  for (const { memberId, groupId } of parts.memberships) push(groups, memberId, groupId)
  const dossiers = new Map<Id<'principal'>, Dossier>()
  for (const [id, principal] of parts.principals) {
    dossiers.set(id, {
      principal,
      classification: present(parts.classification.get(id)),
      ownership: present(parts.ownership.get(id)),
      access: present(parts.access.get(id)),
      credentials: own.get(id) ?? [],
      uses: uses.get(id) ?? [],
      out: out.get(id) ?? [],
      in: into.get(id) ?? [],
      groups: groups.get(id) ?? [],
    })
  }
  const seen = new Set(parts.facts.map((fact) => fact.type))
  return {
    asOf: parts.asOf,
    settings: parts.settings,
    dossiers: () => dossiers.values(),
    dossier: (id) => dossiers.get(id),
    credentials: () => parts.credentials.values(),
    likely: parts.likely,
    has: (type) => seen.has(type),
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('every principal has its parts')
  return value
}
