// Where evaluators of Cedar are known to go wrong, one test for each, and Cedar itself asked the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicies, createEntities } from './index.ts'
import { cedar, exactJson } from './reference-in-test.ts'

const user = { type: 'User', id: 'u' }
const group = { type: 'Group', id: 'g' }
const doc = { type: 'Doc', id: 'd' }
const ENTITIES = [
  { uid: user, attrs: { name: 'u', set: [1, [2, 3]] }, parents: [group] },
  { uid: group, attrs: {}, parents: [] },
]

interface Trap {
  readonly what: string
  readonly when: string
  readonly answer: 'allow' | 'deny' | 'error'
  readonly context?: Record<string, unknown>
}

const TRAPS: readonly Trap[] = [
  {
    what: 'the sum of 64-bit integers overflows: an error',
    when: '9223372036854775807 + context.one > 0',
    answer: 'error',
  },
  { what: 'so does their product', when: '4611686018427387904 * (context.one + 1) > 0', answer: 'error' },
  { what: 'and the negation of the least', when: '-(-9223372036854775807 - context.one) > 0', answer: 'error' },
  {
    what: 'the largest itself does not',
    when: '9223372036854775806 + context.one == 9223372036854775807',
    answer: 'allow',
  },
  {
    what: '`in` on a set type-checks every element first',
    when: 'principal in [Group::"g", context.one]',
    answer: 'error',
  },
  { what: '`in` on a set of entities is any of them', when: 'principal in [Doc::"x", Group::"g"]', answer: 'allow' },
  { what: 'an entity is its own ancestor', when: 'principal in User::"u"', answer: 'allow' },
  { what: 'also one that nobody knows', when: 'resource in Doc::"d"', answer: 'allow' },
  { what: 'an unknown entity has no attribute', when: 'resource has name', answer: 'deny' },
  { what: 'and reading one of it is an error', when: 'resource.name == "x"', answer: 'error' },
  { what: 'an unknown entity is in no other', when: 'resource in Group::"g"', answer: 'deny' },
  { what: 'sets compare by value, in any order, once', when: '[1, 2, 2] == [2, 1]', answer: 'allow' },
  { what: 'sets in sets too', when: 'principal.set.contains([3, 2])', answer: 'allow' },
  { what: 'values of two types are not equal, and that is no error', when: '1 == "1"', answer: 'deny' },
  {
    what: '`like`: a star that is escaped is a star',
    when: '"a*b" like "a\\*b" && !("axb" like "a\\*b")',
    answer: 'allow',
  },
  {
    what: '`like`: any letters, also none and beyond 16 bits',
    when: '"😀b" like "*b" && "b" like "*b*"',
    answer: 'allow',
  },
  { what: '`is … in` is both', when: 'principal is User in Group::"g"', answer: 'allow' },
  {
    what: '`is … in` of another type is neither an error nor true',
    when: 'principal is Doc in Group::"g"',
    answer: 'deny',
  },
  {
    what: 'the offset of a datetime counts',
    when: 'datetime("2024-01-01T00:00:00+0100") == datetime("2023-12-31T23:00:00Z")',
    answer: 'allow',
  },
  {
    what: 'a day that there is not is an error',
    when: 'datetime(context.day) > datetime("2024-01-01")',
    answer: 'error',
    context: { day: '2023-02-29' },
  },
  {
    what: 'toDate goes down before 1970 too',
    when: 'datetime("1969-12-31T23:59:59Z").toDate() == datetime("1969-12-31")',
    answer: 'allow',
  },
  {
    what: 'and toTime counts from there',
    when: 'datetime("1969-12-31T23:59:59Z").toTime() == duration("23h59m59s")',
    answer: 'allow',
  },
  {
    what: 'an attribute called `__proto__` is one like others',
    when: 'context["__proto__"] == 7 && !(context has "constructor")',
    answer: 'allow',
    context: JSON.parse('{"__proto__": 7, "one": 1}') as Record<string, unknown>,
  },
  { what: 'what stands behind a false `&&` is not looked at', when: 'false && context.missing', answer: 'deny' },
  { what: 'but its type is, behind a true one', when: 'true && context.one', answer: 'error' },
  {
    what: 'a range of addresses is in a wider one',
    when: 'ip("10.0.0.0/9").isInRange(ip("10.0.0.0/8"))',
    answer: 'allow',
  },
  { what: 'of another family it is not', when: 'ip("::1").isInRange(ip("0.0.0.0/0"))', answer: 'deny' },
  {
    what: 'a decimal has at most four digits',
    when: 'decimal(context.text).lessThan(decimal("1.0"))',
    answer: 'error',
    context: { text: '0.12345' },
  },
]

for (const { what, when, answer, context = { one: 1 } } of TRAPS) {
  test(what, () => {
    const text = `permit(principal, action, resource) when { ${when} };`
    const request = { principal: user, action: { type: 'Action', id: 'a' }, resource: doc, context }
    const entities = createEntities()
    assert.deepEqual(entities.load(ENTITIES), [])
    const { set, problems } = compilePolicies({ policies: exactJson(text), entities })
    assert.ok(set !== undefined, JSON.stringify(problems))
    const size = entities.size
    const ours = set.evaluate(request)
    assert.deepEqual([ours.errors.length > 0 ? 'error' : ours.decision, entities.size], [answer, size])
    const theirs = cedar.isAuthorized({
      ...request,
      policies: { staticPolicies: text },
      entities: ENTITIES,
    } as unknown as Parameters<typeof cedar.isAuthorized>[0])
    assert.ok(theirs.type === 'success', JSON.stringify(theirs))
    const { decision, diagnostics } = theirs.response
    assert.equal(diagnostics.errors.length > 0 ? 'error' : decision, answer, 'Cedar itself')
  })
}

test('a wrong number of arguments is an error when it is evaluated, not before', () => {
  const json = {
    effect: 'permit',
    principal: { op: 'All' },
    action: { op: 'All' },
    resource: { op: 'All' },
    conditions: [{ kind: 'when', body: { ip: [{ Value: '1.2.3.4' }, { Value: '1.2.3.4' }] } }],
  }
  const { set, problems } = compilePolicies({ policies: { a: json }, entities: createEntities() })
  assert.ok(set !== undefined, JSON.stringify(problems))
  const { decision, errors } = set.evaluate({ principal: user, action: user, resource: doc, context: {} })
  assert.equal(decision, 'deny')
  assert.match(errors[0]?.message ?? '', /wrong number of arguments/)
})

test('one record twice in a load is named, whatever its attributes', () => {
  for (const attrs of [{ name: 'x' }, { name: 'y' }]) {
    const entities = createEntities()
    const problems = entities.load([
      { uid: group, attrs: { name: 'x' }, parents: [] },
      { uid: group, attrs, parents: [] },
    ])
    assert.equal(problems.length, 1, 'a load names what is given twice')
  }
})
