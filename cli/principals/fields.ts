// How a principal reads in a list and in full.
import type { Principal } from '../remote/server.ts'
import { answerFields, answerListing } from '../terminal/answer.ts'
import { actionText, kindTitle } from '../words.ts'

/** `2027-03-31` of an instant. */
export const day = (instant: string | null | undefined): string | undefined => instant?.slice(0, 10)

const ownerText = ({ data }: Principal, names: ReadonlyMap<string, string>): string => {
  const { owner, formerOwner } = data
  if (owner === undefined) {
    const former = formerOwner?.party.id
    return former === undefined ? 'nobody' : `nobody (was ${names.get(former) ?? former})`
  }
  return `${names.get(owner.party.id) ?? owner.party.id}${owner.from === 'derived' ? ' ?' : ''}`
}

export async function answerPrincipals(
  items: readonly Principal[],
  names: ReadonlyMap<string, string>,
  { empty, after }: { readonly empty: string; readonly after?: string },
): Promise<void> {
  await answerListing<Principal>({
    items,
    empty,
    ...(after === undefined ? {} : { after }),
    columns: [
      { title: 'id', whole: true, of: ({ id }) => id },
      { title: 'state', whole: true, of: ({ data }) => data.state },
      { title: 'kind', of: ({ data }) => kindTitle(data.kind) },
      { title: 'name', of: ({ data }) => data.name },
      { title: 'owner', of: (principal) => ownerText(principal, names) },
      { title: 'tier', of: ({ data }) => data.tier.value },
      { title: 'environment', of: ({ data }) => data.environment.value },
      { title: 'until', of: ({ data }) => day(data.expiresAt ?? data.nextReviewAt) },
    ],
  })
}

/** Ids of people and teams that stand in these principals. */
export const partiesIn = (items: readonly Principal[]): string[] =>
  items.flatMap(({ data }) => [
    ...(data.owner === undefined ? [] : [data.owner.party.id]),
    ...(data.formerOwner === undefined ? [] : [data.formerOwner.party.id]),
  ])

export async function answerPrincipal(principal: Principal, names: ReadonlyMap<string, string>): Promise<void> {
  const { id, version, recordedAt, data, gaps, allowedActions } = principal
  const said = (value: { readonly value: string; readonly from: string; readonly reason: string } | undefined) =>
    value === undefined ? undefined : `${value.value} (${value.from}: ${value.reason})`
  await answerFields([
    ['id', id],
    ['name', data.name],
    ['external id', data.externalId],
    ['kind', `${kindTitle(data.kind)}, ${data.nativeType}, in ${data.system}`],
    ['state', `${data.state}${data.goneAt === undefined ? '' : `, gone from its sources since ${day(data.goneAt)}`}`],
    ['effect', data.effect === 'not_applied' ? undefined : data.effect],
    [
      'owner',
      `${ownerText(principal, names)}${data.owner === undefined ? '' : ` (${data.owner.from}: ${data.owner.reason})`}`,
    ],
    ['backups', data.backups.map(({ party }) => names.get(party.id) ?? party.id).join(', ')],
    ['orphaned', day(data.orphanedAt)],
    ['purpose', said(data.purpose)],
    ['environment', said(data.environment)],
    ['function', said(data.function)],
    ['criticality', said(data.criticality)],
    ['tier', said(data.tier)],
    ['expires', day(data.expiresAt)],
    ['next review', day(data.nextReviewAt)],
    [
      'attested',
      data.attestation && `${day(data.attestation.at)} by ${data.attestation.by}: ${data.attestation.because}`,
    ],
    [
      'quarantined',
      data.quarantine && `${day(data.quarantine.at)} by ${data.quarantine.by}: ${data.quarantine.reason}`,
    ],
    ['retired', data.retirement && `${day(data.retirement.at)} by ${data.retirement.by}: ${data.retirement.reason}`],
    ['exception', data.exception && `until ${day(data.exception.until)}: ${data.exception.reason}`],
    ['identifiers', data.refs.join(', ')],
    ['seen by', `${data.provenance.how}, ${data.provenance.source}, since ${day(data.provenance.firstSeenAt)}`],
    ['merged into', data.mergedInto],
    ['version', `${version}, of ${recordedAt}`],
    ['lacks', gaps.length === 0 ? undefined : `${gaps.join(', ')} (to be active)`],
    ['you may', allowedActions.map(actionText).join(', ')],
  ])
}
