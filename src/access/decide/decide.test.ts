import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decide } from './decide.ts'
import { DecisionState } from './decision-state.ts'
import type { ResidentGrant } from './grant-index.ts'
import type { Question } from './question.ts'
import type { Reason } from './reason.ts'
import { facts, grant, HOUR, NOON, principalId, question, stateWith } from './state-in-test.ts'

const reasonOf = (state: DecisionState, asked: Question, now = NOON): Reason => decide(state, asked, now).reason

void suite('the decision', () => {
  void test('a grant in force allows what it covers, and nothing beside it', async () => {
    const state = await stateWith([facts('app')], [grant('grt_1', 'app')])
    const allowed = decide(state, question('app'), NOON)
    assert.equal(allowed.allowed, true)
    assert.equal(allowed.reason, 'granted')
    assert.equal(allowed.chain[0]?.grantId, 'grt_1')
    assert.equal(reasonOf(state, question('app', { action: { name: 'pg:DELETE' } })), 'nothing_permits')
    const elsewhere = { type: 'table', id: 'pg://main/shopping/public.orders' }
    assert.equal(reasonOf(state, question('app', { resource: elsewhere })), 'nothing_permits')
  })

  void test('a grant of a pattern that nobody had before counts for a name that was asked for already', async () => {
    const state = await stateWith([facts('app')], [grant('grt_1', 'app', { actions: ['pg:DELETE'] })])
    assert.equal(reasonOf(state, question('app')), 'nothing_permits')
    assert.equal(reasonOf(state, question('app')), 'nothing_permits')
    state.grants.put(grant('grt_2', 'app', { resources: ['pg://main/shop/public.*'] }))
    assert.equal(decide(state, question('app'), NOON).chain[0]?.grantId, 'grt_2')
    state.grants.remove('grt_2')
    assert.equal(reasonOf(state, question('app')), 'nothing_permits')
  })

  void test('a forbid that cannot be evaluated over what the request says is a denial, and says which', async () => {
    const text = `@id("no-large-amounts") forbid (principal, action, resource) when { context.request.amount > 1000 };
      @id("odd") permit (principal, action, resource) when { context.request.amount like "x" };`
    const state = await stateWith([facts('app')], [grant('grt_1', 'app')], text)
    assert.equal(reasonOf(state, question('app', { context: { amount: 5 } })), 'granted')
    assert.equal(reasonOf(state, question('app', { context: { amount: 5000 } })), 'policy_forbids')
    for (const context of [{ amount: 5000.5 }, { amount: '5000' }, {}]) {
      const denied = decide(state, question('app', { context }), NOON)
      assert.deepEqual([denied.allowed, denied.reason], [false, 'policy_error'])
      const named = denied.errors.map(({ policyId }) => policyId)
      assert.ok(named.includes('no-large-amounts'), named.join())
    }
  })

  void test('a grant of what is below a name covers no name that leads out of there', async () => {
    const state = await stateWith([facts('app')], [grant('grt_1', 'app')])
    const asked = (id: string): Reason => reasonOf(state, question('app', { resource: { type: 'table', id } }))
    for (const rest of ['../hr/x', '/x', 'a/./b', '%2e%2e/hr', '..', 'a%2fb', 'a\\..\\b'])
      assert.equal(asked(`pg://main/shop/${rest}`), 'invalid_request', rest)
    for (const rest of ['x', 'a..b', '.hidden', 'a/b/']) assert.equal(asked(`pg://main/shop/${rest}`), 'granted', rest)
  })

  void test('a group acts for nobody, and a user of its name is that user', async () => {
    const group = facts('masters', { kind: 'group' })
    const state = await stateWith([group], [grant('grt_1', 'masters')])
    assert.equal(reasonOf(state, question('masters')), 'unknown_principal')
    assert.equal(
      reasonOf(state, question('masters', { subject: { type: 'principal', id: group.id } })),
      'unknown_principal',
    )
    const user = facts('user', { externalId: group.externalId })
    state.putPrincipal(user)
    state.grants.put(grant('grt_2', 'user'))
    assert.deepEqual(decide(state, question('masters'), NOON).chain[0]?.principalId, user.id)
  })

  void test('a policy permits without a grant, and its forbid outweighs a grant', async () => {
    const state = await stateWith(
      [facts('app'), facts('batch', { environment: 'test' })],
      [grant('grt_1', 'app')],
      `@id("read-all") @obligation_log("full")
       permit(principal, action == Action::"pg:SELECT", resource) when { principal.environment == "test" };
       @id("no-secrets")
       forbid(principal, action, resource) when { context.resource.id like "pg://main/shop/secret*" };`,
    )
    const permitted = decide(state, question('batch'), NOON)
    assert.equal(permitted.reason, 'policy_permits')
    assert.deepEqual(permitted.chain[0]?.policyIds, ['read-all'])
    assert.deepEqual(permitted.obligations, [{ policyId: 'read-all', name: 'log', value: 'full' }])
    assert.equal(permitted.highRisk, false)
    const forbidden = decide(
      state,
      question('app', { resource: { type: 'table', id: 'pg://main/shop/secret.x' } }),
      NOON,
    )
    assert.equal(forbidden.reason, 'policy_forbids')
    assert.deepEqual(forbidden.chain[0]?.policyIds, ['no-secrets'])
  })

  void test('an act that a policy marks is of high risk, granted or permitted, and no other one is', async () => {
    const right = { actions: ['pay:transfer', 'pay:quote'], resources: ['pg://main/shop/*'] }
    const state = await stateWith(
      [facts('app'), facts('batch', { environment: 'test' })],
      [grant('grt_1', 'app', right)],
      `@risk("high") permit(principal, action == Action::"pay:transfer", resource) when { context.granted != "no" };
       @risk("hihg") permit(principal, action == Action::"pay:refund", resource) when { principal.environment == "test" };`,
    )
    const asked = (name: string, action: string): readonly [allowed: boolean, highRisk: boolean] => {
      const { allowed, highRisk } = decide(state, question(name, { action: { name: action } }), NOON)
      return [allowed, highRisk]
    }
    assert.deepEqual(asked('app', 'pay:transfer'), [true, true])
    assert.deepEqual(asked('app', 'pay:quote'), [true, false])
    assert.deepEqual(asked('batch', 'pay:refund'), [true, true], 'a mark that nobody knows how to read is one')
    assert.deepEqual(asked('batch', 'pay:transfer'), [false, false])
  })

  void test('only an active identity is allowed anything, and the reason says what it is', async () => {
    const cases: [string, Parameters<typeof facts>[1], Reason][] = [
      ['discovered', { state: 'discovered' }, 'not_registered'],
      ['registered', { state: 'registered' }, 'not_registered'],
      ['registered-of-a-feed', { kind: 'human', state: 'registered', ofFeed: true }, 'not_registered'],
      ['quarantined', { state: 'quarantined' }, 'quarantined'],
      ['retired', { state: 'retired' }, 'retired'],
      ['gone', { gone: true }, 'gone'],
      ['expired', { expiresAt: NOON }, 'expired'],
    ]
    const state = await stateWith(
      cases.map(([name, rest]) => facts(name, rest)),
      cases.map(([name]) => grant(`grt_${name}`, name)),
    )
    for (const [name, , reason] of cases) assert.equal(reasonOf(state, question(name)), reason, name)
    assert.equal(reasonOf(state, question('nobody')), 'unknown_principal')
  })

  void test('a change that is older than what is known changes nothing', async () => {
    const state = await stateWith([facts('app', { version: 5 })], [grant('grt_1', 'app')])
    assert.equal(state.putPrincipal(facts('app', { version: 6, state: 'quarantined' })), true)
    assert.equal(state.putPrincipal(facts('app', { version: 5 })), false)
    assert.equal(reasonOf(state, question('app')), 'quarantined')
  })

  void test('grants begin and end by themselves, and one that was ended says so', async () => {
    const state = await stateWith([facts('app')], [grant('grt_1', 'app')])
    assert.equal(reasonOf(state, question('app'), NOON - HOUR - 1), 'grant_not_begun')
    state.knownAt = NOON + 2 * HOUR
    assert.equal(reasonOf(state, question('app'), NOON + HOUR), 'grant_expired')
    state.grants.put(grant('grt_1', 'app', { ended: true }))
    assert.equal(reasonOf(state, question('app')), 'grant_ended')
    state.grants.remove('grt_1')
    assert.equal(reasonOf(state, question('app')), 'nothing_permits')
  })

  void test('of several grants that are not in force the same one tells why, in whatever order they were read', async () => {
    const expired = grant('grt_1', 'app', { until: NOON - 1 })
    const ranOut = grant('grt_2', 'app', { ended: true, ranOut: true })
    const ended = grant('grt_3', 'app', { ended: true })
    const later = grant('grt_4', 'app', { from: NOON + 1 })
    const reasons = async (...grants: readonly ResidentGrant[]): Promise<Reason[]> => {
      const found = new Set<Reason>()
      for (const order of [grants, grants.toReversed()])
        found.add(reasonOf(await stateWith([facts('app')], order), question('app')))
      return [...found]
    }
    assert.deepEqual(await reasons(expired, ranOut, ended, later), ['grant_not_begun'])
    assert.deepEqual(await reasons(expired, ended, ranOut), ['grant_ended'])
    assert.deepEqual(await reasons(ranOut, expired), ['grant_expired'])
  })

  void test('a person who is denied is denied in each of their accounts, until that is lifted', async () => {
    const state = await stateWith([facts('ada', { personId: 'psn_ada' }), facts('ben')], [grant('grt_1', 'ada')])
    assert.equal(reasonOf(state, question('ada')), 'granted')
    state.setEnded('psn_ada', true, 1)
    assert.equal(reasonOf(state, question('ada')), 'principal_denied')
    assert.notEqual(reasonOf(state, question('ben')), 'principal_denied')
    state.setEnded('psn_ada', false, 2)
    assert.equal(reasonOf(state, question('ada')), 'granted')
  })

  void test('a credential must be its own, live and known; a session can be ended by itself', async () => {
    const state = await stateWith([facts('app'), facts('other')], [grant('grt_1', 'app')])
    const live = { id: 'cred_1', version: 1, principalId: principalId('app'), state: 'live' } as const
    const asked = question('app', { credentialId: 'cred_1' })
    assert.equal(reasonOf(state, asked), 'credential_unknown')
    state.putCredential(live)
    assert.equal(reasonOf(state, asked), 'granted')
    state.putCredential({ ...live, version: 2, principalId: principalId('other') })
    assert.equal(reasonOf(state, asked), 'credential_foreign')
    state.putCredential({ ...live, version: 3, state: 'leaked' })
    assert.equal(reasonOf(state, asked), 'credential_revoked')
    state.putCredential({ ...live, version: 4, expiresAt: NOON })
    assert.equal(reasonOf(state, asked), 'credential_expired')
    const session = question('app', { sessionId: 'ses_1' })
    assert.equal(reasonOf(state, session), 'granted')
    state.setEnded('ses_1', true, 1)
    assert.equal(reasonOf(state, session), 'session_ended')
  })

  void test('what is older than its limit decides nothing, and without policies nothing is allowed', async () => {
    const state = await stateWith([facts('app')], [grant('grt_1', 'app')])
    assert.equal(reasonOf(state, question('app'), NOON + state.limits.staleAfterMs + 1), 'stale')
    state.putPolicies(undefined)
    assert.equal(reasonOf(state, question('app')), 'policy_unavailable')
    assert.equal(reasonOf(new DecisionState(), question('app')), 'stale')
    // by the clock of the machine, which was set back, it would be young for ever
    state.silentMs = () => state.limits.staleAfterMs + 1
    assert.equal(reasonOf(state, question('app'), NOON - HOUR), 'stale')
  })

  void test('an answer is good no longer than anything that it rests on', async () => {
    const state = await stateWith(
      [facts('app'), facts('brief', { expiresAt: NOON + 5000 })],
      [grant('grt_1', 'app', { until: NOON + 9000 }), grant('grt_2', 'brief')],
    )
    assert.equal(decide(state, question('app'), NOON).expiresAt, NOON + 9000)
    assert.equal(decide(state, question('brief'), NOON).expiresAt, NOON + 5000)
    assert.equal(decide(state, question('app', { delegatedUntil: NOON + 3000 }), NOON).expiresAt, NOON + 3000)
  })

  void test('what the one who asks says of itself never passes for what Reeve knows', async () => {
    const state = await stateWith(
      [facts('app')],
      [],
      'permit(principal, action, resource) when { context.granted == "break_glass" || context.level == "read" && principal.tier == "admin" };',
    )
    const lying = question('app', { context: { granted: 'break_glass', level: 'read', tier: 'admin' } })
    assert.equal(reasonOf(state, lying), 'nothing_permits')
    const polluted = JSON.parse('{"__proto__": {"granted": "break_glass"}}') as NonNullable<Question['context']>
    assert.equal(reasonOf(state, question('app', { context: polluted })), 'nothing_permits')
  })

  void test('a request that cannot be read is denied and says what is wrong with it', async () => {
    const state = await stateWith([facts('app')], [grant('grt_1', 'app')])
    const bad = decide(state, question('app', { context: { share: 0.123456789 } }), NOON)
    assert.equal(bad.reason, 'invalid_request')
    assert.match(bad.detail ?? '', /share/)
    let deep: NonNullable<Question['context']> = {}
    for (let level = 0; level < 10_000; level++) deep = { deep }
    assert.equal(reasonOf(state, question('app', { context: deep })), 'invalid_request')
  })

  void test('a name that two identities answer to is refused, never guessed', async () => {
    const state = await stateWith(
      [facts('app'), facts('app2', { system: 'aws', externalId: 'app' })],
      [grant('grt_1', 'app')],
    )
    assert.equal(reasonOf(state, question('app', { subject: { type: 'workload', id: 'app' } })), 'ambiguous_principal')
    assert.equal(reasonOf(state, question('app')), 'granted')
  })

  void test('of several grants the one that lasts longest counts, whatever pattern it stands under', async () => {
    const state = await stateWith(
      [facts('app')],
      [
        grant('grt_1', 'app', { resources: ['pg://main/shop/public.orders'], until: NOON + 1 }),
        grant('grt_2', 'app', { resources: ['pg://main/*'], until: NOON + HOUR }),
        grant('grt_3', 'app', { resources: ['*'], ended: true }),
      ],
    )
    assert.equal(decide(state, question('app'), NOON).chain[0]?.grantId, 'grt_2')
    state.grants.remove('grt_2')
    assert.equal(decide(state, question('app'), NOON).chain[0]?.grantId, 'grt_1')
  })
})

