// The credentials of a report. SECURITY: without a user's key a fingerprint leaves the scan only as a numbered label.
import type { FingerprintKey } from '#connectors'
import { CREDENTIAL_TYPES } from '#kernel'
import type { EstateReader } from '#governance'
import type { Credential } from '#identity'
import type { ReportCredential } from './contract.ts'
import { comparePlaces, compareText, onlyOnce, placeOf } from './places.ts'

/** Sorted by first location, and the labels are numbered in that order. */
export function reportCredentials(estate: EstateReader, key: FingerprintKey): ReportCredential[] {
  const ordered = [...estate.credentials()]
    .map((credential) => ({ credential, locations: sightingsOf(credential) }))
    .sort(
      (a, b) =>
        comparePlaces(a.locations[0], b.locations[0]) ||
        compareText(a.credential.type, b.credential.type) ||
        compareText(a.credential.id, b.credential.id),
    )
  const labels = new Map<string, string>()
  const labelOf = (fingerprint: string): string => {
    if (key.keyId !== undefined) return `${key.keyId}:${fingerprint}`
    const label = labels.get(fingerprint) ?? `secret-${labels.size + 1}`
    labels.set(fingerprint, label)
    return label
  }
  return ordered.map(({ credential, locations }) => reportCredential(credential, locations, labelOf))
}

function reportCredential(
  credential: Credential,
  locations: ReportCredential['locations'],
  labelOf: (fingerprint: string) => string,
): ReportCredential {
  return {
    id: credential.id,
    principalId: credential.principalId ?? null,
    externalId: nativeId(credential),
    refs: credential.refs,
    alsoOf: credential.alsoOf,
    type: credential.type,
    title: CREDENTIAL_TYPES[credential.type].title,
    fingerprint: credential.fingerprint === undefined ? null : labelOf(credential.fingerprint),
    hint: credential.hint ?? null,
    name: credential.name ?? null,
    enabled: credential.enabled ?? null,
    createdAt: credential.createdAt ?? null,
    lastRotatedAt: credential.lastRotatedAt ?? null,
    lastUsedAt: credential.lastUsedAt ?? null,
    expiresAt: credential.expiresAt ?? null,
    attributes: credential.attributes as ReportCredential['attributes'],
    consumers: credential.consumers,
    locations,
  }
}

/** A ref without its system, its scope and the word for what kind of thing it names. */
function nativeId({ refs }: Credential): string | null {
  const native = refs[0]?.replace(/^[a-z0-9-]+(?:\[[^\]]*\])?:/, '')
  return native?.replace(/^(?:access-key|certificate|key|password|secret|spki)\//, '') ?? null
}

function sightingsOf({ sightings }: Credential): ReportCredential['locations'] {
  return onlyOnce(
    sightings.map((sighting) => ({
      ...placeOf(sighting),
      exposure: sighting.exposure,
      ...(sighting.name === undefined ? {} : { name: sighting.name }),
      ...(sighting.rule === undefined ? {} : { rule: sighting.rule }),
      ...(sighting.confidence === undefined ? {} : { confidence: sighting.confidence }),
    })),
  ).sort(comparePlaces)
}
