import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicies, createEntities } from './index.ts'
import { CaseGenerator, type RandomCase } from './random-policies-in-test.ts'
import { cedar } from './reference-in-test.ts'

/** One case is one request against one set of policies. */
const CASES = Number(process.env['REEVE_POLICY_CASES'] ?? (process.env['REEVE_EXHAUSTIVE'] === '1' ? 1_000_000 : 1500))
const SEED = Number(process.env['REEVE_SEED'] ?? Date.now() % 1_000_000_000)

const KINDS: readonly (readonly [kind: string, message: RegExp])[] = [
  ['type', /^type error/],
  ['overflow', /overflow/],
  ['missing', /does not have the (?:attribute|tag)|has no (?:attribute|tag)/],
  ['nothing', /^(?:the )?entity `.*` does not exist/s],
  ['arity', /^wrong number of arguments/],
]
const kindOf = (message: string): string => KINDS.find(([, pattern]) => pattern.test(message))?.[0] ?? 'extension'

interface Answer {
  readonly decision: string
  readonly reasons: readonly string[]
  readonly errors: readonly string[]
}

function reference({ entities, requests, ...one }: RandomCase): Answer[] {
  const parsed = cedar.preparsePolicySet('differential', {
    staticPolicies: one.texts,
    templates: one.templateTexts,
    templateLinks: one.links.map(({ id, template, principal, resource }) => ({
      templateId: template,
      newId: id,
      values: { ...(principal && { '?principal': principal }), ...(resource && { '?resource': resource }) },
    })),
  })
  assert.ok(parsed.type === 'success', JSON.stringify(parsed))
  return requests.map((request) => {
    const answer = cedar.statefulIsAuthorized({
      ...(request as object as { principal: { type: string; id: string } }),
      preparsedPolicySetId: 'differential',
      entities,
    } as unknown as Parameters<typeof cedar.statefulIsAuthorized>[0])
    assert.ok(answer.type === 'success', JSON.stringify(answer))
    const { decision, diagnostics } = answer.response
    const errors = diagnostics.errors.map(({ policyId, error }) => `${policyId} ${kindOf(error.message)}`)
    return { decision, reasons: diagnostics.reason.toSorted(), errors: errors.sort() }
  })
}

function ours({ entities, requests, policies, templates, links }: RandomCase): Answer[] {
  const store = createEntities()
  assert.deepEqual(store.load(entities), [])
  const compiled = compilePolicies({ policies, templates, links, entities: store })
  assert.ok(compiled.set !== undefined, JSON.stringify(compiled.problems))
  const { set } = compiled
  const answers = requests.map((request) => {
    const { decision, reasons, errors } = set.evaluate(request)
    const named = errors.map(({ policyId, message }) => `${policyId} ${kindOf(message)}`)
    return { decision, reasons: reasons.toSorted(), errors: named.sort() }
  })
  // whatever was named is forgotten when what named it is gone
  set.release()
  for (const { uid } of entities) store.remove(uid.type, uid.id)
  assert.equal(store.size, 0)
  return answers
}

/** A part of a long run is repeated by its own seed, and says how far the run has come. */
const PART = 20_000
const parts = Math.ceil(CASES / PART)

for (let part = 0; part < parts; part++) {
  const seed = SEED + part
  const of = parts === 1 ? '' : `, part ${part + 1} of ${parts}`
  test(`random policies decide as Cedar decides: decision, reasons, and the kind of each error (REEVE_SEED=${seed}${of})`, () => {
    const generator = new CaseGenerator(seed)
    const wanted = Math.min(PART, CASES - part * PART)
    let [cases, allowed, failed] = [0, 0, 0]
    while (cases < wanted) {
      const one = generator.next()
      const expected = reference(one)
      assert.deepEqual(ours(one), expected, `seed ${seed}, before case ${cases}`)
      cases += expected.length
      allowed += expected.filter(({ decision }) => decision === 'allow').length
      failed += expected.filter(({ errors }) => errors.length > 0).length
    }
    // a generator that hardly ever allows or hardly ever fails would prove little
    assert.ok(allowed > cases / 20 && failed > cases / 20, `${allowed} allowed, ${failed} with errors, of ${cases}`)
  })
}
