// Observations of credentials: what one read says of each, and how it changes the record. Never a value.
import { CREDENTIAL_TYPES } from '#kernel'
import type { Exposure, Id, Instant } from '#kernel'
import { latest, optional } from '../layer.ts'
import type { Credential } from '../principal.ts'
import { LOCATIONS_MAX } from '../record/credential-record.ts'
import type { CredentialLocation, CredentialRecord, KeyedFingerprint } from '../record/credential-record.ts'
import type { Party } from '../record/party.ts'
import { CREDENTIAL } from '../record/tables.ts'
import { without } from '../principal/without.ts'
import { boundedAttributes, boundedName, boundedRef, boundedText } from './bounded.ts'
import type { Observed, ObservedKind, Rank, Revision } from './observed.ts'

const RANK: Readonly<Record<Exposure, Rank>> = { record: 0, public: 0, embedded: 1, reference: 2 }
const FINGERPRINT_KEYS_MAX = 10
/** What stands in a file, or is named there, is answered for by who answers for the file. */
const IN_FILES: ReadonlySet<Exposure> = new Set(['embedded', 'reference'])
const OWNERS_MAX = 10

export const CREDENTIALS: ObservedKind<CredentialRecord> = {
  noun: 'credential',
  idKind: 'credential',
  table: CREDENTIAL,
  drift: new Set(['type', 'principalId', 'alsoOf', 'fingerprints', 'enabled', 'expiresAt', 'attributes', 'consumers']),
  // which of several sightings speaks is settled by how much each says
  owns: () => false,
  revise,
  supplement,
  forget: (held, sourceId) => withLocations(held, sourceId, [], 0),
  disagrees: (held, fresh) =>
    held.type !== fresh.type ||
    (held.principalId !== undefined && fresh.principalId !== undefined && held.principalId !== fresh.principalId) ||
    (held.enabled !== undefined && fresh.enabled !== undefined && held.enabled !== fresh.enabled),
  reappears: (held, { rank, fresh }) =>
    (held.state === 'revoked' || held.state === 'rotated') &&
    held.reappearedAt === undefined &&
    fresh.enabled !== false &&
    // a copy that still stands in a file says nothing new; a system's own record, or one that came back, does
    (rank === 0 || (rank === 1 && held.goneAt !== undefined)),
  isClosed: () => false,
  complete: (data) => data,
}

export interface CredentialSighting {
  readonly credential: Credential
  /** As the roll knows them. */
  readonly principalOf: (id: Id<'principal'>) => Id<'principal'> | undefined
  /** Who answers for a file, as the roll knows them. */
  readonly ownersOf?: (file: string) => readonly Party[]
  /** The id of this read's fingerprint key; without one, fingerprints are of this read only and are not kept. */
  readonly keyId?: string
}

export function observedCredential(
  { credential, principalOf, ownersOf, keyId }: CredentialSighting,
  source: string,
): Observed<CredentialRecord> {
  const refs = [...new Set(credential.refs.map(boundedRef))].sort()
  const { fingerprint: value } = credential
  const fingerprint = keyId === undefined || value === undefined ? undefined : { keyId, value }
  const rolled = (ids: readonly Id<'principal'>[]): Id<'principal'>[] =>
    [...new Set(ids.flatMap((id) => principalOf(id) ?? []))].sort()
  return {
    id: credential.id,
    refs,
    rank: Math.min(...credential.sightings.map(({ exposure }) => RANK[exposure])) as Rank,
    ...optional('lastUsedAt', credential.lastUsedAt),
    ...optional('fingerprint', fingerprint),
    fresh: {
      type: credential.type,
      refs,
      ...optional(
        'principalId',
        credential.principalId === undefined ? undefined : principalOf(credential.principalId),
      ),
      alsoOf: rolled(credential.alsoOf),
      consumers: rolled(credential.consumers),
      fingerprints: fingerprint === undefined ? [] : [fingerprint],
      ...optional('hint', credential.hint),
      ...optional('name', credential.name === undefined ? undefined : boundedName(credential.name)),
      ...optional('enabled', credential.enabled),
      locations: credential.sightings.slice(0, LOCATIONS_MAX).map((sighting) => locationOf(sighting, source, ownersOf)),
      locationCount: credential.sightings.length,
      locationCounts: { [source]: credential.sightings.length },
      attributes: boundedAttributes(credential.attributes),
      ...optional('createdAtSource', credential.createdAt),
      ...optional('lastRotatedAt', credential.lastRotatedAt),
      ...optional('expiresAt', credential.expiresAt),
      rotateWithinDays: CREDENTIAL_TYPES[credential.type].rotateWithinDays,
      state: 'live',
      effect: 'not_applied',
      source,
    },
  }
}

