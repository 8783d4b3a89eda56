// A person is a principal of kind human too: in the roll with everything else that can be authenticated.
import { deriveId, ref } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import { without } from '../principal/without.ts'
import type { PersonRecord } from '../record/people-records.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'

export const personIdOf = (feedId: string): Id<'person'> => deriveId('person', feedId)
export const teamIdOf = (feedId: string): Id<'team'> => deriveId('team', feedId)
export const humanRef = (feedId: string): ReturnType<typeof ref> => ref('people', feedId)
export const humanIdOf = (feedId: string): Id<'principal'> => deriveId('principal', humanRef(feedId))

/**
 * Active by the feed's word: people are outside the duty to have an owner, purpose and expiry, because their feed says when they
 * come and go (decision record 0022).
 */
export function humanPrincipal(
  personId: Id<'person'>,
  person: Omit<PersonRecord, 'principalId'>,
  act: Act,
): PrincipalRecord {
  const byRule = { from: 'derived', reason: 'a person' } as const
  const human: PrincipalRecord = {
    kind: 'human',
    nativeType: 'person',
    system: 'people',
    externalId: person.feedId,
    name: person.name,
    refs: [humanRef(person.feedId)],
    labels: {},
    attributes: {},
    provenance: { how: 'feed', source: person.source, firstSeenAt: act.at },
    personId,
    environment: { value: 'unknown', ...byRule },
    function: { value: 'unknown', ...byRule },
    criticality: { value: 'unknown', ...byRule },
    tier: { value: 'unknown', ...byRule },
    backups: [],
    custodians: [],
    parties: [],
    state: 'active',
    effect: 'not_applied',
    searchText: '',
  }
  return person.status === 'leaver' ? afterLeaving(human, act.actor.id, act.at) : human
}

/** Why Reeve quarantined a person; only such a quarantine ends by itself when they return. */
const LEFT = 'the person has left'

export function afterLeaving(human: PrincipalRecord, by: string, at: Instant): PrincipalRecord {
  if (human.state === 'quarantined' || human.state === 'retired') return human
  return { ...human, state: 'quarantined', quarantine: { by, at, reason: LEFT, from: human.state } }
}

export function afterReturning(human: PrincipalRecord): PrincipalRecord {
  if (human.state !== 'quarantined' || human.quarantine?.reason !== LEFT) return human
  return { ...without(human, 'quarantine'), state: 'active' }
}
