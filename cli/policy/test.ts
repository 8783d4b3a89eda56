// `reeve policy test`: matrices of decisions against policies on disk, without a server. Exit 1 where one comes out otherwise.
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import { mistakesIn, readPolicyText, runMatrix, STARTER_POLICIES, DecisionMatrix } from '#access/policy-testing'
import type { CaseResult, Outcome } from '#access/policy-testing'
import { parseConfigYaml, refuseConfig } from '#config'
import { Fault } from '#kernel'
import { answerJson, answerListing, say } from '../terminal/answer.ts'
import { plain } from '../terminal/text.ts'
import { codeOf, writeTo } from '../terminal/write-out.ts'
import { readPolicies } from './policy-files.ts'
import type { PolicyFiles } from './policy-files.ts'

interface TestOptions {
  readonly policies?: string
  readonly json?: boolean
}

interface TestedFile {
  readonly file: string
  readonly policies: string
  readonly cases: readonly CaseResult[]
  readonly untested: readonly string[]
}

type Policies = Parameters<typeof runMatrix>[1]

const FILES_MAX = 1000
const EXAMPLE = `
Without a server. A matrix names its policies (\`policies: ../policies\`, or \`starter\`), or --policies does.

Exit codes:
  0  every case came out as expected
  1  one did not
  2  a matrix or its policies cannot be read

Example:
  reeve policy test test/decisions --policies policies/
`

export const testCommand = (): Command =>
  new Command('test')
    .description('try policies on matrices of decisions (YAML). Exit 1: one came out otherwise')
    .argument('<path>', 'a matrix, or a folder of *.yaml')
    .option('--policies <path>', 'in place of those that the matrices name: a file, a folder, or `starter`')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLE)
    .action(test)

async function test(path: string, options: TestOptions): Promise<void> {
  const read = new Map<string, Policies>()
  const files: TestedFile[] = []
  for (const file of await matricesIn(path)) {
    const matrix = readMatrix(file, await textOf(file))
    const { also = '' } = matrix
    const named = options.policies ?? besides(file, matrix.policies)
    const key = JSON.stringify([named, also])
    const tried = read.get(key) ?? (await policiesOf(named, also))
    read.set(key, tried)
    files.push({ file, policies: named, ...runMatrix(matrix, tried) })
  }
  process.exitCode = files.every(({ cases }) => cases.every(({ passed }) => passed)) ? 0 : 1
  if (options.json === true) await answerJson({ passed: process.exitCode === 0, files })
  else await show(files)
}

const STARTER = 'starter'

function besides(file: string, policies: string | undefined): string {
  if (policies === undefined) throw new Fault('usage', `${file}: name its policies (\`policies:\`), or give --policies`)
  return policies === STARTER ? STARTER : resolve(dirname(file), policies)
}

async function matricesIn(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).sort()
    if (names.length === 0) throw new Fault('usage', `there is no *.yaml file in \`${path}\``)
    if (names.length > FILES_MAX) throw new Fault('usage', `\`${path}\` holds more than ${FILES_MAX} matrices`)
    return names.map((name) => join(path, name))
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault('usage', `\`${path}\` cannot be read (${codeOf(cause)})`, { cause })
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new Fault('usage', `\`${file}\` cannot be read (${codeOf(cause)})`, { cause })
  }
}

/** Throws Fault('config_invalid') with the line of every mistake. */
function readMatrix(file: string, yaml: string): DecisionMatrix {
  const parsed = parseConfigYaml(yaml, file)
  const read = DecisionMatrix.safeParse(parsed.value)
  const issues = read.success ? mistakesIn(read.data) : read.error.issues
  if (read.success && issues.length === 0) return read.data
  throw refuseConfig(issues, parsed, z.toJSONSchema(DecisionMatrix, { io: 'input' }))
}

async function policiesOf(path: string, also: string): Promise<Policies> {
  const { text, schema, placeOf }: PolicyFiles =
    path === STARTER
      ? { text: STARTER_POLICIES, placeOf: (_part, line = 1, column = 1) => `starter:${line}:${column}` }
      : await readPolicies(path)
  const read = await readPolicyText({ policies: `${text}\n${also}`, ...(schema !== undefined && { schema }) })
  if (read.written === undefined) {
    const places = read.problems.map(
      ({ message, in: part, line, column }) => `${placeOf(part, line, column)}: ${message}`,
    )
    throw new Fault('usage', places.join('\n'))
  }
  const [template] = read.written.templates
  if (template !== undefined)
    throw new Fault('usage', `\`${template.id}\` has a slot: rights for single identities are grants`)
  const { policies, schema: declared } = read.written
  return {
    policies: policies.map(({ id, json }) => ({ id, json: json as Policies['policies'][number]['json'] })),
    ...(declared !== undefined && { schema: declared }),
  }
}

async function show(files: readonly TestedFile[]): Promise<void> {
  const all = files.flatMap(({ file, cases }) => cases.map((one): Shown => ({ file, ...one })))
  await answerListing<Shown>({
    items: all,
    empty: 'There are no cases.',
    columns: [
      { title: '', whole: true, of: ({ passed }) => (passed ? 'ok' : 'FAILED') },
      { title: 'matrix', keep: 'end', of: ({ file }) => file },
      { title: 'case', of: ({ name }) => name },
      { title: 'decided at', of: ({ step }) => step },
    ],
  })
  const failed = all.filter(({ passed }) => !passed)
  for (const { file, name, expected, actual, step } of failed) {
    const lines = [
      `${file}: ${name}`,
      `  expected    ${said(expected)}`,
      `  came out    ${said(actual)}`,
      `  decided at  ${step}`,
    ]
    await writeTo(process.stdout, ['\n', ...lines.map((line) => `${plain(line)}\n`)])
  }
  say(
    failed.length === 0 ? `All ${all.length} cases came out as expected.` : `${failed.length} of ${all.length} failed.`,
  )
  const untested = [...new Set(files.flatMap((one) => one.untested))].filter((id) =>
    files.every((one) => one.untested.includes(id)),
  )
  if (untested.length > 0) say(`No case is determined by: ${untested.join(', ')}`)
}

type Shown = CaseResult & { readonly file: string }

const said = (outcome: Outcome): string =>
  Object.entries(outcome)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
