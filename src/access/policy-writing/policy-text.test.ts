import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '#kernel'
import { compilePolicies } from '../policy/index.ts'
import { runCedar } from './cedar-process.ts'
import { POLICY_TEXT_MAX, readPolicyText } from './policy-text.ts'

const SCHEMA = `entity User { level: Long };
entity Doc { owner: User };
action read appliesTo { principal: [User], resource: [Doc], context: { mfa: Bool } };`

const problemsOf = async (policies: string, schema?: string): Promise<string[]> => {
  const { problems } = await readPolicyText({ policies, ...(schema !== undefined && { schema }) })
  assert.ok(problems !== undefined, 'it must be refused')
  return problems.map(({ in: where, line, column, message }) => `${where} ${line}:${column} ${message}`)
}

test('policies are named in the order of the text, and what is read can be compiled', async () => {
  const policies = `// 😀 first
permit(principal, action, resource) when { context.mfa };
@id("own") permit(principal == ?principal, action, resource in ?resource);
permit(principal, action, resource) when { context.mfa };`
  const { written, problems } = await readPolicyText({ policies })
  assert.ok(written !== undefined, JSON.stringify(problems))
  assert.deepEqual(
    written.policies.map(({ id }) => id),
    ['policy0', 'policy2'],
  )
  assert.deepEqual(
    written.templates.map(({ id }) => id),
    ['own'],
  )
  assert.match(written.formatted ?? '', /^\/\/ 😀 first\npermit \(/)
  const sources = (parts: readonly { id: string; json: unknown }[]): Record<string, unknown> =>
    Object.fromEntries(parts.map(({ id, json }) => [id, json]))
  const { set } = compilePolicies({ policies: sources(written.policies), templates: sources(written.templates) })
  const who = { type: 'User', id: 'a' }
  assert.deepEqual(set?.evaluate({ principal: who, action: who, resource: who, context: { mfa: true } }).reasons, [
    'policy0',
    'policy2',
  ])
})

test('a mistake in the text has its line and column, also behind characters of more than one byte', async () => {
  assert.deepEqual(await problemsOf('// é😀\npermit(principal, action resource);'), [
    'policies 2:26 unexpected token `resource`',
  ])
})

test('policies that do not type-check are refused where they stand, in the second of two', async () => {
  const text =
    'permit(principal, action, resource);\n// é\n  permit(principal, action, resource)\n  when { principal.levle == 1 };'
  const [problem, ...others] = await problemsOf(text, SCHEMA)
  assert.deepEqual(others, [])
  assert.match(problem ?? '', /^policies 4:10 .*attribute `levle` on entity type `User` not found/)
})

test('a mistake in the schema is told as one of the schema', async () => {
  assert.match(
    (await problemsOf('permit(principal, action, resource);', 'entity User;\nentit Doc;'))[0] ?? '',
    /^schema 2:1 /,
  )
})

test('integers beyond 53 bits are refused before Cedar can round them; digits in strings and comments are not', async () => {
  const text = `// 9007199254740993
permit(principal, action, resource) when { "9007199254740993\\"" == "a" && context.n == 9007199254740993 };`
  assert.deepEqual(await problemsOf(text), [
    'policies 2:88 an integer beyond 53 bits cannot be carried exactly; use a smaller one, or a decimal',
  ])
})

test('one id for two policies is refused', async () => {
  const text = '@id("a") permit(principal, action, resource);\n@id("a") forbid(principal, action, resource);'
  assert.deepEqual(await problemsOf(text), ['policies 2:1 the id `a` is given twice'])
})

test('texts that are too large, or too much for the time allowed, are refused and nothing hangs', async () => {
  await assert.rejects(
    readPolicyText({ policies: ' '.repeat(POLICY_TEXT_MAX + 1) }),
    (error) => error instanceof Fault && error.code === 'too_large',
  )
  await assert.rejects(runCedar({ text: 'permit(principal, action, resource);', format: false }, 1), /within 0.001 s/)
})

test('nesting that ends the child process refuses the policy, and the next one is read', async () => {
  const deep = `permit(principal, action, resource) when { ${'('.repeat(200_000)}true${')'.repeat(200_000)} };`
  const outcome = await readPolicyText({ policies: deep }).then(
    ({ problems }) => problems?.length ?? 0,
    (error: unknown) => (error instanceof Fault ? error.code : 'bug'),
  )
  assert.ok(outcome === 'unprocessable' || (typeof outcome === 'number' && outcome > 0), String(outcome))
  const { written } = await readPolicyText({ policies: 'permit(principal, action, resource);' })
  assert.equal(written?.policies.length, 1)
})
