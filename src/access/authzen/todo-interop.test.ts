// The decisions of AuthZEN's todo interop scenario (openid/authzen, interop/, draft 1.0-01): its users as records of the
// roll with labels, its rules as policies.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import type { DecisionState, PrincipalFacts } from '../decide/index.ts'
import { facts, NOON, stateWith } from '../decide/state-in-test.ts'
import { evaluate, evaluateAll, readBody } from './index.ts'
import type { EvaluationAnswer, EvaluationsAnswer } from './index.ts'

const DECISIONS = '../shared/schemas/authzen/todo-interop-decisions.json'

const USERS = [
  ['CiRmZDA2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs', 'rick@the-citadel.com', 'admin evil_genius'],
  ['CiRmZDE2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs', 'morty@the-citadel.com', 'editor'],
  ['CiRmZDI2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs', 'summer@the-smiths.com', 'editor'],
  ['CiRmZDM2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs', 'beth@the-smiths.com', 'viewer'],
  ['CiRmZDQ2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs', 'jerry@the-smiths.com', 'viewer'],
] as const

const POLICIES = `
@id("everybody-reads")
permit (principal, action in [Action::"can_read_user", Action::"can_read_todos"], resource);
@id("editors-create")
permit (principal, action == Action::"can_create_todo", resource)
when { principal.hasTag("admin") || principal.hasTag("editor") };
@id("editors-change-their-own")
permit (principal, action in [Action::"can_update_todo", Action::"can_delete_todo"], resource)
when {
  principal.hasTag("editor") && context.resource has ownerID && context.resource.ownerID == principal.getTag("email")
};
@id("an-evil-genius-updates")
permit (principal, action == Action::"can_update_todo", resource) when { principal.hasTag("evil_genius") };
@id("an-admin-deletes")
permit (principal, action == Action::"can_delete_todo", resource) when { principal.hasTag("admin") };
`

const user = ([id, email, roles]: (typeof USERS)[number]): PrincipalFacts =>
  facts(id, {
    kind: 'human',
    system: 'people',
    labels: { email, ...Object.fromEntries(roles.split(' ').map((role) => [role, 'yes'])) },
  })

const ask = async (state: DecisionState, request: unknown): Promise<EvaluationsAnswer> => {
  const point = { state: () => state, now: () => NOON }
  const body = readBody(JSON.stringify(request))
  return 'evaluations' in body ? await evaluateAll(point, body) : await evaluate(point, body)
}

interface Scenario {
  readonly evaluation: readonly { readonly request: unknown; readonly expected: boolean }[]
  readonly evaluations: readonly {
    readonly request: unknown
    readonly expected: readonly { readonly decision: boolean }[]
  }[]
}

void suite('the todo interop scenario', { skip: existsSync(DECISIONS) ? false : `no ${DECISIONS}` }, () => {
  void test('every decision of it comes out as it says, one by one and in batches', async () => {
    const scenario = JSON.parse(readFileSync(DECISIONS, 'utf8')) as Scenario
    assert.deepEqual([scenario.evaluation.length, scenario.evaluations.length], [40, 3])
    const state = await stateWith(USERS.map(user), [], POLICIES)
    for (const { request, expected } of scenario.evaluation) {
      const answer = (await ask(state, request)) as EvaluationAnswer
      assert.equal(answer.decision, expected, JSON.stringify(request))
    }
    for (const { request, expected } of scenario.evaluations) {
      const answer = (await ask(state, request)) as { evaluations: EvaluationAnswer[] }
      assert.deepEqual(
        answer.evaluations.map(({ decision }) => ({ decision })),
        expected,
      )
    }
  })
})
