import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { didYouMean } from './did-you-mean.ts'
import { fit, padEnd, painter, plain, widthOf, wrap } from './text.ts'

test('nothing that comes out of plain can steer a terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      // eslint-disable-next-line no-control-regex -- exactly these must not be there
      assert.doesNotMatch(plain(text), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    }),
  )
  assert.equal(plain('a\u001b[31mb\r\nc'), 'a\ufffd[31mb c')
  assert.equal(plain('payments-api ü 漢字'), 'payments-api ü 漢字')
})

test('fitting keeps to the width, at either end, also with wide characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, width) => {
      assert.ok(widthOf(fit(text, width)) <= width)
      assert.ok(widthOf(fit(text, width, 'end')) <= width)
    }),
  )
  assert.equal(fit('abcdef', 4), 'abc…')
  assert.equal(fit('a/b/c/file.ts', 8, 'end'), '…file.ts')
  assert.equal(fit('漢字漢字', 5), '漢字…')
  assert.equal(padEnd('漢字', 5), '漢字 ')
})

test('wrapping loses no word', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^\S+$/)), fc.integer({ min: 1, max: 60 }), (words, width) => {
      assert.deepEqual(wrap(words.join(' '), width).join(' '), words.join(' '))
    }),
  )
})

test('no colour is no change', () => {
  assert.equal(painter(false)('red', 'x'), 'x')
  assert.notEqual(painter(true)('red', 'x'), 'x')
})

test('a mistyped word is met with the one that was meant, and a strange one with none', () => {
  assert.equal(didYouMean('owner-mising', ['owner-missing', 'owner-left']), '; did you mean `owner-missing`?')
  assert.equal(didYouMean('kube', ['kubernetes', 'aws']), '; did you mean `kubernetes`?')
  assert.equal(didYouMean('zzzzzz', ['kubernetes', 'aws']), '')
})
