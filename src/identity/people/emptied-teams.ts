// Teams in which nobody is left once a feed is applied: what they own has nobody either.
import type { PersonChange, RollOfPeople } from './feed-plan.ts'
import type { GoneParty } from './leave-parties.ts'
import type { Id } from '#kernel'
import { activeManagerOf } from './managers.ts'
import type { FoundManager, PersonNode } from './managers.ts'

/**
 * Only teams that somebody leaves in these changes, judged by everybody as the whole feed leaves them. Who is on leave is
 * still there. A team of which no member was ever known is unknown, not empty.
 */
export function emptiedTeams(
  now: readonly PersonChange[],
  roll: RollOfPeople,
  after: ReadonlyMap<string, PersonNode>,
): GoneParty[] {
  const left = new Map<string, PersonChange>()
  for (const change of now) {
    const team = change.current?.data.teamFeedId
    const leaves = change.what === 'left' || team !== change.next.teamFeedId
    if (team !== undefined && leaves && !left.has(team)) left.set(team, change)
  }
  if (left.size === 0) return []
  for (const { teamFeedId, status } of after.values()) {
    if (teamFeedId !== undefined && status !== 'leaver') left.delete(teamFeedId)
  }
  return [...left].flatMap(([feedId, last]) => {
    const team = roll.teams.get(feedId)
    if (team === undefined) return []
    const proposed = inPlaceOf(team.data.leadFeedId, last, after)
    return [{ party: { kind: 'team', id: team.id as Id<'team'> }, proposed }]
  })
}

/** The lead, where active; else who is above the lead; else who is above the last member. */
function inPlaceOf(
  leadFeedId: string | undefined,
  last: PersonChange,
  after: ReadonlyMap<string, PersonNode>,
): FoundManager {
  const lead = leadFeedId === undefined ? undefined : after.get(leadFeedId)
  if (lead?.status === 'active') return { id: lead.id, above: 0 }
  const above = lead === undefined ? undefined : activeManagerOf(lead, after)
  if (above !== undefined && 'id' in above) return above
  const member = after.get(last.next.feedId)
  if (member === undefined) return { why: 'none_named' }
  return member.status === 'active' ? { id: member.id, above: 0 } : activeManagerOf(member, after)
}
