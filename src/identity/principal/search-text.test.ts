import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ref } from '#kernel'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { SEARCH_TEXT_MAX, withSearchText } from './search-text.ts'

const searchTextOf = (more: Partial<PrincipalRecord>): string => {
  const bare = { name: '', externalId: '', refs: [], labels: {} } as Partial<PrincipalRecord> as PrincipalRecord
  return withSearchText({ ...bare, ...more }).searchText
}

test('a word inside an identifier is found, and so is the identifier as it is written', () => {
  const words = searchTextOf({ name: 'x', externalId: 'arn:aws:iam::1:role/PaymentsDeploy' }).split(' ')
  for (const word of ['payments', 'deploy', 'paymentsdeploy', 'arn', '1']) assert.ok(words.includes(word), word)
  assert.deepEqual(searchTextOf({ name: 'HTTPServer_prod' }).split(' '), ['httpserver', 'http', 'server', 'prod'])
})

test('purpose, labels and every identifier are searched, each word once, in one spelling of Unicode', () => {
  const purpose = { value: 'Takes ＰＡＹＭＥＮＴＳ', from: 'stated', reason: '' } as const
  const words = searchTextOf({ name: 'api', purpose, refs: [ref('aws', 'Api')], labels: { team: 'Größe' } }).split(' ')
  assert.deepEqual(words, ['api', 'takes', 'payments', 'aws', 'team', 'größe'])
})

test('the text is bounded, also for a name of a megabyte, and is never broken inside a word', () => {
  assert.ok(searchTextOf({ name: 'x'.repeat(1_000_000) }).length <= 200)
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`label${at}`, 'Value']))
  const text = searchTextOf({ labels: many })
  assert.ok(text.length <= SEARCH_TEXT_MAX && text.length > SEARCH_TEXT_MAX - 20)
  assert.match(text, /label\d+$/)
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'grapheme' }), (name, value) => {
      const found = searchTextOf({ name, labels: { value } })
      assert.ok(found.length <= SEARCH_TEXT_MAX && found.isWellFormed() && !found.includes('\0'))
    }),
  )
})
