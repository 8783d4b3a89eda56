import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { keywordAutomaton } from './keyword-automaton.ts'

const occurrences = (words: readonly string[], text: string): string[] => {
  const found: string[] = []
  keywordAutomaton(words).scan(Buffer.from(text, 'latin1'), (word, end) => found.push(`${words[word] ?? ''}@${end}`))
  return found.sort()
}

test('every occurrence is found, also inside and across others, whatever the case', () => {
  assert.deepEqual(occurrences(['he', 'she', 'his', 'hers'], 'uSHErs'), ['he@4', 'hers@6', 'she@4'])
  assert.deepEqual(occurrences(['aa'], 'aaaa'), ['aa@2', 'aa@3', 'aa@4'])
  assert.deepEqual(occurrences(['-----begin'], 'x-----BEGIN'), ['-----begin@11'])
})

test('it finds what a naive search finds', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-'), minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(
      fc.uniqueArray(word, { minLength: 1, maxLength: 8 }),
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-', 'A', 'x') }),
      (words, text) => {
        const naive = words.flatMap((each) =>
          Array.from({ length: text.length + 1 }, (_, end) => end)
            .filter((end) => end >= each.length && text.slice(end - each.length, end).toLowerCase() === each)
            .map((end) => `${each}@${end}`),
        )
        assert.deepEqual(occurrences(words, text), naive.sort())
      },
    ),
  )
})
