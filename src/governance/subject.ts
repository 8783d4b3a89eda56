// How findings name what they are about: the principal's own identifier, else the place of a credential of nobody known.
import { TIERS } from '#access'
import type { Tier } from '#access'
import type { Credential, Principal } from '#identity'
import type { Location, Provenance } from '#kernel'
import type { Dossier, EstateReader } from './dossier.ts'
import type { FindingDraft } from './finding.ts'

export const subjectOf = (principal: Principal): FindingDraft['subject'] => ({
  principalId: principal.id,
  externalId: principal.externalId,
})

/** `FILE:NAME` where no source says whose it is; NAME is the variable's, the rule's or the type's. */
export function subjectOfCredential(credential: Credential, estate: EstateReader): FindingDraft['subject'] {
  const principal = holderOf(credential, estate)?.principal
  if (principal !== undefined) return { ...subjectOf(principal), credentialId: credential.id }
  const [place] = credential.sightings
  const name = place?.name ?? credential.name ?? place?.rule ?? credential.type
  return { credentialId: credential.id, externalId: `${place?.file ?? ''}:${name}` }
}

/** The dossier of whose credential it is. */
export const holderOf = (credential: Credential, estate: EstateReader): Dossier | undefined =>
  credential.principalId === undefined ? undefined : estate.dossier(credential.principalId)

/** What tells this credential from others of its principal: an identifier or name, never the secret. */
export const credentialKey = ({ refs, name, type }: Credential): string => refs[0] ?? name ?? type

/** For a person: the name that the source gives it. */
export const called = ({ name, refs, type }: Credential, principal?: Principal): string => {
  const own = name ?? refs[0]?.slice(refs[0].lastIndexOf('/') + 1) ?? type
  return principal === undefined ? `\`${own}\`` : `\`${own}\` of ${principal.name}`
}

export const isPrivileged = (tier: Tier | 'unknown'): boolean => tier === 'high' || tier === 'admin'

/** The highest tier among those whose it is; `unknown` when none is known. */
export function tierOf(credential: Credential, estate: EstateReader): Tier | 'unknown' {
  const ids = [...(credential.principalId === undefined ? [] : [credential.principalId]), ...credential.alsoOf]
  const tiers = new Set(ids.map((id) => estate.dossier(id)?.access.tier ?? 'unknown'))
  return TIERS.findLast((tier) => tiers.has(tier)) ?? 'unknown'
}

export function placeOf({ file, startLine, endLine, commit }: Provenance): Location {
  return {
    file,
    ...(startLine === undefined ? {} : { startLine }),
    ...(endLine === undefined ? {} : { endLine }),
    ...(commit === undefined ? {} : { commit }),
  }
}

/** Where the principal is defined; the first place only, so that one cause has one location. */
export const definitionOf = (principal: Principal): Location[] => principal.provenance.slice(0, 1).map(placeOf)

/** Where a system's own record of the credential stands. What a rule recognised is a leak's report, not a record. */
export const recordOf = (credential: Credential): Credential['sightings'][number] | undefined =>
  credential.sightings.find(({ exposure, rule }) => exposure === 'record' && rule === undefined)
