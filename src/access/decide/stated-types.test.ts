import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyChange } from '../feed/change.ts'
import type { PolicyJson } from '../feed/change.ts'
import { readPolicyText } from '../policy-writing/index.ts'
import { decide } from './decide.ts'
import type { DecisionState } from './decision-state.ts'
import type { Question } from './question.ts'
import { facts, grant, NOON, question, stateWith } from './state-in-test.ts'

const SCHEMA = `entity Principal; entity Resource; entity Team;
type Stated = {
  request: { env?: String, level?: Long, urgent?: Bool, tags?: Set<String>, amount?: decimal, addr?: ipaddr,
             team?: Team, nested?: { deep?: Long } },
  resource: { "type": String, id: String, env?: String }, subject: { "type": String, id: String, shift?: String },
  action: { rows?: Long }
};
action "group";
action "pg:SELECT" in ["group"] appliesTo { principal: Principal, resource: Resource, context: Stated };
action "pg:UPDATE" appliesTo { principal: Principal, resource: Resource, context: {
  request: { env?: Long }, resource: {}, subject: {}, action: {} } };`
const FORBID = `@id("not-prod") forbid (principal, action == Action::"pg:SELECT", resource)
when { context.request has env && context.request.env == "prod" };`

async function stateUnder(schema: string | undefined): Promise<DecisionState> {
  const { written, problems } = await readPolicyText({ policies: FORBID, ...(schema !== undefined && { schema }) })
  assert.ok(written !== undefined, JSON.stringify(problems))
  const state = await stateWith([facts('app')], [grant('grt_1', 'app', { actions: ['pg:*'] })])
  const policies = written.policies as readonly PolicyJson[]
  // as it is told to a decision point
  const told = JSON.parse(JSON.stringify({ policies, schema: written.schema })) as { policies: readonly PolicyJson[] }
  applyChange(state, { kind: 'policies', versionId: 'pol_2', ...told })
  return state
}
const reasonOf = (state: DecisionState, asked: Partial<Question>): string => {
  const { reason, detail } = decide(state, question('app', asked), NOON)
  return detail === undefined ? reason : `${reason}: ${detail}`
}

test('a value of another type than the schema declares cannot get past a forbid: the request is denied, naming it', async () => {
  const state = await stateUnder(SCHEMA)
  assert.equal(reasonOf(state, { context: { env: 'test' } }), 'granted')
  assert.equal(reasonOf(state, { context: { env: 'prod' } }), 'policy_forbids')
  assert.equal(
    reasonOf(state, { context: { env: 3 } }),
    'invalid_request: `context.env`: the schema of the policies in force has a text there',
  )
  // and without a schema nothing is known of it
  assert.equal(reasonOf(await stateUnder(undefined), { context: { env: 3 } }), 'granted')
})

test('what a resource says of its own type and id is put over by what was asked for, and keeps nobody out', async () => {
  const state = await stateUnder(SCHEMA)
  const { resource, subject } = question('app')
  const own = (properties: object): Partial<Question> => ({
    resource: { ...resource, properties: { ...properties } },
    subject: { ...subject, properties: { ...properties } },
  })
  assert.equal(reasonOf(state, own({ id: 42, type: 7 })), 'granted')
  assert.match(reasonOf(state, own({ env: 42 })), /^invalid_request/)
})

test('every part of a request is held against the schema, and what it does not declare is nobody’s business', async () => {
  const state = await stateUnder(SCHEMA)
  const table = { type: 'table', id: 'pg://main/shop/public.orders' }
  const wrong: readonly (readonly [asked: Partial<Question>, says: string])[] = [
    [{ context: { level: 1.5 } }, '`context.level`'],
    [{ context: { level: '1' } }, '`context.level`'],
    [{ context: { urgent: 'yes' } }, '`context.urgent`'],
    [{ context: { tags: 'a' } }, '`context.tags`'],
    [{ context: { tags: ['a', 1] } }, '`context.tags[]`'],
    [{ context: { amount: '1.5' } }, '`context.amount`'],
    [{ context: { addr: '10.0.0.1' } }, '`context.addr`'],
    [{ context: { addr: { __extn: { fn: 'decimal', arg: '1.0' } } } }, '`context.addr`'],
    [{ context: { team: { __entity: { type: 'Principal', id: 'a' } } } }, '`context.team`'],
    [{ context: { nested: [] } }, '`context.nested`'],
    [{ context: { nested: { deep: true } } }, '`context.nested.deep`'],
    [{ context: { nested: { __entity: { type: 'Team', id: 'a' } } } }, '`context.nested`'],
    [{ resource: { ...table, properties: { env: 1 } } }, '`resource.properties.env`'],
    [{ subject: { type: 'kubernetes', id: 'app', properties: { shift: 2 } } }, '`subject.properties.shift`'],
    [{ action: { name: 'pg:SELECT', properties: { rows: 'many' } } }, '`action.properties.rows`'],
  ]
  for (const [asked, says] of wrong) {
    const reason = reasonOf(state, asked)
    assert.ok(reason.startsWith(`invalid_request: ${says}: `), `${JSON.stringify(asked)}: ${reason}`)
  }
  const right: readonly Partial<Question>[] = [
    {},
    { context: { other: { a: [1, 'b'] }, env: null } },
    { context: { level: 3, urgent: false, tags: ['a', null], amount: 1.5, nested: { deep: 1, more: 'x' } } },
    { context: { addr: { __extn: { fn: 'ip', arg: '10.0.0.1' } }, team: { __entity: { type: 'Team', id: 'a' } } } },
    { resource: { ...table, properties: { env: 'x', other: 1 } } },
  ]
  for (const asked of right) assert.equal(reasonOf(state, asked), 'granted', JSON.stringify(asked))
})

test('each action has its own context, and an action that the schema does not name has to fit one of them', async () => {
  const state = await stateUnder(SCHEMA)
  assert.equal(reasonOf(state, { action: { name: 'pg:UPDATE' }, context: { env: 3 } }), 'granted')
  assert.match(reasonOf(state, { action: { name: 'pg:UPDATE' }, context: { env: 'x' } }), /^invalid_request/)
  const other = { action: { name: 'pg:DELETE' } }
  assert.equal(reasonOf(state, { ...other, context: { env: 3 } }), 'granted')
  assert.equal(reasonOf(state, { ...other, context: { env: 'x' } }), 'granted')
  assert.match(reasonOf(state, { ...other, context: { env: true } }), /^invalid_request/)
})

test('until the schema of policies just put in force is known, what states nothing is decided and the rest is denied', async () => {
  const { written } = await readPolicyText({ policies: FORBID, schema: SCHEMA })
  assert.ok(written !== undefined)
  const state = await stateWith([facts('app')], [grant('grt_1', 'app')])
  const policies = written.policies as readonly PolicyJson[]
  applyChange(state, { kind: 'policies', versionId: 'pol_2', policies, schema: null })
  assert.equal(reasonOf(state, {}), 'granted')
  assert.equal(reasonOf(state, { context: { env: 'test' } }), 'policy_unavailable')
  applyChange(state, { kind: 'policies', versionId: 'pol_2', policies, schema: written.schema })
  assert.equal(reasonOf(state, { context: { env: 'test' } }), 'granted')
  // told once more in haste, it is not forgotten
  applyChange(state, { kind: 'policies', versionId: 'pol_2', policies, schema: null })
  assert.equal(reasonOf(state, { context: { env: 'test' } }), 'granted')
})
