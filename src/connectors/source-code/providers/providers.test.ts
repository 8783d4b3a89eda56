import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { untrustedFile } from '../../input/untrusted-file.ts'
import { PROVIDER_RULES, providerToken } from '../provider-token.ts'
import { sourceText } from '../source-text.ts'
import { crc32Base62 as checksumOf } from '#kernel'
import { crc32Base62 } from './checksum.ts'
import { NAMED_RULES } from './named.ts'

const textOf = (text: string) => sourceText(untrustedFile({ path: 'a.txt', origin: 'tree' }, Buffer.from(text)))

test('at least 120 token formats of providers are known, each with a stable id', () => {
  const ids = new Set([...PROVIDER_RULES, ...NAMED_RULES].map(({ id }) => id))
  assert.ok(ids.size >= 120, `${ids.size}`)
  for (const id of ids) assert.match(id, /^[a-z0-9]+(?:-[a-z0-9]+)*$/)
})

test('no pattern repeats a repetition, so that none can be made slow', () => {
  for (const { id, pattern } of PROVIDER_RULES) {
    assert.doesNotMatch(pattern.source, /[+*}]\)[+*]|[+*}]\)\{\d*,\d*\}(?!\?)[+*]/, id)
    assert.doesNotMatch(pattern.source, /[^\\][+*](?![^[]*\])/, `${id} has a repetition without a limit`)
    assert.ok(pattern.sticky, id)
  }
})

test('every rule recognises tokens of its own format where they stand in a text', () => {
  for (const rule of PROVIDER_RULES) {
    const source = rule.pattern.source.replace(/\(\?!\[[^\]]*\]\)/g, '')
    let tried = 0
    let recognised = 0
    for (const token of fc.sample(fc.stringMatching(new RegExp(`^${source}$`)), { numRuns: 40, seed: 7 })) {
      // samples are drawn to be nasty: runs of dots and the like are held to be masks
      if (/\.{3}|_{3}|-{3}|0{6}|(.)\1{5}/.test(token)) continue
      tried += 1
      const text = `x = "${token}"\n`
      const at = text.indexOf(rule.keyword)
      for (let from = at; from !== -1 && from < text.length; from = text.indexOf(rule.keyword, from + 1)) {
        if (providerToken(textOf(text), from, rule) === undefined) continue
        recognised += 1
        break
      }
    }
    assert.ok(recognised >= Math.min(2, tried / 5), `${rule.id}: ${recognised} of ${tried}`)
  }
})

test('a checksum that does not hold lowers the confidence and does not discard', () => {
  const rule = PROVIDER_RULES.find(({ id }) => id === 'github-pat')
  assert.ok(rule)
  const body = 'Qm4zT8vK1xLw7RbN5cHd2YfJ9gPs0A'
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const tails = digits.split('').map((digit) => `${body}00000${digit}`)
  assert.equal(tails.filter((tail) => crc32Base62('ghp_')(`ghp_${tail}`) > 1).length <= 1, true)
  const confidence = providerToken(textOf(`t = "ghp_${body}000000"`), 5, rule)?.confidence ?? 0
  assert.ok(confidence >= 0.5 && confidence < 0.9, `${confidence}`)
})

test('examples of documents are no tokens', () => {
  for (const example of [
    'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    'ghp_123456789012345678901234567890123456',
    'AIzaSyXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX',
  ]) {
    for (const rule of PROVIDER_RULES) {
      const at = example.indexOf(rule.keyword)
      if (at !== -1) assert.equal(providerToken(textOf(example), at, rule), undefined, `${rule.id} ${example}`)
    }
  }
})

test('a token of Reeve itself is found in code, and a made-up one is less likely', () => {
  const rule = PROVIDER_RULES.find(({ id }) => id === 'reeve-client-token')
  assert.ok(rule)
  const random = 'Qm4zT8vK1xLw7RbN5cHd2YfJ9gPs0A'
  const confidenceOf = (token: string): number =>
    providerToken(textOf(`REEVE_TOKEN=${token}\n`), 'REEVE_TOKEN='.length, rule)?.confidence ?? 0
  const real = confidenceOf(`reeve_c_${random}${checksumOf(random)}`)
  assert.ok(real > 0.9, `${real}`)
  assert.ok(confidenceOf(`reeve_c_${random}zzzzzz`) < real)
})
