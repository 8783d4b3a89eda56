import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '#kernel'
import { compilePolicies, createEntities, type EntityStore, type PolicyDecision, type PolicySet } from './index.ts'
import { Random } from './random-expressions-in-test.ts'
import { CaseGenerator } from './random-policies-in-test.ts'
import { exactJson } from './reference-in-test.ts'

const user = (id: string): { type: string; id: string } => ({ type: 'U', id })
const asks = (context: Record<string, unknown> = {}, principal = user('a')): Parameters<PolicySet['evaluate']>[0] => ({
  principal,
  action: { type: 'Action', id: 'read' },
  resource: { type: 'R', id: 'r' },
  context,
})

function compiled(text: string, entities?: EntityStore): PolicySet {
  const { set, problems } = compilePolicies({ policies: exactJson(text), ...(entities !== undefined && { entities }) })
  assert.ok(set !== undefined, JSON.stringify(problems))
  return set
}

const when = (condition: string): PolicySet => compiled(`permit(principal, action, resource) when { ${condition} };`)
const refusedWith =
  (pattern: RegExp) =>
  (error: unknown): boolean =>
    error instanceof Fault && pattern.test(error.message)

test('a construct that is not known is refused by its name, and the set is not made without it', () => {
  const policy = (body: unknown): unknown => ({
    effect: 'permit',
    principal: { op: 'All' },
    action: { op: 'All' },
    resource: { op: 'All' },
    conditions: [{ kind: 'when', body }],
  })
  const sound = policy({ Value: true })
  for (const [body, named] of [
    [{ matches: { left: { Var: 'action' }, right: { Value: 'a' } } }, /`matches` is not an operator/],
    [{ regexp: [{ Value: 'a' }] }, /`regexp` is not an operator/],
    [{ Unknown: [{ Value: 'a' }] }, /`Unknown` is not an operator/],
    [{ Slot: '?principal' }, /`Slot` is not an operator/],
    [{ Value: 2 ** 53 }, /beyond 53 bits/],
    [{ Value: 2n ** 63n }, /does not fit 64 bits/],
    [{ Value: null }, /null is not a value/],
    [{ Var: 'subject' }, /a variable is principal/],
    [{ '==': { left: { Var: 'action' }, right: { Var: 'action' } }, '!=': {} }, /one operator/],
  ] as const) {
    const { set, problems } = compilePolicies({ policies: { good: sound, bad: policy(body) } })
    assert.equal(set, undefined)
    assert.deepEqual(
      problems?.map(({ policyId }) => policyId),
      ['bad'],
    )
    assert.match(problems[0]?.message ?? '', named)
  }
  const scoped = { ...(sound as object), principal: { op: 'like' } }
  assert.match(compilePolicies({ policies: { scoped } }).problems?.[0]?.message ?? '', /scope of the principal/)
  const extended = { ...(sound as object), obligations: [] }
  assert.match(compilePolicies({ policies: { extended } }).problems?.[0]?.message ?? '', /`obligations`/)
})

test('an expression nested 10,000 deep is refused, a chain of 10,000 is not', () => {
  let deep: unknown = { Value: true }
  for (let level = 0; level < 10_000; level++) deep = { '!': { arg: deep } }
  const around = (body: unknown): unknown => ({
    effect: 'permit',
    principal: { op: 'All' },
    action: { op: 'All' },
    resource: { op: 'All' },
    conditions: [{ kind: 'when', body }],
  })
  assert.match(compilePolicies({ policies: { deep: around(deep) } }).problems?.[0]?.message ?? '', /nested deeper/)
  let long: unknown = { Value: true }
  for (let level = 0; level < 10_000; level++) long = { '&&': { left: long, right: { Value: true } } }
  const { set } = compilePolicies({ policies: { long: around(long) } })
  assert.equal(set?.evaluate(asks()).decision, 'allow')
})

