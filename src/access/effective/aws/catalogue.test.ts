import assert from 'node:assert/strict'
import { test } from 'node:test'
import { awsActionsOf } from '#kernel'
import { TECHNIQUES } from './techniques/techniques.ts'

test('every action of every technique is one that AWS has, spelled as AWS spells it', () => {
  for (const [action] of TECHNIQUES.flatMap(({ steps }) => steps)) {
    const [service = '', name = ''] = action.split(':')
    assert.equal(awsActionsOf(service)?.get(name.toLowerCase())?.name, name, action)
  }
})

test('techniques have distinct ids that name their first action or the pass', () => {
  const ids = TECHNIQUES.map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids)
    assert.match(id, /^aws:[a-z0-9-]+:[A-Z][A-Za-z]+(?:\+[a-z0-9-]+:[A-Z][A-Za-z]+)?(?:\+[A-Z][A-Za-z]+)*$/)
})
