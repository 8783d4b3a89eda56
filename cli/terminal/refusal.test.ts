import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiFault } from '#client'
import { Fault } from '#kernel'
import { actionText } from '../words.ts'
import { faultInWords } from './refusal.ts'

const refused = (status: number, detail: string, errors?: readonly object[]): ApiFault =>
  new ApiFault(new Response(null, { status }), { type: 'urn:reeve:problem:invalid', detail, errors })

test('what a server refuses is said in words of the command line, each part once', () => {
  assert.match(
    faultInWords(refused(401, 'send `Authorization: Bearer …`')).join(),
    /^the server knows no such token.*reeve login/,
  )
  const wrong = { pointer: 'params:tokenId', detail: 'Invalid input' }
  assert.deepEqual(
    faultInWords(
      refused(400, 'see `errors`', [wrong, wrong, { pointer: '/administrators/0/feedId', detail: 'is empty' }]),
    ),
    [
      'the server cannot take this:',
      '  token id: does not have the form that it needs',
      '  administrators 0 feed id: is empty',
    ],
  )
  assert.deepEqual(faultInWords(refused(422, 'quarantine it first; or say `emergency`')), [
    'quarantine it first; or say --emergency',
  ])
  assert.deepEqual(faultInWords(refused(404, 'no `svc-x` here')), ['no `svc-x` here'], 'what was given stays as it was')
  assert.deepEqual(faultInWords(new Fault('usage', 'say `emergency`')), ['say `emergency`'])
  assert.deepEqual(['classifyPrincipal', 'setPurpose'].map(actionText), ['classify', 'set purpose'])
})
