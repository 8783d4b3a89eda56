// The peers of `bench/decide.ts`, each as a function from the number of a request to allow or deny.
import { AbilityBuilder, createMongoAbility, subject, type MongoAbility } from '@casl/ability'
import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import { newEnforcer, newModelFromString } from 'casbin'
import { compilePolicies, createEntities, type PolicySet } from '#access/policy'
import { type Abac, type Estate, GRANT_TEMPLATES, type Grants, type Rbac } from './decide-estates.ts'

export type Decide = (number: number) => boolean

const json = (answer: cedar.PolicyToJsonAnswer): unknown => {
  if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join())
  return answer.json
}

/** By id, from text. */
export const toJson = (texts: Readonly<Record<string, string>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(texts).map(([id, text]) => [id, json(cedar.policyToJson(text))]))

export function compiled(policies: Record<string, unknown>, entities: Iterable<unknown>): PolicySet {
  const store = createEntities()
  const problems = store.load([...entities])
  const { set } = compilePolicies({ policies, entities: store })
  if (set === undefined || problems.length > 0) throw new Error('the estate of the bench is not sound')
  return set
}

/** The templates, so that a million grants can be added one by one. */
export function withTemplates({ policies, entities }: Grants): PolicySet {
  const set = compiled(toJson(policies), entities())
  for (const [id, text] of Object.entries(GRANT_TEMPLATES)) set.addTemplate(id, json(cedar.templateToJson(text)))
  return set
}

export function cedarWasm({ policies, requests, needed }: Estate, name: string): Decide {
  const parsed = cedar.preparsePolicySet(name, { staticPolicies: policies })
  if (parsed.type === 'failure') throw new Error(parsed.errors.map(({ message }) => message).join())
  const calls = requests.map((request) => ({
    ...request,
    preparsedPolicySetId: name,
    entities: needed(request),
  })) as unknown as Parameters<typeof cedar.statefulIsAuthorized>[0][]
  return (number) => {
    const call = calls[number]
    const answer = call === undefined ? undefined : cedar.statefulIsAuthorized(call)
    if (answer?.type !== 'success') throw new Error(JSON.stringify(answer))
    return answer.response.decision === 'allow'
  }
}

const CASBIN_RBAC = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act`

export async function casbinRbac({ roles, users, requests }: Rbac): Promise<Decide> {
  const enforcer = await newEnforcer(newModelFromString(CASBIN_RBAC))
  await enforcer.addPolicies(
    roles.flatMap(({ name, resource, actions }) => actions.map((act) => [name, resource, act])),
  )
  await enforcer.addGroupingPolicies(users.flatMap(({ name, roles: own }) => own.map((role) => [name, role])))
  return (number) => {
    const { user, resource, action } = requests[number] ?? { user: '', resource: '', action: '' }
    return enforcer.enforceSync(user, resource, action)
  }
}

/** CASL holds the rules of one user at a time: an ability for each user is built before the clock starts. */
export function caslRbac({ roles, users, requests }: Rbac): Decide {
  const byName = new Map(roles.map((role) => [role.name, role]))
  const abilities = new Map<string, MongoAbility>()
  for (const { name, roles: own } of users) {
    const { can, build } = new AbilityBuilder<MongoAbility>(createMongoAbility)
    for (const role of own) can([...(byName.get(role)?.actions ?? [])], byName.get(role)?.resource ?? '')
    abilities.set(name, build())
  }
  return (number) => {
    const { user, resource, action } = requests[number] ?? { user: '', resource: '', action: '' }
    return abilities.get(user)?.can(action, resource) ?? false
  }
}

const CASBIN_ABAC = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = act, level
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.act == p.act && r.sub.level >= Number(p.level) && r.sub.department == r.obj.department && r.obj.archived == false`

export async function casbinAbac({ rules, requests }: Abac): Promise<Decide> {
  const enforcer = await newEnforcer(newModelFromString(CASBIN_ABAC.replace('Number(p.level)', 'number(p.level)')))
  await enforcer.addFunction('number', Number)
  await enforcer.addPolicies(rules.map(({ action, level }) => [action, String(level)]))
  return (number) => {
    const request = requests[number]
    return request !== undefined && enforcer.enforceSync(request.subject, request.object, request.action)
  }
}

export function caslAbac({ rules, requests }: Abac): Decide {
  const prepared = requests.map(({ subject: own, action, object }) => {
    const { can, build } = new AbilityBuilder<MongoAbility>(createMongoAbility)
    for (const rule of rules) {
      if (own.level >= rule.level) can(rule.action, 'Doc', { department: own.department, archived: false })
    }
    return { ability: build(), action, object: subject('Doc', { ...object }) }
  })
  return (number) => {
    const one = prepared[number]
    return one !== undefined && one.ability.can(one.action, one.object)
  }
}
