import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decide, Reading } from '../decide/index.ts'
import type { Question } from '../decide/index.ts'
import { facts, NOON, policies, question, stateWith } from '../decide/state-in-test.ts'
import { newId } from '#kernel'
import { DenialBinding } from './denial-binding.ts'
import { hinting } from './requestable.ts'

const ASKABLE = 'permit (principal, action == Action::"reeve:request", resource);'
const binding = new DenialBinding(() => [{ keyId: 'hk_one', key: Buffer.alloc(32, 1) }])

test('the same denial within a second is hinted at once, and anew as soon as anything is new', async () => {
  const state = await stateWith([facts('app'), facts('batch')], [], ASKABLE)
  const hint = hinting(() => state, binding)
  const hintOf = (asked: Question, at: number): { readonly own: string; readonly said: string | undefined } => {
    const id = newId('decision')
    const said = hint({ id, question: asked, decision: decide(state, asked, at) })
    const token = said?.access_request
    if (token !== undefined) {
      const bound = binding.verify(token.binding_token, asked, token.expires_at, at)
      assert.equal('evaluationId' in bound && bound.evaluationId, said?.evaluation_id)
    }
    return { own: id, said: said?.evaluation_id }
  }
  const first = hintOf(question('app'), NOON)
  assert.equal(first.said, first.own)
  assert.equal(hintOf(question('app'), NOON + 999).said, first.own)
  for (const other of [
    question('batch'),
    question('app', { action: { name: 'pg:DELETE' } }),
    question('app', { resource: { type: 'table', id: 'pg://main/shop/public.orders', properties: { a: 1 } } }),
  ]) {
    const { own, said } = hintOf(other, NOON + 999)
    assert.equal(said, own)
  }
  const later = hintOf(question('app'), NOON + 1000)
  assert.equal(later.said, later.own)
  state.position = '1:2'
  const moved = hintOf(question('app'), NOON + 1000)
  assert.equal(moved.said, moved.own)
  state.putPolicies(await policies(state, 'forbid (principal, action, resource) when { context.level == "admin" };'))
  assert.equal(hintOf(question('app'), NOON + 1000).said, undefined)
})

test('where a name has come to mean somebody else, their denial is not hinted at as the denial of who had it', async () => {
  const state = await stateWith([facts('app'), facts('batch')], [], ASKABLE)
  const hint = hinting(() => state, binding)
  const asked = question('app')
  const kept = { ...asked, reading: new Reading(asked) }
  const ids = [newId('decision'), newId('decision')] as const
  const said = (id: (typeof ids)[number]): string | undefined =>
    hint({ id, question: kept, decision: decide(state, kept, NOON) })?.evaluation_id
  assert.equal(said(ids[0]), ids[0])
  // as it is while news is read, which is in parts: the position is told last
  state.putPrincipal(facts('app', { version: 2, externalId: 'app-before' }))
  state.putPrincipal(facts('batch', { version: 2, externalId: 'app' }))
  assert.equal(said(ids[1]), ids[1])
})
