import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '#kernel'
import { compilePolicies, createEntities, type EntityStore } from './index.ts'
import { cedar, exactJson } from './reference-in-test.ts'

const uid = (type: string, id: string): { type: string; id: string } => ({ type, id })
const record = (
  type: string,
  id: string,
  parents: { type: string; id: string }[] = [],
  attrs: object = {},
): object => ({
  uid: uid(type, id),
  parents,
  attrs,
})
const told = (problems: readonly { type: string; id: string; message: string }[]): string[] =>
  problems.map(({ type, id, message }) => `${type}::${id} ${message}`)

const holds = (entities: EntityStore, condition: string, context: Record<string, unknown> = {}): boolean => {
  const { set } = compilePolicies({
    policies: exactJson(`permit(principal, action, resource) when { ${condition} };`),
    entities,
  })
  assert.ok(set !== undefined)
  const { decision } = set.evaluate({
    principal: uid('U', 'a'),
    action: uid('Action', 'read'),
    resource: uid('R', 'r'),
    context,
  })
  set.release()
  return decision === 'allow'
}

test('one bad record is named and the rest is there', () => {
  const entities = createEntities()
  const problems = entities.load([
    record('U', 'a', [], { n: 1 }),
    record('U', 'b', [], { n: 1.5 }),
    record('U', 'a', [], { n: 2 }),
    { uid: uid('U', 'c'), attrs: {}, parents: [], extra: 1 },
    null,
    record('U U', 'd'),
    record('U', 'e', [uid('U', 'e')]),
  ])
  assert.deepEqual(told(problems), [
    'U::b `n`: only integers within 53 bits can be sent as numbers; send a decimal as an extension value',
    'U::c an entity has no `extra`',
    ':: an entity is an object with uid, attrs and parents',
    'U U::d `uid`: the type of the entity is not a name',
    'U::a it is given twice',
    'U::e it would be its own ancestor; a hierarchy has no cycles',
  ])
  assert.equal(entities.size, 1)
  assert.ok(holds(entities, 'principal.n == 1'))
})

test('a cycle is refused where it closes, in a load and one by one', () => {
  const entities = createEntities()
  const ring = [record('G', 'a', [uid('G', 'b')]), record('G', 'b', [uid('G', 'c')]), record('G', 'c', [uid('G', 'a')])]
  assert.equal(entities.load(ring).length, 1)
  const others = createEntities()
  assert.equal(others.add(ring[0]), undefined)
  assert.equal(others.add(ring[1]), undefined)
  assert.match(others.add(ring[2])?.message ?? '', /its own ancestor/)
  assert.ok(holds(others, 'G::"a" in G::"c" && !(G::"c" in G::"a")'))
})

test('a chain of 3,000 ancestors loads in any order, one that is too long is named', () => {
  const chain = (length: number): object[] =>
    Array.from({ length }, (_, index) => record('G', `${index}`, index === 0 ? [] : [uid('G', `${index - 1}`)]))
  const entities = createEntities()
  assert.deepEqual(entities.load(chain(3000).reverse()), [])
  assert.ok(holds(entities, 'G::"2999" in G::"0"'))
  assert.ok(
    createEntities()
      .load(chain(5000))
      .every(({ message }) => message === 'it has too many ancestors'),
  )
})

test('a change of parents reaches all descendants, also through an entity that is only mentioned', () => {
  const entities = createEntities()
  entities.load([record('U', 'a', [uid('G', 'x')]), record('G', 'x', [uid('G', 'y')])])
  assert.ok(holds(entities, 'principal in G::"y" && !(principal in G::"z")'))
  entities.add(record('G', 'y', [uid('G', 'z')]))
  assert.ok(holds(entities, 'principal in G::"z"'))
  entities.add(record('G', 'x'))
  assert.ok(holds(entities, 'principal in G::"x" && !(principal in G::"y")'))
  entities.remove('G', 'x')
  assert.ok(holds(entities, 'principal in G::"x" && !(G::"x" has a)'))
  for (const [type, id] of [
    ['U', 'a'],
    ['G', 'y'],
  ] as const)
    assert.ok(entities.remove(type, id))
  assert.equal(entities.size, 0)
})

const SCHEMA = cedar.schemaToJson(`
  type Place = { city: String, floor?: Long };
  entity G;
  entity U in [G] { home: Place, from: ipaddr, since: datetime, limit: decimal, boss?: U } tags Long;
  entity R enum ["r", "s"];
  action all;
  action read in [all] appliesTo { principal: [U], resource: [R], context: { when: datetime, by?: U } };
`)
assert.ok(SCHEMA.type === 'success')

const SOUND = {
  home: { city: 'x' },
  from: '10.0.0.1',
  since: { __extn: { fn: 'datetime', arg: '2024-01-01' } },
  limit: { fn: 'decimal', arg: '1.5' },
  boss: uid('U', 'b'),
}