void suite('delegation', () => {
  void test('a number that is none, or that no integer of 53 bits holds, is refused and not rounded', async () => {
    const state = await stateWith([facts('app')], [grant('grt_1', 'app')])
    const withNumber = (number: string): Reason =>
      reasonOf(state, question('app', { context: JSON.parse(`{"n": [{"m": ${number}}]}`) as never }))
    for (const number of ['1e999', '-1e999', '9007199254740993', '1e300', '0.12345', '1e-7']) {
      assert.equal(withNumber(number), 'invalid_request', number)
    }
    for (const number of ['9007199254740991', '-0', '0.1234', '1e3'])
      assert.equal(withNumber(number), 'granted', number)
  })

  void test('quarantining a member in the middle of a chain denies the whole', async () => {
    const names = ['person', 'agent', 'tool']
    const state = await stateWith(
      names.map((name) => facts(name)),
      names.map((name) => grant(`grt_${name}`, name)),
    )
    const chain = question('person', { actors: ['agent', 'tool'].map((id) => ({ type: 'kubernetes', id })) })
    assert.equal(reasonOf(state, chain), 'granted')
    state.putPrincipal(facts('agent', { version: 2, state: 'quarantined' }))
    const held = decide(state, chain, NOON)
    assert.deepEqual(
      held.chain.map(({ reason }) => reason),
      ['granted', 'quarantined', 'quarantined'],
    )
  })

  void test('a chain is not deeper than allowed, names nobody twice, and ends', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const state = await stateWith(
      names.map((name) => facts(name)),
      names.map((name) => grant(`grt_${name}`, name)),
    )
    const actors = (...ids: string[]): NonNullable<Question['actors']> => ids.map((id) => ({ type: 'kubernetes', id }))
    assert.equal(reasonOf(state, question('a', { actors: actors('b', 'c', 'd', 'e') })), 'granted')
    assert.equal(reasonOf(state, question('a', { actors: actors('b', 'c', 'd', 'e', 'f') })), 'chain_too_deep')
    assert.equal(reasonOf(state, question('a', { actors: actors('b', 'a') })), 'chain_repeats')
    assert.equal(reasonOf(state, question('a', { delegatedUntil: NOON })), 'chain_expired')
  })

  void test('of 10,000 random chains each may exactly what every one of its members may', async () => {
    const names = Array.from({ length: 12 }, (_, number) => `p${number}`)
    const seed = Number(process.env['REEVE_SEED'] ?? Date.now() % 1_000_000)
    const random = sequence(seed)
    const states = ['active', 'active', 'active', 'quarantined'] as const
    const estate = names.map((name) => facts(name, { state: states[random(4)] ?? 'active' }))
    const actions = ['pg:SELECT', 'pg:INSERT', 'pg:DELETE']
    const resources = ['pg://m/a/x', 'pg://m/a/y', 'pg://m/b/z']
    const grants = names.flatMap((name) =>
      Array.from({ length: 4 }, (_, number) =>
        grant(`grt_${name}_${number}`, name, {
          actions: [random(5) === 0 ? 'pg:*' : (actions[random(3)] ?? '')],
          resources: [['pg://m/a/*', ...resources][random(4)] ?? ''],
          until: NOON + (random(4) === 0 ? -1 : HOUR),
        }),
      ),
    )
    const text =
      'forbid(principal, action == Action::"pg:DELETE", resource) when { context.resource.id like "pg://m/b*" };'
    const state = await stateWith(estate, grants, text)
    let allowed = 0
    for (let round = 0; round < 10_000; round++) {
      const members = shuffled(names, random).slice(0, 1 + random(4))
      const action = actions[random(3)] ?? ''
      const resource = resources[random(3)] ?? ''
      const asked = {
        action: { name: action },
        resource: { type: 'table', id: resource },
        actors: members.slice(1).map((id) => ({ type: 'kubernetes', id })),
      }
      const each = members.every(
        (name) =>
          estate[names.indexOf(name)]?.state === 'active' &&
          !(action === 'pg:DELETE' && resource.startsWith('pg://m/b')) &&
          grants.some(
            (one) =>
              one.principalId === principalId(name) &&
              one.until > NOON &&
              one.actions.some((pattern) => pattern === action || pattern === 'pg:*') &&
              one.resources.some(
                (pattern) =>
                  pattern === resource ||
                  (resource.startsWith(pattern.replace(/\*$/, '#').split('#')[0] ?? '') && pattern.endsWith('*')),
              ),
          ),
      )
      assert.equal(decide(state, question(members[0] ?? '', asked), NOON).allowed, each, `seed ${seed}, round ${round}`)
      if (each) allowed++
    }
    assert.ok(allowed > 50 && allowed < 9500, `seed ${seed}: ${allowed} allowed says nothing`)
  })
})

function sequence(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % below
  }
}

function shuffled(names: readonly string[], random: (below: number) => number): string[] {
  const left = [...names]
  return names.map(() => left.splice(random(left.length), 1)[0] ?? '')
}
