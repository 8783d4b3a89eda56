// For tests of detectors: an estate made from facts through the same pure steps as a scan.
import { effectiveAccess } from '#access'
import type { Tier } from '#access'
import { assessOwners, classify, correlate } from '#identity'
import { ref } from '#kernel'
import type { CredentialFact, Fact, Instant, PersonFact, PrincipalFact, Provenance } from '#kernel'
import { detectAll } from './detector.ts'
import type { Detector } from './detector.ts'
import type { EstateReader, GovernanceSettings } from './dossier.ts'
import { estateInMemory } from './estate-in-memory.ts'
import type { Finding } from './finding.ts'

const AS_OF = '2026-11-23T00:00:00.000Z' as Instant
const SETTINGS: GovernanceSettings = { rotateWithinDays: {}, firstPartyOwners: [], ownAccounts: [] }

/** `tiers` sets the privilege tier of principals by external id; others keep what the facts give. */
export function estateOf(
  facts: readonly Fact[],
  tiers: Readonly<Record<string, Tier>> = {},
  settings: Partial<GovernanceSettings> = {},
): EstateReader {
  const graph = correlate(facts)
  const access = effectiveAccess(facts, graph)
  for (const [id, principal] of graph.principals) {
    const tier = tiers[principal.externalId]
    const worked = access.get(id)
    if (tier !== undefined && worked !== undefined) access.set(id, { ...worked, tier })
  }
  return estateInMemory({
    ...graph,
    asOf: AS_OF,
    settings: { ...SETTINGS, ...settings },
    facts,
    access,
    ownership: assessOwners(graph, facts),
    classification: new Map(
      [...graph.principals].map(([id, principal]) => [id, classify(principal, access.get(id)?.tier ?? 'unknown')]),
    ),
  })
}

export const findingsOf = (
  detector: Detector,
  facts: readonly Fact[],
  tiers?: Readonly<Record<string, Tier>>,
  settings?: Partial<GovernanceSettings>,
): Finding[] => detectAll(estateOf(facts, tiers, settings), [detector])

export const seenIn = (file: string, connector = 'csv', startLine = 1): Provenance => ({ connector, file, startLine })

/** A principal of the csv system, with `externalId` for its ref, id and name. */
export const principalFact = (externalId: string, more: Partial<PrincipalFact> = {}): PrincipalFact => ({
  type: 'principal',
  ref: ref('csv', externalId),
  kind: 'service_account',
  nativeType: 'account',
  system: 'csv',
  externalId,
  name: externalId,
  provenance: seenIn('accounts.csv'),
  ...more,
})

/** A system's own record of a credential of the principal `of`. */
export const credentialFact = (id: string, of: string, more: Partial<CredentialFact> = {}): CredentialFact => ({
  type: 'credential',
  ref: ref('csv', `credential/${id}`),
  credentialType: 'api_token',
  exposure: 'record',
  principal: ref('csv', of),
  name: id,
  provenance: seenIn('credentials.csv'),
  ...more,
})

export const personFact = (name: string, more: Partial<PersonFact> = {}): PersonFact => ({
  type: 'person',
  personId: name,
  name,
  emails: [`${name}@larkfield.example`],
  status: 'active',
  provenance: seenIn('people.csv', 'people'),
  ...more,
})

export const ownedBy = (externalId: string, who: string): PrincipalFact =>
  principalFact(externalId, { ownerHints: [{ who, how: 'tag', reason: 'tag `owner`' }] })

/** An instant so many days before the estate's. */
export const daysAgo = (days: number): Instant =>
  new Date(Date.parse(AS_OF) - days * 86_400_000).toISOString() as Instant
