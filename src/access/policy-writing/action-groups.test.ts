import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import { decide } from '../decide/index.ts'
import { facts, grant, NOON, principalId, question, stateWith } from '../decide/state-in-test.ts'
import { policiesOver } from '../feed/change.ts'
import type { PolicyJson } from '../feed/change.ts'
import { readPolicyText } from './policy-text.ts'
import { readPoliciesToDecide } from './policies-to-decide.ts'

const APPLIES = 'appliesTo { principal: Principal, resource: Resource }'
const SCHEMA = `entity Principal; entity Resource;
action "all"; action "readers" in ["all"]; action "writers" in ["all"];
action "pg:SELECT" in ["readers"] ${APPLIES};
action "pg:UPDATE" in ["writers"] ${APPLIES};
action "pg:DROP" ${APPLIES};`
const ACTIONS = ['pg:SELECT', 'pg:UPDATE', 'pg:DROP']
const FORBIDS = [
  'forbid (principal, action in Action::"readers", resource == Resource::"pg://main/shop/x");',
  'forbid (principal, action in Action::"all", resource);',
  'forbid (principal, action in [Action::"writers", Action::"pg:DROP"], resource);',
  'forbid (principal, action, resource) when { action in Action::"readers" };',
  'forbid (principal, action, resource) unless { action in [Action::"writers", Action::"readers"] };',
  'forbid (principal, action, resource) when { action is Action in Action::"all" };',
  'forbid (principal, action, resource) when { (if action == Action::"pg:DROP" then Action::"pg:SELECT" else action) in Action::"readers" };',
  'forbid (principal, action, resource) when { action in (if action == Action::"pg:UPDATE" then Action::"all" else Action::"writers") };',
  'forbid (principal, action, resource) when { Action::"pg:UPDATE" in Action::"writers" && action in Action::"readers" };',
  'forbid (principal == Principal::"x", action in Action::"all", resource);',
]

test('a policy on a group of actions decides as Cedar decides with the schema', async () => {
  for (const text of FORBIDS) {
    const { written, problems } = await readPolicyText({ policies: text, schema: SCHEMA })
    assert.ok(written !== undefined, `${text}: ${JSON.stringify(problems)}`)
    const state = await stateWith([facts('app')], [grant('grt_1', 'app', { actions: ['pg:*'] })])
    // as it stands in the database and is told to a decision point
    const told = JSON.parse(JSON.stringify(written.policies.map(({ id, json }) => ({ id, json })))) as PolicyJson[]
    state.putPolicies(policiesOver(state, 'pol_2', told))
    for (const action of ACTIONS) {
      const theirs = cedar.isAuthorized({
        principal: { type: 'Principal', id: principalId('app') },
        action: { type: 'Action', id: action },
        resource: { type: 'Resource', id: 'pg://main/shop/x' },
        context: {},
        schema: SCHEMA,
        entities: [],
        policies: { staticPolicies: `permit (principal, action, resource);\n${text}` },
      })
      assert.ok(theirs.type === 'success', JSON.stringify(theirs))
      const resource = { type: 'table', id: 'pg://main/shop/x' }
      const ours = decide(state, question('app', { action: { name: action }, resource }), NOON)
      assert.equal(ours.allowed, theirs.response.decision === 'allow', `${action}: ${text}`)
    }
  }
})

test('what never decides is refused where it is checked, compared or proposed, with its place', async () => {
  const refused: readonly (readonly [text: string, says: RegExp, column: number])[] = [
    ['forbid (principal in Team::"x", action, resource);', /a scope of `Team` never matches/, 22],
    ['forbid (principal is User, action, resource);', /a scope of `User` never matches/, 22],
    ['forbid (principal is Principal in Team::"x", action, resource);', /`Team` never matches/, 35],
    ['forbid (principal, action, resource == Table::"x");', /`Table` never matches/, 40],
    ['permit (principal == ?principal, action, resource);', /has a slot/, 1],
    ['forbid (principal, action, resource == Resource::"a\\0b");', /U\+0000/, 52],
    ['forbid (principal, action, resource); // \0', /U\+0000/, 42],
  ]
  for (const [text, says, column] of refused) {
    const { problems } = await readPoliciesToDecide({ policies: `// first\n${text}` })
    assert.equal(problems?.length, 1, text)
    assert.match(problems[0]?.message ?? '', says)
    assert.deepEqual([problems[0]?.line, problems[0]?.column], [2, column], text)
  }
  const sound =
    'forbid (principal == Principal::"a", action in [Action::"b"], resource is Resource) when { "\\\\u0000" == "" };'
  assert.deepEqual((await readPoliciesToDecide({ policies: sound })).problems, undefined)
})
