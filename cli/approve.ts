// `reeve approve` and `reeve deny`: a word on a request for a right, said after it was shown.
import { Command } from 'commander'
import { answered } from '#client'
import { EXIT_CODES_OF_RIGHTS } from './exit.ts'
import { answerRequest } from './access/request-fields.ts'
import { server } from './remote/server.ts'
import type { RemoteOptions } from './remote/server.ts'
import { answerJson, say } from './terminal/answer.ts'

type Verdict = 'approve' | 'deny'

export const approveCommand = (): Command => verdictCommand('approve', 'agree to a request for a right')
export const denyCommand = (): Command => verdictCommand('deny', 'deny a request for a right')

function verdictCommand(verdict: Verdict, description: string): Command {
  return new Command(verdict)
    .description(`${description}; it is shown first`)
    .argument('<request>', 'its id; reeve request list --state pending shows them')
    .requiredOption('--reason <text>', 'why; it stands in the history and in the log')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `${EXIT_CODES_OF_RIGHTS}\nExample:\n  reeve ${verdict} req_1x2y… --reason "ticket 1207 says so"\n`,
    )
    .action(async (requestId: string, options: RemoteOptions & { readonly reason: string }) => {
      const client = await server()
      const params = { path: { requestId } }
      if (options.json !== true) {
        await answerRequest(client, await answered(client.GET('/v1/access-requests/{requestId}', { params })))
      }
      const body = { verdict, reason: options.reason }
      const said = await answered(client.POST('/v1/access-requests/{requestId}/decide', { params, body }))
      if (options.json === true) await answerJson(said)
      else if (said.data.grantId !== undefined) say(`${said.id} is granted: ${said.data.grantId}`)
      else say(`${said.id} is ${said.data.state}.`)
    })
}