test('a request that is not valid is refused as a whole and names what is wrong', () => {
  const set = when('true')
  let deep: unknown = 1
  for (let level = 0; level < 10_000; level++) deep = { a: deep }
  for (const [value, named] of [
    [1.5, /`n`: only integers/],
    [Number.NaN, /`n`: only integers/],
    [Number.POSITIVE_INFINITY, /`n`: only integers/],
    [2 ** 53, /`n`: only integers/],
    [2n ** 63n, /`n`: the integer does not fit/],
    [null, /`n`: null/],
    [undefined, /`n`: null/],
    ['\ud800', /`n`: the text holds half/],
    [deep, /nested deeper than 128/],
    [{ __extn: { fn: 'ip', arg: 'x' } }, /`n`: not a valid IP address/],
    [{ __extn: { fn: 'eval', arg: 'x' } }, /extension function `eval` does not exist/],
    [{ __entity: { type: 'U' } }, /`n`: an entity is written/],
    [{ __expr: '1' }, /`__expr` escape/],
  ] as const) {
    assert.throws(() => set.evaluate(asks({ n: value })), refusedWith(named), String(named))
  }
  assert.throws(() => set.evaluate(asks({}, { type: 'U U', id: 'a' })), refusedWith(/`principal`: the type/))
  assert.throws(() => set.evaluate(asks({}, { type: 'U' } as never)), refusedWith(/`principal`: an entity/))
  assert.throws(() => set.evaluate({ ...asks(), context: [] as never }), refusedWith(/`context`: not an object/))
})

test('names that JavaScript gives a meaning are plain attributes', () => {
  const context = JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3}') as Record<string, unknown>
  const set = when(
    'context["__proto__"] == 1 && context.constructor == 2 && context.toString == 3 && !(context has hasOwnProperty)',
  )
  assert.equal(set.evaluate(asks(context)).decision, 'allow')
  assert.equal(when('context has __proto__ || context has constructor').evaluate(asks({})).decision, 'deny')
  assert.equal(({} as { polluted?: unknown }).polluted, undefined)
})

test('a thousand requests for entities that nothing mentions leave nothing behind', () => {
  const entities = createEntities()
  const set = compiled(
    'permit(principal == U::"a", action, resource in R::"r") when { context.who != U::"b" };',
    entities,
  )
  const size = entities.size
  for (let number = 0; number < 1000; number++) {
    set.evaluate(asks({ who: { __entity: user(`context${number}`) } }, user(`request${number}`)))
  }
  assert.equal(entities.size, size)
})

test('comparing sets of sets does not cost two to the power of their depth', () => {
  let nested: unknown = [1]
  let other: unknown = [2]
  for (let level = 0; level < 100; level++) [nested, other] = [[nested], [other]]
  const set = when('context.a != context.b && context.a == context.c && [context.a].containsAll([context.c])')
  assert.equal(set.evaluate(asks({ a: nested, b: other, c: structuredClone(nested) })).decision, 'allow')
})

test('a policy that fails is reported by its id and has no say, whatever it would have said', () => {
  const set = compiled(
    'permit(principal, action, resource); forbid(principal, action, resource) when { context.n + 1 > 0 }; permit(principal, action, resource) when { ip("1.2.3.4", "x").isIpv4() };',
  )
  const { decision, reasons, errors } = set.evaluate(asks({ n: 2n ** 63n - 1n }))
  assert.deepEqual([decision, reasons], ['allow', ['policy0']])
  assert.deepEqual(errors, [
    { policyId: 'policy1', message: 'integer overflow while adding' },
    { policyId: 'policy2', message: 'wrong number of arguments for extension function `ip`: expected 1, got 2' },
  ])
})

test('policies that differ in constants only share their compiled test', () => {
  const text = Array.from(
    { length: 100 },
    (_, index) =>
      `permit(principal == U::"u${index}", action, resource) when { context.n > ${index} && context.s like "a${index}*" && [${index}, 2].contains(context.n) };`,
  )
  const set = compiled(text.join('\n'))
  assert.deepEqual([set.size, set.shapes], [100, 1])
  assert.deepEqual(set.evaluate(asks({ n: 8, s: 'a7b' }, user('u7'))).decision, 'deny')
  assert.deepEqual(set.evaluate(asks({ n: 2, s: 'a1b' }, user('u1'))).reasons, ['policy1'])
})

