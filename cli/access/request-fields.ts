// How a request for a right reads: who, what, how long, why, what it needs, what was said already.
import type { ReeveClient } from '#client'
import { partyNames } from '../remote/party.ts'
import { principalNames } from '../remote/principal-names.ts'
import type { Schemas } from '../remote/server.ts'
import { answerFields } from '../terminal/answer.ts'

export const rightText = ({
  actions,
  resources,
}: {
  actions: readonly string[]
  resources: readonly string[]
}): string => `${actions.join(', ')} on ${resources.join(', ')}`

const KINDS = { standing: 'without an end', just_in_time: 'for a time', break_glass: 'an emergency' } as const

function timeText(seconds: number): string {
  if (seconds % 86_400 === 0) return `${seconds / 86_400} d`
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${Math.round(seconds / 60)} min`
}

export async function answerRequest(
  client: ReeveClient,
  { id, data, words = [], about }: Schemas['AccessRequest'],
): Promise<void> {
  const names = await partyNames(client, [data.requestedBy, ...words.map(({ by }) => by)])
  const named = (party: string): string => names.get(party) ?? party
  const name = about?.principal.name ?? (await principalNames(client, [data.principalId]))(data.principalId)
  const { approval, approvals, policyIds } = data.needs
  await answerFields([
    ['request', `${id}, ${data.state}`],
    ['for', name === '' ? data.principalId : `${name} (${data.principalId})`],
    ['right', rightText(data)],
    ['how long', `${KINDS[data.kind]}${data.seconds === undefined ? '' : `, ${timeText(data.seconds)}`}`],
    ['purpose', data.purpose],
    ['asked by', about?.requester.name ?? named(data.requestedBy)],
    ['needs', `${approval === 'none' ? 'nobody' : `${approval}, ${approvals} to agree`} (${policyIds.join(', ')})`],
    ...words.map(({ verdict, by, reason, at }): [string, string] => [verdict, `${named(by)}, ${at}: ${reason}`]),
    ['grant', data.grantId],
    ['extends', data.extends],
    ...(about === undefined ? [] : aboutFields(about)),
  ])
}

/** For who decides: what it is that would have it, what it could do, and what was done with it before. */
function aboutFields({
  principal,
  requester,
  actions,
  grants,
  used,
}: NonNullable<Schemas['AccessRequest']['about']>): [string, string][] {
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([word, count]) => `${count} ${word}`)
      .join(', ') || 'none'
  const { kind, state, tier, environment, owner, ownerName = owner, gaps } = principal
  const where = environment === 'unknown' ? 'environment unknown' : environment
  const answers = ownerName === undefined ? 'nobody answers for it' : `${ownerName} answers for it`
  return [
    ['principal', `${kind}, ${state}, tier ${tier}, ${where}, ${answers}`],
    ...(gaps.length === 0 ? [] : ([['it lacks', gaps.join(', ')]] as [string, string][])),
    ['can do', actions.map(({ action, level }) => `${action} (${level})`).join(', ')],
    ['requester asked', counts(requester.requests)],
    ['emergencies', counts(requester.emergencies)],
    [
      'had it before',
      grants.map(({ id, state: now, until }) => `${id} (${now}, ${until ?? 'no end'})`).join(', ') || 'never',
    ],
    [
      'used in 90 days',
      used
        .map(({ action, allowed, denied, lastAt }) => `${action} ${allowed}×, denied ${denied}×, last ${lastAt}`)
        .join('; ') || 'nothing that was decided here',
    ],
  ]
}
