import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deriveId, isId, newId } from './id.ts'

void test('what an id was derived to be once it is for ever', () => {
  assert.equal(deriveId('principal', 'a', 'b'), 'prn_w2geddyscdapr92y2zm3xpp9ka')
  assert.equal(deriveId('entitlement', 'x'), 'ent_qtrr0xgtshhb3vkqpy7shwtkxk')
})

void test('no new id is another, and each is spelled as one', () => {
  const ids = new Set(Array.from({ length: 5000 }, () => newId('decision')))
  assert.equal(ids.size, 5000)
  for (const id of ids) assert.ok(isId('decision', id), id)
})
