// Who can answer for a principal: a person who has not left, or a team in which somebody is.
import { Fault } from '#kernel'
import type { Id } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import type { Party } from '../record/party.ts'
import type { PersonStatus } from '../record/people-records.ts'

/** `past`: named in a correction of the past, so it only has to exist. */
export type PartyRole = 'owner' | 'backup' | 'custodian' | 'past'

/**
 * A person on leave may be a backup or custodian, never an owner: then nobody would answer today. `unknown` is a feed
 * that does not say; it is not taken for having left.
 */
const MAY: Record<PartyRole, ReadonlySet<PersonStatus>> = {
  owner: new Set(['active', 'unknown']),
  backup: new Set(['active', 'unknown', 'on_leave']),
  custodian: new Set(['active', 'unknown', 'on_leave']),
  past: new Set(['active', 'unknown', 'on_leave', 'leaver']),
}

const REFUSED = new WeakSet<Fault>()

function refused(detail: string): Fault {
  const fault = new Fault('unprocessable', detail)
  REFUSED.add(fault)
  return fault
}

/** Whether a fault tells who is in the roll and how they stand there: not for those who may not see them. */
export const isPartyRefusal = (error: unknown): error is Fault => error instanceof Fault && REFUSED.has(error)

/**
 * Holds the party as it is until the transaction ends, so that it cannot leave between this check and the commit.
 * Call it before locking the principal: the feed takes people first, too. Throws Fault('unprocessable').
 */
export async function lockParty(tx: Tx, party: Party, role: PartyRole): Promise<void> {
  if (party.kind === 'person') await lockPerson(tx, party.id, role)
  else await lockTeam(tx, party.id, role)
}

async function lockPerson(tx: Tx, id: Id<'person'>, role: PartyRole): Promise<void> {
  const [person] = await tx.query<{ status: PersonStatus }>(
    sql`select status from identity.person where id = ${id} for share`,
  )
  if (person === undefined) throw refused(`no person has the id \`${id}\`: import the people first`)
  if (MAY[role].has(person.status)) return
  const why = person.status === 'leaver' ? 'has left' : 'is on leave and can only be a backup'
  throw refused(`\`${id}\` ${why}: name somebody who is active`)
}

async function lockTeam(tx: Tx, id: Id<'team'>, role: PartyRole): Promise<void> {
  const [team] = await tx.query<{ feedId: string }>(
    sql`select feed_id as "feedId" from identity.team where id = ${id} for share`,
  )
  if (team === undefined) throw refused(`no team has the id \`${id}\`: import the teams first`)
  if (role === 'past') return
  const [member] = await tx.query(sql`
    select from identity.person
    where team_feed_id = ${team.feedId} and status in ('active', 'unknown') order by id limit 1 for share`)
  if (member === undefined) {
    throw refused(`nobody in the team \`${id}\` is active: name a team with an active member`)
  }
}

/** Whether a person speaks for a party: as that person, or as a member of that team. */
export function speaksFor(
  who: { readonly personId?: string; readonly teamIds: readonly string[] },
  party: Party,
): boolean {
  return party.kind === 'person' ? who.personId === party.id : who.teamIds.includes(party.id)
}