test('an id is taken once, a template stays while links use it, and a link fills just the slots there are', () => {
  const template = {
    effect: 'permit',
    principal: { op: '==', slot: '?principal' },
    action: { op: 'All' },
    resource: { op: 'All' },
    conditions: [],
  }
  const { set } = compilePolicies({ templates: { t: template } })
  assert.ok(set !== undefined)
  set.addLink({ id: 'l', template: 't', principal: user('a') })
  assert.throws(() => set.addLink({ id: 'l', template: 't', principal: user('b') }), refusedWith(/already/))
  assert.throws(() => set.addLink({ id: 'm', template: 't' }), refusedWith(/must fill the slots/))
  assert.throws(
    () => set.addLink({ id: 'm', template: 't', principal: user('a'), resource: user('a') }),
    refusedWith(/must fill/),
  )
  assert.throws(() => set.addLink({ id: 'm', template: 'x', principal: user('a') }), refusedWith(/no template `x`/))
  assert.throws(() => set.removeTemplate('t'), refusedWith(/1 links use/))
  assert.deepEqual(set.evaluate(asks()).reasons, ['l'])
  assert.equal(set.remove('l'), true)
  assert.equal(set.remove('l'), false)
  assert.equal(set.evaluate(asks()).decision, 'deny')
  assert.equal(set.removeTemplate('t'), true)
  assert.equal(set.entities.size, 0)
})

const SEED = Number(process.env['REEVE_SEED'] ?? Date.now() % 1_000_000_000)

test(`policies, links and entities that come and go decide as a set made afresh (REEVE_SEED=${SEED})`, () => {
  const random = new Random(SEED)
  const cases = new CaseGenerator(SEED)
  const rounds = process.env['REEVE_EXHAUSTIVE'] === '1' ? 500 : 40
  for (let round = 0; round < rounds; round++) {
    const { policies, templates, links, entities, requests } = cases.next()
    const store = createEntities()
    const { set } = compilePolicies({ templates, entities: store })
    assert.ok(set !== undefined)
    const listed = new Map<number, (typeof entities)[number]>()
    for (let step = 0; step < 60; step++) {
      const [id, policy] = random.pick(Object.entries(policies))
      const link = random.chance(0.3) ? undefined : links[random.below(links.length)]
      if (random.chance(0.5)) {
        if (!set.remove(id)) set.addPolicy(id, policy)
      } else if (link !== undefined && !set.remove(link.id)) set.addLink(link)
      const place = random.below(entities.length)
      const entity = entities[place]
      if (entity !== undefined && random.chance(0.4)) {
        if (listed.delete(place)) store.remove(entity.uid.type, entity.uid.id)
        else {
          listed.set(place, entity)
          assert.equal(store.add(entity), undefined)
        }
      }
      if (step % 10 !== 9) continue
      const fresh = createEntities()
      fresh.load([...listed.values()])
      const again: PolicySet | undefined = compilePolicies({
        policies: Object.fromEntries(Object.entries(policies).filter(([key]) => set.has(key))),
        templates,
        links: links.filter((one) => set.has(one.id)),
        entities: fresh,
      }).set
      for (const request of requests) {
        const mine: PolicyDecision = set.evaluate(request)
        const theirs: PolicyDecision | undefined = again?.evaluate(request)
        const told = `seed ${SEED}, round ${round}`
        assert.deepEqual([mine.decision, mine.reasons.toSorted()], [theirs?.decision, theirs?.reasons.toSorted()], told)
        const failed = (errors: PolicyDecision['errors'] = []): string[] =>
          errors.map((error) => error.policyId + error.message).sort()
        assert.deepEqual(failed(mine.errors), failed(theirs?.errors), told)
      }
    }
  }
})
