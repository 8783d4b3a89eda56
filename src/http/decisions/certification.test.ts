// The certification scenario of AuthZEN's Authorization API 1.0 (openid/authzen, certification/), re-typed: the numbers are
// its sections.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { certificationState } from '../../access/authzen/certification-in-test.ts'
import { pointInTest } from './point-in-test.ts'
import type { PointInTest, Told } from './point-in-test.ts'

const ONE = '/access/v1/evaluation'
const MANY = '/access/v1/evaluations'
const SEARCH = '/access/v1/search'
const SCHEMA = '../shared/schemas/authzen/evaluation-response.schema.json'

const alice = { type: 'user', id: 'alice' }
const bob = { type: 'user', id: 'bob' }
const admin = { ...bob, properties: { role: 'admin' } }
const first = { type: 'record', id: 'record-1' }
const second = { type: 'record', id: 'record-2' }
const active = { ...first, properties: { status: 'active' } }
const archived = { ...second, properties: { status: 'archived' } }
const read = { name: 'read' }
const write = { name: 'write' }
const soft = (is: boolean): object => ({ name: 'delete', properties: { soft: is } })

describe('AuthZEN certification', () => {
  let point: PointInTest
  let valid: ValidateFunction | undefined
  before(async () => {
    point = await pointInTest(await certificationState())
    if (existsSync(SCHEMA)) {
      valid = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(SCHEMA, 'utf8')) as object)
    }
  })
  after(async () => point.close())

  const accepted = async (path: string, body: unknown): Promise<Told['body']> => {
    const told = await point.post(path, body)
    assert.equal(told.status, 200, JSON.stringify(told.body))
    assert.equal(told.headers['content-type'], 'application/json')
    for (const one of path.startsWith(SEARCH) ? [] : (told.body.evaluations ?? [told.body])) {
      assert.equal(typeof one.decision, 'boolean')
      if (valid !== undefined) assert.ok(valid(one), JSON.stringify(valid.errors))
    }
    return told.body
  }

  const decisions: readonly (readonly [section: string, body: object, expected: boolean])[] = [
    ['2.2.1 alice reads', { subject: alice, action: read, resource: first }, true],
    ['rule 2 alice writes', { subject: alice, action: write, resource: first }, true],
    ['rule 3 bob reads', { subject: bob, action: read, resource: first }, true],
    ['2.2.2 bob does not write', { subject: bob, action: write, resource: first }, false],
    [
      '2.2.3 context changes nothing',
      { subject: alice, action: read, resource: first, context: { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' } },
      true,
    ],
    ['2.2.4 what is archived is not written', { subject: alice, action: write, resource: archived }, false],
    ['2.2.5 but by an admin', { subject: admin, action: write, resource: archived }, true],
    ['2.2.6 soft delete', { subject: alice, action: soft(true), resource: first }, true],
    ['2.2.7 hard delete', { subject: alice, action: soft(false), resource: first }, false],
    [
      '2.2.8 more properties',
      {
        subject: { ...alice, properties: { department: 'Sales', role: 'manager' } },
        action: { ...read, properties: { method: 'GET' } },
        resource: { ...first, properties: { status: 'active', owner: 'bob' } },
      },
      true,
    ],
    [
      '2.2.9 unknown fields',
      { subject: alice, action: read, resource: first, foo: 'bar', futureField: { nested: true } },
      true,
    ],
  ]
  for (const [section, body, expected] of decisions) {
    test(`Basic ${section}`, async () => {
      for (let time = 0; time < 3; time++) assert.equal((await accepted(ONE, body)).decision, expected)
    })
  }

  const complete = { subject: alice, action: read, resource: first }
  const without = (field: 'subject' | 'action' | 'resource'): object =>
    Object.fromEntries(Object.entries(complete).filter(([name]) => name !== field))
  const wrong: readonly (readonly [field: string, body: object])[] = [
    ['subject', without('subject')],
    ['action', without('action')],
    ['resource', without('resource')],
    ['subject.type', { ...complete, subject: { id: 'alice' } }],
    ['subject.id', { ...complete, subject: { type: 'user' } }],
    ['action.name', { ...complete, action: {} }],
    ['resource.type', { ...complete, resource: { id: 'record-1' } }],
    ['resource.id', { ...complete, resource: { type: 'record' } }],
    ['subject', { ...complete, subject: 'alice' }],
    ['action.name', { ...complete, action: { name: 123 } }],
  ]
  test('Basic 2.4: what is missing or wrong is 400 and named', async () => {
    for (const [field, body] of wrong) {
      const told = await point.post(ONE, body)
      assert.equal(told.status, 400)
      assert.ok(told.body.detail.startsWith(`\`${field}\`: `), told.body.detail)
    }
    const text = JSON.stringify(complete)
    for (const [said, type] of [
      [text, 'text/plain'],
      ['{"subject":', 'application/json'],
      ['', 'application/json'],
    ] as const) {
      assert.equal((await point.ask('POST', ONE, said, { 'content-type': type })).status, 400)
    }
    assert.equal((await point.ask('POST', ONE, text)).status, 400)
  })

  test('Basic 2.5: X-Request-ID is echoed, also with a refusal, and made where there is none', async () => {
    for (const [path, body] of [
      [ONE, complete],
      [MANY, complete],
      [ONE, {}],
      [`${SEARCH}/action`, { subject: alice, resource: first }],
    ] as const) {
      assert.equal((await point.post(path, body, { 'x-request-id': 'req-7' })).headers['x-request-id'], 'req-7')
      assert.ok((await point.post(path, body)).headers['x-request-id'])
    }
  })

  const batches: readonly (readonly [section: string, body: object, expected: readonly (boolean | undefined)[]])[] = [
    ['3.2.1', { subject: alice, action: read, evaluations: [{ resource: first }, { resource: second }] }, [true, true]],
    ['3.2.2', { subject: bob, resource: first, evaluations: [{ action: read }, { action: write }] }, [true, false]],
    [
      '3.2.3',
      { subject: alice, action: write, evaluations: [{ resource: active }, { resource: archived }] },
      [true, false],
    ],
    ['3.2.5', { evaluations: [{ ...complete }, { subject: bob, action: write, resource: first }] }, [true, false]],
    [
      '3.2.6',
      {
        subject: alice,
        action: read,
        context: { time: '2025-06-27T18:03-07:00' },
        evaluations: [
          { resource: first },
          { resource: second, context: { time: '2025-06-27T19:00-07:00', source: 'batch-override' } },
        ],
      },
      [true, true],
    ],
    [
      '3.2.7 an item replaces the default, but for what is missing in it',
      {
        subject: alice,
        action: write,
        resource: { type: 'record' },
        evaluations: [{ resource: { id: 'record-1', properties: { status: 'active' } } }, { resource: archived }],
      },
      [true, false],
    ],
    ['3.4.1 a bad item', { subject: alice, action: read, evaluations: [{ resource: first }, {}] }, [true, false]],
  ]
  for (const [section, body, expected] of batches) {
    test(`Batch ${section}`, async () => {
      const { evaluations } = await accepted(MANY, body)
      assert.deepEqual(
        evaluations.map(({ decision }: { decision: boolean }) => decision),
        expected,
      )
    })
  }

  test('Batch 3.2.4: properties of a subject count in its item only', async () => {
    const { evaluations } = await accepted(MANY, {
      action: write,
      resource: archived,
      evaluations: [{ subject: alice }, { subject: admin }],
    })
    assert.deepEqual([evaluations[0].decision, evaluations[1].decision], [false, true])
  })

  test('Batch 3.4: without items it is one evaluation; what is wrong with the whole is 400', async () => {
    assert.equal((await accepted(MANY, complete)).decision, true)
    assert.equal((await accepted(MANY, { ...complete, evaluations: [] })).decision, true)
    const { evaluations } = await accepted(MANY, { subject: alice, action: read, evaluations: [{}] })
    assert.equal(evaluations[0].context.reason, 'invalid_request')
    assert.match(evaluations[0].context.error.message, /`resource`: it is missing/)
    for (const body of [
      { ...complete, evaluations: {} },
      { ...complete, subject: 'alice', evaluations: [{}] },
      { ...complete, evaluations: [{}], options: { evaluations_semantic: 'at_random' } },
      { ...complete, evaluations: Array.from({ length: 1001 }, () => ({})) },
    ]) {
      assert.equal((await point.post(MANY, body)).status, 400)
    }
  })

  test('the semantics of a batch: all, until the first denial, until the first permit', async () => {
    const evaluations = [{ action: read }, { action: write }, { action: read }]
    const asked = async (semantic: string): Promise<boolean[]> =>
      (
        await accepted(MANY, {
          subject: bob,
          resource: first,
          evaluations,
          options: { evaluations_semantic: semantic },
        })
      ).evaluations.map(({ decision }: { decision: boolean }) => decision)
    assert.deepEqual(await asked('execute_all'), [true, false, true])
    assert.deepEqual(await asked('deny_on_first_deny'), [true, false])
    assert.deepEqual(await asked('permit_on_first_permit'), [true])
  })

  const found = async (kind: string, body: object): Promise<string[]> => {
    const answer = await accepted(`${SEARCH}/${kind}`, body)
    assert.equal(answer.page.next_token, '')
    return answer.results.map((one: { type?: string; id?: string; name?: string }) => {
      if (kind !== 'action') assert.equal(one.type, kind === 'subject' ? 'user' : 'record')
      return one.name ?? one.id ?? ''
    })
  }
  const user = { type: 'user' }
  const record = { type: 'record' }
  test('Search 4.2: subjects', async () => {
    const asked = { subject: user, action: read, resource: first }
    assert.deepEqual((await found('subject', asked)).toSorted(), ['alice', 'bob'])
    assert.deepEqual((await found('subject', { ...asked, context: { ip: '192.168.1.1' } })).toSorted(), [
      'alice',
      'bob',
    ])
    assert.deepEqual(await found('subject', { subject: user, action: write, resource: archived }), ['bob'])
  })
  test('Search 4.3: resources, by what is known of them where the request says nothing', async () => {
    assert.deepEqual(await found('resource', { subject: alice, action: read, resource: record }), [
      'record-1',
      'record-2',
    ])
    assert.deepEqual(await found('resource', { subject: alice, action: write, resource: record }), ['record-1'])
    assert.deepEqual(await found('resource', { subject: admin, action: write, resource: record }), ['record-2'])
  })
  test('Search 4.4: actions', async () => {
    assert.deepEqual(await found('action', { subject: alice, resource: first }), ['read', 'write'])
    assert.deepEqual(await found('action', { subject: admin, resource: archived }), ['read', 'write'])
  })
  test('Search 4.5: pages, each found once, and an empty token at the end', async () => {
    const asked = { subject: user, action: read, resource: first }
    const one = await accepted(`${SEARCH}/subject`, { ...asked, page: { limit: 1 } })
    assert.equal(one.results.length, 1)
    const { next_token: token } = one.page
    assert.ok(token.length > 0)
    const two = await accepted(`${SEARCH}/subject`, { ...asked, page: { token } })
    assert.equal(two.page.next_token, '')
    assert.deepEqual([...one.results, ...two.results].map(({ id }: { id: string }) => id).toSorted(), ['alice', 'bob'])
    const other = await point.post(`${SEARCH}/subject`, { ...asked, action: write, page: { token } })
    assert.match(other.body.detail, /`page.token`: it belongs to another request/)
    for (const page of [{ token: 'e30' }, { token: 7 }, { limit: 0 }, { limit: 1.5 }, 'all']) {
      assert.equal((await point.post(`${SEARCH}/subject`, { ...asked, page })).status, 400, JSON.stringify(page))
    }
  })
  test('Search 4.6: nobody is found, and no error, for what is unknown', async () => {
    assert.deepEqual(await found('action', { subject: { type: 'user', id: 'nonexistent-user' }, resource: first }), [])
    assert.deepEqual(await found('subject', { subject: { type: 'spaceship' }, action: read, resource: first }), [])
    assert.deepEqual(await found('resource', { subject: alice, action: read, resource: { type: 'spaceship' } }), [])
  })
  test('Search 4.7: what is missing is 400', async () => {
    for (const [kind, body] of [
      ['subject', { subject: user, resource: first }],
      ['resource', { action: read, resource: record }],
      ['action', { subject: alice }],
      ['subject', { subject: user, action: read, resource: record }],
      ['resource', { subject: user, action: read, resource: record }],
    ] as const) {
      assert.equal((await point.post(`${SEARCH}/${kind}`, body)).status, 400)
    }
  })

  test('Discovery 6: the metadata names every endpoint below the address that was asked', async () => {
    const told = await point.ask('GET', '/.well-known/authzen-configuration', '', { 'x-request-id': 'req-8' })
    assert.equal(told.status, 200)
    assert.match(told.headers['content-type'] ?? '', /^application\/json/)
    assert.equal(told.headers['x-request-id'], 'req-8')
    const { policy_decision_point: base, ...endpoints } = told.body
    assert.equal(base, point.url)
    assert.equal(Object.keys(endpoints).length, 5)
    for (const url of Object.values<string>(endpoints)) {
      assert.ok(url.startsWith(`${base}/access/v1/`))
      assert.notEqual((await point.post(url.slice(base.length), {})).status, 404)
    }
  })
})
