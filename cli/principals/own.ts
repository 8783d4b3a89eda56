// `reeve principals own`: an owner where there is none, an offer where somebody answers for it already.
import { Command } from 'commander'
import { answered } from '#client'
import { partyNamed, partyNames } from '../remote/party.ts'
import { principalNamed, server, updateOf } from '../remote/server.ts'
import type { RemoteOptions } from '../remote/server.ts'
import { answerJson, say } from '../terminal/answer.ts'

interface OwnOptions extends RemoteOptions {
  readonly to: string
  readonly because: string
  readonly offer?: boolean
}

const EXAMPLES = `
What somebody answers for already changes hands by an offer, which the new owner accepts or declines (reeve offers).

Examples:
  reeve principals own payments-deployer --to sunniva.brandt@larkfield.example --because "runs the deployments"
  reeve principals own prn_1x2y… --to team:platform --because "moved with the cluster"
  reeve principals own aws:arn:aws:iam::111122223333:role/Backup --to me --because "I operate it"
`

export function ownCommand(): Command {
  return new Command('own')
    .description('make a person or a team the owner, or offer it to them')
    .argument('<principal>', 'its id, an explicit identifier, its external id, or its name')
    .requiredOption('--to <party>', 'an id, `me`, an address, a handle, an id of the feed, a name, `team:NAME`')
    .requiredOption('--because <text>', 'why; it stands in the history')
    .option('--offer', 'offer it also where nobody has accepted to be the owner yet')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(own)
}

async function own(name: string, options: OwnOptions): Promise<void> {
  const client = await server()
  const principal = await principalNamed(client, name)
  const party = await partyNamed(client, options.to)
  const { because } = options
  const called = async (): Promise<string> => (await partyNames(client, [party.id])).get(party.id) ?? party.id
  if (options.offer === true || principal.data.owner?.from === 'stated') {
    const offer = await answered(
      client.POST('/v1/principals/{principalId}/offers', {
        params: { path: { principalId: principal.id } },
        body: { to: party, why: because },
      }),
    )
    if (options.json === true) await answerJson(offer)
    else say(`Offered to ${await called()} as ${offer.id}: they say reeve offers accept ${offer.id}`)
    return
  }
  const owned = await answered(
    client.POST('/v1/principals/{principalId}/owner', {
      params: updateOf(principal),
      body: { owner: party, reason: because },
    }),
  )
  if (options.json === true) await answerJson(owned)
  else say(`${await called()} owns ${owned.data.name} (${owned.id}), version ${owned.version}.`)
}
