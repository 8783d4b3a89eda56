import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { STARTER_POLICIES } from '../policy-version/starter-text.ts'
import { readPoliciesToDecide } from './policies-to-decide.ts'

const SCHEMA = `entity Principal; entity Resource;
type Stated = { request: { env?: String }, resource: {}, subject: {}, action: {}, level: Long };
action "pg:SELECT" appliesTo { principal: Principal, resource: Resource, context: Stated };`

/** One policy a line, so that one reading tells of all. */
async function problemsOf(whens: readonly string[], schema?: string): Promise<string[]> {
  const policies = whens.map((when, at) => `@id("x${at}") forbid (principal, action, resource) when { ${when} };`)
  const read = await readPoliciesToDecide({ policies: policies.join('\n'), ...(schema !== undefined && { schema }) })
  return (read.problems ?? []).map(({ message, line, column }) => `${line}:${column} ${message}`)
}

test('a comparison that can never hold is refused where it stands, without a schema too', async () => {
  const refused: readonly (readonly [when: string, says: RegExp])[] = [
    ['"prod" == 3', /^1:\d+ `x0`: `==` compares a text with a whole number: it is never true$/],
    ['context.level == 3', /`==` compares a text with a whole number/],
    ['3 != context.granted', /`!=` compares a whole number with a text: it is always true/],
    ['principal.tier == 3', /a text with a whole number/],
    ['principal.owned == "yes"', /true or false with a text/],
    ['principal == resource', /a `Principal` with a `Resource`/],
    ['principal == User::"a"', /a `Principal` with a `User`/],
    ['context.now == "2026-01-01"', /a `datetime` with a text/],
    ['context.now == context.now.toTime()', /a `datetime` with a `duration`/],
    ['context.resource.id == 1', /a text with a whole number/],
    ['["a", "b"].contains(context.members)', /`contains` looks for a whole number in a set of others/],
    ['principal.getTag("hours") == 3', /a text with a whole number/],
    ['(if principal.owned then 1 else 2) == "1"', /a whole number with a text/],
    ['"a" == "a" && ("==" == "//" || "x" == 1)', /a text with a whole number/],
  ]
  const problems = await problemsOf(refused.map(([when]) => when))
  assert.equal(problems.length, refused.length, problems.join('\n'))
  for (const [at, [when, says]] of refused.entries()) {
    assert.match(problems[at] ?? '', says, when)
    assert.ok(problems[at]?.startsWith(`${at + 1}:`), problems[at])
  }
  // the last `==` of the last line, behind texts and what looks like a comment
  const last = `@id("x13") forbid (principal, action, resource) when { "a" == "a" && ("==" == "//" || "x" == 1) };`
  assert.match(problems.at(-1) ?? '', new RegExp(`^14:${last.lastIndexOf('==') + 1} `))
  // what the schema says wrongly of what Reeve knows, and what Cedar itself refuses by it
  assert.match((await problemsOf(['context.level == 3'], SCHEMA))[0] ?? '', /a text with a whole number/)
  const stated = await problemsOf(['context.request has env && context.request.env == 3'], SCHEMA)
  assert.match(stated[0] ?? '', /^1:\d+ .*not compatible/)
})

test('what may hold is let pass: what is stated, what is not known, and all that the starter policies compare', async () => {
  const kept = [
    'context.request has env && context.request.env == 3',
    'context.resource has owner && context.resource.owner == principal',
    'resource has environment && resource.environment != principal.environment',
    '["admin", "write"].contains(context.level)',
    '["a", 1].contains(context.request.x)',
    'principal == Principal::"a" || action == Action::"b"',
    '(if principal.owned then "1" else 2) == "1"',
    'context.now.toTime() == duration("1h")',
  ]
  assert.deepEqual(await problemsOf(kept), [])
  assert.equal((await readPoliciesToDecide({ policies: STARTER_POLICIES })).problems, undefined)
})

test('the starter policies type-check with the schema of the guide', async () => {
  const guide = await readFile('docs/guides/decisions.md', 'utf8')
  const [, schema] = /```cedarschema\n([^`]+)```/.exec(guide) ?? []
  assert.ok(schema !== undefined, 'the guide has one')
  const { problems, written } = await readPoliciesToDecide({ policies: STARTER_POLICIES, schema })
  assert.equal(problems, undefined)
  assert.deepEqual(written?.warnings, [])
})