function locationOf(
  { file, startLine, commit, object, connector, exposure }: Credential['sightings'][number],
  source: string,
  ownersOf: CredentialSighting['ownersOf'],
): CredentialLocation {
  const owners = IN_FILES.has(exposure) ? (ownersOf?.(file) ?? []).slice(0, OWNERS_MAX) : []
  return {
    file: boundedText(file),
    ...optional('startLine', startLine),
    ...optional('commit', commit),
    ...optional('object', object === undefined ? undefined : boundedText(object)),
    connector,
    exposure,
    source,
    ...(owners.length > 0 && { owners }),
  }
}

function revise(held: CredentialRecord, fresh: CredentialRecord, { alone }: Revision): CredentialRecord {
  const principalId = fresh.principalId ?? held.principalId
  const lastRotatedAt: Instant | undefined = latest([held.lastRotatedAt, fresh.lastRotatedAt])
  return {
    ...without(held, 'hint', 'name', 'enabled', 'createdAtSource', 'expiresAt'),
    type: fresh.type,
    ...optional('principalId', principalId),
    alsoOf: fresh.alsoOf.filter((id) => id !== principalId),
    consumers: alone ? fresh.consumers : held.consumers,
    ...optional('hint', fresh.hint ?? held.hint),
    ...optional('name', fresh.name ?? held.name),
    ...optional('enabled', fresh.enabled),
    attributes: fresh.attributes,
    ...optional('createdAtSource', fresh.createdAtSource ?? held.createdAtSource),
    ...optional('lastRotatedAt', lastRotatedAt),
    ...optional('expiresAt', fresh.expiresAt ?? held.expiresAt),
    source: fresh.source,
  }
}

/** A key that AWS lists and that stands in a repository is one record: each source says where it sees it and by whom it is used. */
function supplement(held: CredentialRecord, fresh: CredentialRecord, { sourceId }: Revision): CredentialRecord {
  const principalId = held.principalId ?? fresh.principalId
  return withLocations(
    {
      ...held,
      ...optional('principalId', principalId),
      consumers: [...new Set([...held.consumers, ...fresh.consumers])].sort(),
      fingerprints: mergedFingerprints(held.fingerprints, fresh.fingerprints),
    },
    sourceId,
    fresh.locations,
    fresh.locationCount,
  )
}

/** Ordered by source, so that it does not matter who was read last. */
function withLocations(
  held: CredentialRecord,
  sourceId: string,
  locations: readonly CredentialLocation[],
  count: number,
): CredentialRecord {
  const others = held.locations.filter(({ source }) => source !== sourceId)
  const { [sourceId]: _, ...counted } = held.locationCounts ?? {}
  const counts: Record<string, number> = count === 0 ? counted : { ...counted, [sourceId]: count }
  return {
    ...held,
    locations: [...others, ...locations].sort((a, b) => compare(a.source ?? '', b.source ?? '')),
    locationCount: Object.values(counts).reduce((sum, each) => sum + each, 0),
    locationCounts: counts,
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Under the key of this read, what this read says; those of other keys stay until every source was read again. */
function mergedFingerprints(
  held: readonly KeyedFingerprint[],
  fresh: readonly KeyedFingerprint[],
): readonly KeyedFingerprint[] {
  if (fresh.length === 0) return held
  const keys = new Set(fresh.map(({ keyId }) => keyId))
  return [...held.filter(({ keyId }) => !keys.has(keyId)), ...fresh]
    .slice(-FINGERPRINT_KEYS_MAX)
    .sort((a, b) => compare(a.keyId, b.keyId))
}
