// AuthZEN's Access Request and Approval Profile 1.0 (draft 1), typed from its text: a denial that can be asked about, the
// request, its task, the approval by another person, and the decision asked for again.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { until } from './decision-estate-in-test.ts'
import { startWithPersons } from './persons-in-test.ts'
import type { Persons } from './persons-in-test.ts'

const TABLE = { type: 'table', id: 'pg://main/shop/public.orders' }
const ERROR = 'urn:openid:authzen:access-request:error:'

interface Denied {
  readonly decision: boolean
  readonly context: {
    readonly reason: string
    readonly evaluation_id?: string
    readonly evaluated_at?: string
    readonly access_request?: { readonly expires_at: string; readonly binding_token: string }
    readonly next_action?: string
    readonly approval?: object
  }
}
interface Task {
  readonly task: { id: string; status: string; status_endpoint: string; links?: { cancel: string } }
  readonly result?: { mode: string; approval: { id: string; approved_at: string; approved_until: string } }
}

describe('asking for a right after a denial', { skip: databaseUnavailable(), timeout: 180_000 }, () => {
  let persons: Persons
  let agent: string
  let other: string
  const ends: (() => Promise<void>)[] = []

  async function call<A>(token: string, url: string, body?: object, headers = {}): Promise<[number, A]> {
    const response = await fetch(url.startsWith('http') ? url : `${persons.url}${url}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return [response.status, (await response.json()) as A]
  }
  const question = (action = 'pg:SELECT', context: object = {}): object => ({
    subject: { type: 'api_client', id: 'agent', properties: { act: { sub: 'runtime' } } },
    action: { name: action },
    resource: TABLE,
    context,
  })
  const asked = async (body: object, token = agent): Promise<Denied> =>
    (await call<Denied>(token, '/access/v1/evaluation', body))[1]
  /** What the enforcement point submits of a denial. */
  const submission = ({ context }: Denied, body: object, more: object = {}): object => ({
    ...body,
    denial: {
      evaluation_id: context.evaluation_id,
      evaluated_at: context.evaluated_at,
      reason: context.reason,
      ...context.access_request,
    },
    ...more,
  })
  const submit = async (body: object, token = agent, headers = {}): Promise<[number, Task & { type?: string }]> =>
    await call(token, '/v1/access-request-tasks', body, headers)

  async function client(name: string): Promise<string> {
    const { post, ida } = persons
    const [, me] = await call<{ id: string }>(ida, '/v1/me')
    const owner = { kind: 'person', id: me.id }
    const { id } = await post(ida, '/v1/principals', {
      kind: 'api_client',
      system: 'reeve',
      externalId: name,
      name,
      owner,
      purpose: 'a test',
      expiresAt: '2030-01-01T00:00:00.000Z',
    })
    const [status] = await call(ida, `/v1/principals/${id}/activate`, {}, { 'if-match': '*' })
    assert.equal(status, 200)
    const made = await post(ida, '/v1/tokens', { subjectId: id, label: name, scopes: ['write'] })
    return (made as unknown as { value: string }).value
  }

  before(async () => {
    persons = await startWithPersons({ after: (end: () => Promise<void>) => void ends.push(end) } as never)
    agent = await client('agent')
    other = await client('other')
    await until(async () => (await asked(question())).context.reason === 'nothing_permits', 10_000)
  })
  after(async () => {
    for (const end of ends) await end()
  })

  test('metadata names the endpoint and the capability', async () => {
    const [, said] = await call<Record<string, unknown>>(agent, '/.well-known/authzen-configuration')
    assert.equal(said['access_request_endpoint'], `${persons.url}/v1/access-request-tasks`)
    assert.deepEqual(said['capabilities'], ['urn:openid:authzen:capability:access-request'])
  })

  test('a denial says whether it can be asked about, and stays a denial', async () => {
    const denied = await asked(question())
    assert.equal(denied.decision, false)
    const { access_request: hint, evaluation_id: id } = denied.context
    assert.ok(Date.parse(hint?.expires_at ?? '') > Date.now() && id?.startsWith('dec_') === true)
    assert.match(hint?.binding_token ?? '', /^[\w-]+\.[\w-]+\.[\w-]+$/)
    // nobody in the roll, a request that cannot be read, and who has no place in the chain of another
    const none = [
      { ...question(), subject: { type: 'api_client', id: 'nobody' } },
      question('pg:SELECT', { delegated_until: '2020-01-01T00:00:00Z' }),
      question('pg:SELECT', { actor: { type: 'api_client', id: 'other' } }),
    ]
    for (const body of none) {
      const { decision, context } = await asked(body)
      assert.deepEqual([decision, context.access_request], [false, undefined], JSON.stringify(context))
    }
    const batch = await call<{ evaluations: Denied[] }>(agent, '/access/v1/evaluations', { evaluations: [question()] })
    assert.ok(batch[1].evaluations[0]?.context.access_request !== undefined)
  })

  test('asked for, agreed to by another person, allowed when the decision is asked for again, until the grant ends', async () => {
    const denied = await asked(question())
    const justification = { business_justification: 'customer renewal review' }
    const hours = { requested_until: new Date(Date.now() + 7_200_000).toISOString() }
    const body = submission(denied, question('pg:SELECT', justification), { requested_access: hours })
    const [status, made] = await submit(body, agent, { 'idempotency-key': 'one' })
    assert.equal(status, 201, JSON.stringify(made))
    assert.deepEqual([made.task.status, made.result], ['pending', undefined])
    // the same again is the same task; another body under the same key is refused
    assert.equal((await submit(body, agent, { 'idempotency-key': 'one' }))[1].task.id, made.task.id)
    const [reused, problem] = await submit({ ...body, client: { name: 'x' } }, agent, { 'idempotency-key': 'one' })
    assert.deepEqual([reused, problem.type], [409, `${ERROR}duplicate_request`])
    // a task is no secret that opens anything: others do not see it
    const [unseen, unknown] = await call<{ type: string }>(other, made.task.status_endpoint)
    assert.deepEqual([unseen, unknown.type], [404, `${ERROR}unknown_task`])

    const decided = await persons.run(persons.ben, 'approve', made.task.id, '--reason', 'needed')
    assert.equal(decided.code, 0, decided.stderr)
    const [, done] = await call<Task>(agent, made.task.status_endpoint)
    assert.deepEqual([done.task.status, done.result?.mode], ['approved', 'reevaluate'])
    const approval = done.result?.approval ?? assert.fail('an approved task has its result')
    const lasts = Date.parse(approval.approved_until) - Date.parse(approval.approved_at)
    assert.ok(lasts > 7_100_000 && lasts <= 7_201_000, 'as long as was asked for')

    const again = question('pg:SELECT', { approval })
    await until(async () => (await asked(again)).decision, 5000)
    assert.deepEqual((await asked(again)).context.approval, {
      id: approval.id,
      approved_until: approval.approved_until,
    })
    // an approval is no key: not for another right, and not for somebody else
    const wider = await asked(question('pg:DELETE', { approval }))
    assert.deepEqual([wider.decision, wider.context.next_action], [false, 'request'])
    const stolen = await asked({ ...again, subject: { type: 'api_client', id: 'other' } })
    assert.deepEqual([stolen.decision, stolen.context.next_action], [false, 'request'])
    const nobody = await asked({ ...again, subject: { type: 'api_client', id: 'nobody' } })
    assert.equal(nobody.context.next_action, 'none')

    await persons.post(persons.ida, `/v1/grants/${approval.id}/end`, { because: 'over' }, 200)
    await until(async () => !(await asked(again)).decision, 5000)
    const ended = await asked(again)
    assert.deepEqual([ended.context.reason, ended.context.next_action], ['grant_ended', 'request'])
  })

  test('what does not follow a denial, or not this one, is refused in the words of the profile', async () => {
    const denied = await asked(question())
    const refusal = async (body: object, token = agent): Promise<unknown[]> => {
      const [status, { type }] = await submit(body, token)
      return [status, type]
    }
    const good = submission(denied, question()) as { denial: object }
    const invalid = [400, `${ERROR}invalid_denial_binding`]
    assert.deepEqual(await refusal({ ...good, action: { name: 'pg:DELETE' } }), invalid)
    assert.deepEqual(await refusal({ ...good, resource: { ...TABLE, id: 'pg://main/shop/public.cards' } }), invalid)
    assert.deepEqual(await refusal({ ...good, subject: { type: 'api_client', id: 'other' } }), invalid)
    assert.deepEqual(await refusal({ ...good, denial: { ...good.denial, binding_token: undefined } }), invalid)
    assert.deepEqual(
      await refusal({ ...good, denial: { ...good.denial, expires_at: '2090-01-01T00:00:00.000Z' } }),
      invalid,
    )
    // who acts may be left out or told elsewhere
    const { subject: _, ...rest } = good as unknown as { subject: object }
    const normal = { ...rest, subject: { type: 'api_client', id: 'agent', properties: {} } }
    assert.equal((await submit(normal))[0], 201)
    // SECURITY: the words of a denial let nobody ask for somebody else
    assert.equal((await submit(good, other))[0], 404)
    for (const member of ['items', 'callback']) assert.equal((await submit({ ...good, [member]: [] }))[0], 400)
  })

  test('a pending task is cancelled by who asked, and once', async () => {
    const denied = await asked(question('pg:INSERT'))
    const [, made] = await submit(submission(denied, question('pg:INSERT')))
    const cancel = made.task.links?.cancel ?? assert.fail('a pending task can be cancelled')
    const [seen] = await call(other, cancel, {})
    assert.equal(seen, 404)
    const [status, cancelled] = await call<Task>(agent, cancel, { reason: 'not_needed', comment: 'done by hand' })
    assert.deepEqual([status, cancelled.task.status, cancelled.task.links], [200, 'cancelled', undefined])
    const [twice, problem] = await call<{ type: string }>(agent, cancel, {})
    assert.deepEqual([twice, problem.type], [409, `${ERROR}invalid_task_state`])
  })
})
