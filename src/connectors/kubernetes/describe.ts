// Owner, purpose, environment and labels of an object, from its own metadata and that of its namespace. Explicit labels
// only: an environment is never guessed from a name.
import type { OwnerHint, PrincipalFact } from '#kernel'
import { parseInstant } from '#kernel'
import { member, optional } from '../untrusted-value.ts'
import type { Manifest } from './manifest.ts'
import type { Reading } from './reading.ts'

const ENVIRONMENT_KEYS = [
  'env',
  'environment',
  'app.kubernetes.io/environment',
  'app.kubernetes.io/env',
  'tags.datadoghq.com/env',
]
/** `app.kubernetes.io/managed-by` is a tool, not an owner, so the last part of a key must be one of these words. */
const OWNER_KEY =
  /(?:^|[./])(?:owner|owners|owned-by|team|owner-team|owning-team|squad|maintainer|maintainers|contact)$/i
const PURPOSE_KEYS = ['description', 'kubernetes.io/description', 'purpose']
/** Ingress of other systems' words: these keys end in `owner` but name an object, not a person. */
const NOT_AN_OWNER = /^(?:operators\.coreos\.com|olm\.|helm\.sh|meta\.helm\.sh|kustomize\.toolkit)/
const LABEL_VALUE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
const TEXT_LENGTH_MAX = 300

type Description = Pick<PrincipalFact, 'labels' | 'ownerHints' | 'purpose' | 'environment' | 'createdAt'>

export function describe(reading: Reading, manifest: Manifest): Description {
  const namespace = reading.namespaces.get(manifest.namespace)
  const labels = Object.fromEntries(Object.entries(manifest.labels).filter(([, value]) => LABEL_VALUE.test(value)))
  const ownerHints = [
    ...ownersIn(manifest, ''),
    ...(namespace === undefined ? [] : ownersIn(namespace, ` of namespace \`${namespace.name}\``)),
  ]
  const environment =
    environmentOf(manifest, '') ??
    (namespace === undefined ? undefined : environmentOf(namespace, ` of namespace \`${namespace.name}\``))
  return {
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(ownerHints.length === 0 ? {} : { ownerHints }),
    ...optional('purpose', purposeOf(manifest)),
    ...optional('environment', environment),
    ...optional('createdAt', parseInstant(member(manifest.metadata, 'creationTimestamp'))),
  }
}

function ownersIn(manifest: Manifest, of: string): OwnerHint[] {
  const hints: OwnerHint[] = []
  const add = (values: Readonly<Record<string, string>>, what: 'annotation' | 'label'): void => {
    for (const [key, value] of Object.entries(values)) {
      const who = value.trim()
      if (!OWNER_KEY.test(key) || NOT_AN_OWNER.test(key) || who === '' || who.length > TEXT_LENGTH_MAX) continue
      hints.push({ who, how: what === 'label' ? 'tag' : 'annotation', reason: `${what} \`${key}\`${of}` })
    }
  }
  add(manifest.annotations, 'annotation')
  add(manifest.labels, 'label')
  return hints
}

function purposeOf(manifest: Manifest): PrincipalFact['purpose'] {
  for (const key of PURPOSE_KEYS) {
    const text = manifest.annotations[key]?.trim()
    if (text !== undefined && text !== '' && text.length <= TEXT_LENGTH_MAX)
      return { text, reason: `annotation \`${key}\`` }
  }
  return undefined
}

export function environmentOf(manifest: Manifest, of: string): PrincipalFact['environment'] {
  for (const [values, what] of [
    [manifest.labels, 'label'],
    [manifest.annotations, 'annotation'],
  ] as const) {
    for (const key of ENVIRONMENT_KEYS) {
      const value = values[key]
      if (value !== undefined && LABEL_VALUE.test(value)) return { value, reason: `${what} \`${key}\`${of}` }
    }
  }
  return undefined
}
