// `reeve policy validate` and `format`: what is wrong with policies, by line and column, before anybody proposes them.
import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { answered } from '#client'
import { Fault } from '#kernel'
import { server } from '../remote/server.ts'
import type { RemoteOptions, Schemas } from '../remote/server.ts'
import { answerJson, say } from '../terminal/answer.ts'
import { plain } from '../terminal/text.ts'
import { codeOf, writeTo } from '../terminal/write-out.ts'
import { readPolicies } from './policy-files.ts'
import type { PolicyFiles } from './policy-files.ts'

type Check = Schemas['PolicyCheck']

export const validateCommand = (): Command =>
  new Command('validate')
    .description('say what is wrong with policies in Cedar; nothing is kept. Exit 1: something is')
    .argument('<path>', 'a file, or a folder of *.cedar')
    .option('--schema <file>', 'in Cedar’s own syntax; with it, policies must type-check')
    .option('--json', 'as JSON')
    .action(validate)

export const formatCommand = (): Command =>
  new Command('format')
    .description('write policies as Cedar formats them')
    .argument('<file>', 'the policies')
    .option('--write', 'into the file itself; else to standard output')
    .action(format)

async function checked({ text, schema }: PolicyFiles): Promise<Check> {
  const client = await server()
  const body = { text, ...(schema === undefined ? {} : { schema }) }
  return await answered(client.POST('/v1/policies/check', { body }))
}

/** Each mistake at its place; exit 1 where there is one. */
export async function showProblems({ placeOf }: PolicyFiles, { problems, warnings }: Check): Promise<void> {
  if (problems.length > 0) process.exitCode = 1
  for (const [word, found] of [
    ['', problems],
    ['warning: ', warnings],
  ] as const) {
    for (const { message, help, in: part, line, column } of found) {
      const said = `${placeOf(part, line, column)}: ${word}${message}${help === undefined ? '' : `; ${help}`}`
      await writeTo(process.stdout, [`${plain(said)}\n`])
    }
  }
}

async function validate(path: string, options: RemoteOptions & { readonly schema?: string }): Promise<void> {
  const files = await readPolicies(path, options.schema)
  const check = await checked(files)
  if (options.json === true) {
    if (check.problems.length > 0) process.exitCode = 1
    await answerJson(check)
    return
  }
  await showProblems(files, check)
  if (check.problems.length === 0) say('These policies can be proposed.')
}

async function format(file: string, options: { readonly write?: boolean }): Promise<void> {
  const files = await readPolicies(file)
  const check = await checked(files)
  const { formatted } = check
  if (check.problems.length > 0 || formatted === undefined) {
    await showProblems(files, check)
    return
  }
  if (options.write !== true) {
    await writeTo(process.stdout, [formatted])
    return
  }
  try {
    await writeFile(file, formatted)
  } catch (cause) {
    throw new Fault('usage', `\`${file}\` cannot be written (${codeOf(cause)})`, { cause })
  }
}
