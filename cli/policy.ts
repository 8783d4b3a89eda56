// `reeve policy`: what is wrong with policies, by line and column, before anybody proposes them.
import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { answered } from '#client'
import { Fault } from '#kernel'
import { server } from './remote/server.ts'
import type { RemoteOptions } from './remote/server.ts'
import { answerJson, say } from './terminal/answer.ts'
import { plain } from './terminal/text.ts'
import { codeOf, writeTo } from './terminal/write-out.ts'

export function policyCommand(): Command {
  const check = new Command('check')
    .description('say what is wrong with policies in Cedar; nothing is kept. Exit 1: something is')
    .argument('<file>', 'the policies')
    .option('--schema <file>', 'in Cedar’s own syntax; with it, policies must type-check')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  reeve policy check policies.cedar\n')
    .action(checkPolicies)
  return new Command('policy').description('check policies').addCommand(check)
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new Fault('usage', `\`${file}\` cannot be read (${codeOf(cause)})`, { cause })
  }
}

async function checkPolicies(file: string, options: RemoteOptions & { readonly schema?: string }): Promise<void> {
  const body = {
    text: await textOf(file),
    ...(options.schema === undefined ? {} : { schema: await textOf(options.schema) }),
  }
  const client = await server()
  const { problems, warnings, ...rest } = await answered(client.POST('/v1/policies/check', { body }))
  if (problems.length > 0) process.exitCode = 1
  if (options.json === true) {
    await answerJson({ problems, warnings, ...rest })
    return
  }
  for (const [word, found] of [
    ['', problems],
    ['warning: ', warnings],
  ] as const) {
    for (const { message, help, in: part, line, column } of found) {
      const name = part === 'schema' ? (options.schema ?? file) : file
      const where = line === undefined ? '' : `:${line}:${column ?? 1}`
      const lines = `${name}${where}: ${word}${message}${help === undefined ? '' : `; ${help}`}`
      await writeTo(process.stdout, [`${plain(lines)}\n`])
    }
  }
  if (problems.length === 0) say('These policies can be proposed.')
}
