// Which records hold one and the same secret, and who is given it. Records with different identifiers stay apart in the
// roll; here an equal fingerprint brings them together, because whoever has one has them all.
import type { Credential } from '#identity'
import type { Dossier, EstateReader } from './dossier.ts'

/** Credentials in the order of the estate; the first speaks for all. */
export type SameSecret = readonly [Credential, ...Credential[]]

const known = new WeakMap<EstateReader, ReadonlyMap<string, SameSecret>>()

/** The records that hold this one's secret, itself included, when it is the first of them; else `undefined`. */
export function sameSecret(credential: Credential, estate: EstateReader): SameSecret | undefined {
  if (credential.fingerprint === undefined) return [credential]
  let groups = known.get(estate)
  if (groups === undefined) {
    groups = byFingerprint(estate)
    known.set(estate, groups)
  }
  const group = groups.get(credential.fingerprint)
  return group?.[0].id === credential.id ? group : undefined
}

function byFingerprint(estate: EstateReader): Map<string, SameSecret> {
  const groups = new Map<string, [Credential, ...Credential[]]>()
  for (const credential of estate.credentials()) {
    if (credential.fingerprint === undefined) continue
    const group = groups.get(credential.fingerprint)
    if (group === undefined) groups.set(credential.fingerprint, [credential])
    else group.push(credential)
  }
  return groups
}

/**
 * Who is given the secret, by what counts as one consumer: workloads of one release (`app.kubernetes.io/instance` or
 * `part-of`) are one, so are the jobs of one repository and one server in the configurations of several agents.
 */
export function consumersOf(group: SameSecret, estate: EstateReader): ReadonlyMap<string, Dossier> {
  const consumers = new Map<string, Dossier>()
  for (const credential of group) {
    for (const id of credential.consumers) {
      const dossier = estate.dossier(id)
      // an account that lists a secret runs nothing itself: its workloads are the consumers
      if (dossier === undefined || dossier.principal.nativeType === 'ServiceAccount') continue
      const unit = consumerUnit(dossier)
      if (!consumers.has(unit)) consumers.set(unit, dossier)
    }
  }
  return consumers
}

const RELEASE_LABELS = ['app.kubernetes.io/instance', 'app.kubernetes.io/part-of'] as const

function consumerUnit({ principal }: Dossier): string {
  const { system, externalId, labels, attributes, kind, name, provenance } = principal
  if (system === 'kubernetes') {
    const namespace = typeof attributes['namespace'] === 'string' ? attributes['namespace'] : ''
    const release = RELEASE_LABELS.map((label) => labels[label]).find((value) => value !== undefined)
    if (release !== undefined) return `kubernetes ${namespace} release ${release}`
  }
  if (kind === 'ci_pipeline' && system === 'github') {
    const repository = /^([^/:#]+\/[^/:#]+):/.exec(externalId)?.[1]
    return `github ${repository ?? folderOf(provenance[0]?.file ?? externalId)}`
  }
  if (system === 'mcp') return `mcp ${name}`
  return principal.id
}

/** The workflows of one repository lie in one folder. */
const folderOf = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf('/')))
