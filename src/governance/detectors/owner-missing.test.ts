import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingsOf, ownedBy, principalFact, seenIn } from '../estate-in-test.ts'
import { ownerMissing } from './owner-missing.ts'

test('an identity without a known owner is found, the more privileged the worse', () => {
  assert.deepEqual(
    (['low', 'admin'] as const).map((tier) => findingsOf(ownerMissing, [principalFact('x')], { x: tier })[0]?.severity),
    ['medium', 'high'],
  )
  assert.equal(findingsOf(ownerMissing, [principalFact('x', { enabled: false })])[0]?.severity, 'low')
})

test('who has an owner, only is mentioned, is a person, a group or the platform’s own is not', () => {
  for (const fact of [
    ownedBy('x', 'ada@larkfield.example'),
    principalFact('x', { mentioned: true }),
    principalFact('x', { kind: 'human' }),
    principalFact('x', { kind: 'group' }),
    principalFact('x', { nativeType: 'iam-service-linked-role' }),
    principalFact('x', { system: 'entra', vendor: 'Microsoft' }),
  ]) {
    assert.deepEqual(findingsOf(ownerMissing, [fact]), [])
  }
})

test('a candidate below the bar is named in the evidence', () => {
  const hint = { who: 'ada@larkfield.example', how: 'commit_author', reason: 'committed it' } as const
  const [finding] = findingsOf(ownerMissing, [principalFact('x', { ownerHints: [hint] })])
  assert.deepEqual(finding?.evidence['candidates'], [{ who: 'ada@larkfield.example', reason: 'committed it' }])
})

test('one answer that covers several records is asked for once', () => {
  const jobs = ['a', 'b'].map((name) => principalFact(name, { nativeType: 'workflow-job', kind: 'ci_pipeline' }))
  const agents = [
    principalFact('client', { nativeType: 'mcp-client', kind: 'ai_agent' }),
    principalFact('server', { nativeType: 'mcp-server' }),
  ]
  const elsewhere = principalFact('registry', { nativeType: 'mcp-server', provenance: seenIn('registry.yaml') })
  assert.deepEqual(
    findingsOf(ownerMissing, [...jobs, ...agents, elsewhere]).map(({ subject }) => subject.externalId),
    ['a', 'client', 'registry'],
  )
})