test('entities that are alike go their own ways: one changes, one goes, their parent comes back as another', () => {
  const entities = createEntities()
  const folder = record('F', 'f', [uid('T', 't')])
  const doc = (id: string, env = 'prod', parent = 'f'): object => record('R', id, [uid('F', parent)], { env })
  assert.deepEqual(entities.load([folder, doc('r'), doc('s'), doc('u')]), [])
  assert.ok(holds(entities, 'resource.env == "prod" && R::"s".env == "prod" && R::"u" in T::"t"'))
  entities.add(doc('s', 'test'))
  assert.ok(holds(entities, 'R::"s".env == "test" && resource.env == "prod" && R::"u".env == "prod"'))
  for (const id of ['r', 's', 'u']) entities.remove('R', id)
  entities.remove('F', 'f')
  assert.equal(entities.size, 0)
  assert.deepEqual(entities.load([record('F', 'f', [uid('T', 'other')]), doc('r')]), [])
  assert.ok(holds(entities, 'resource in T::"other" && resource in F::"f" && !(resource in T::"t")'))
  entities.add(doc('v', 'prod', 'g'))
  assert.ok(holds(entities, 'R::"v" in F::"g" && !(R::"v" in F::"f") && resource in F::"f"'))
})

test('a schema directs how records are read: no escapes are needed', () => {
  const entities = createEntities(SCHEMA.json)
  assert.deepEqual(entities.load([{ ...record('U', 'a', [uid('G', 'g')], SOUND), tags: { t: 3 } }]), [])
  const condition =
    'principal.from.isInRange(ip("10.0.0.0/8")) && principal.boss == U::"b" && principal.limit.lessThan(decimal("2.0")) && principal.getTag("t") == 3 && principal.since < context.when && context.by == U::"b"'
  assert.ok(holds(entities, condition, { when: '2025-01-01', by: uid('U', 'b') }))
})

test('the hierarchy of actions comes from the schema, and nothing else can change it', () => {
  const entities = createEntities(SCHEMA.json)
  assert.ok(holds(entities, 'action in Action::"all"', { when: '2025-01-01' }))
  assert.deepEqual(entities.load([record('Action', 'read', [uid('Action', 'all')])]), [])
  assert.equal(entities.load([record('Action', 'read', [uid('Action', 'other')])]).length, 1)
  assert.equal(entities.load([record('Action', 'write')]).length, 1)
})

test('what does not conform to the schema is refused, of records and of requests', () => {
  for (const [attrs, named] of [
    [{ ...SOUND, extra: 1 }, /`extra`: the schema declares no such attribute/],
    [{ ...SOUND, home: {} }, /`city`: the schema requires/],
    [{ ...SOUND, home: { city: 1 } }, /`city`: the schema expects a string/],
    [{ ...SOUND, from: 'x' }, /`from`: not a valid IP address/],
    [{ ...SOUND, boss: uid('G', 'b') }, /`boss`: the schema expects an entity of type U/],
    [{ ...SOUND, since: { __extn: { fn: 'ip', arg: '::1' } } }, /`since`: the schema expects a value of type datetime/],
  ] as const) {
    assert.match(createEntities(SCHEMA.json).load([record('U', 'a', [], attrs)])[0]?.message ?? '', named)
  }
  const entities = createEntities(SCHEMA.json)
  assert.match(
    entities.load([record('U', 'a', [uid('U', 'b')], SOUND)])[0]?.message ?? '',
    /does not let `U` be in `U`/,
  )
  assert.match(entities.load([record('R', 't')])[0]?.message ?? '', /no such id/)
  assert.match(entities.load([record('X', 't')])[0]?.message ?? '', /no entity type `X`/)
  const { set } = compilePolicies({ policies: exactJson('permit(principal, action, resource);'), entities })
  const request = {
    principal: uid('U', 'a'),
    action: uid('Action', 'read'),
    resource: uid('R', 'r'),
    context: { when: '2025-01-01' },
  }
  assert.equal(set?.evaluate(request).decision, 'allow')
  for (const [change, named] of [
    [{ context: {} }, /`when`: the schema requires/],
    [{ context: { ...request.context, x: 1 } }, /`x`: the schema declares no such/],
    [{ action: uid('Action', 'write') }, /`action`: the schema declares no such action/],
    [{ action: uid('Action', 'all') }, /`principal`: the action does not apply/],
    [{ resource: uid('U', 'b') }, /`resource`: the action does not apply/],
    [{ resource: uid('R', 'x') }, /lists no such entity/],
  ] as const) {
    assert.throws(
      () => set?.evaluate({ ...request, ...change }),
      (error) => error instanceof Fault && named.test(error.message),
      String(named),
    )
  }
})

test('a schema that refers to nothing or to itself is refused', () => {
  const using = (type: string, commonTypes: object = {}): object => ({
    '': {
      commonTypes,
      entityTypes: { U: { shape: { type: 'Record', attributes: { a: { type } } } } },
      actions: {},
    },
  })
  assert.doesNotThrow(() => createEntities(using('T', { T: { type: 'Set', element: { type: 'Long' } } })))
  for (const schema of [
    using('Text'),
    using('T', { T: { type: 'Set', element: { type: 'T' } } }),
    { '': { entityTypes: { U: { memberOfTypes: ['G'] } }, actions: {} } },
    [],
  ]) {
    assert.throws(() => createEntities(schema), Fault, JSON.stringify(schema))
  }
})
