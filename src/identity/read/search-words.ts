// From what a person types to a query of PostgreSQL's full text search. SECURITY: only letters and digits get there, so
// that no operator of the query language can be smuggled in.
import { Fault } from '#kernel'

const WORDS_MAX = 10
const CHARACTERS_MAX = 200
const WORD = /[\p{L}\p{N}\p{M}]+/gu

/** Each once, in lower case. Throws Fault('invalid') where there is no word, or too much of it. */
export function wordsOf(text: string): string[] {
  if (text.length > CHARACTERS_MAX) throw new Fault('invalid', `\`q\` has at most ${CHARACTERS_MAX} characters`)
  const words = [...new Set(text.normalize('NFKC').toLowerCase().match(WORD))]
  if (words.length === 0) throw new Fault('invalid', '`q` must hold a word of letters or digits')
  if (words.length > WORDS_MAX) throw new Fault('invalid', `\`q\` has at most ${WORDS_MAX} words`)
  return words
}

/** Every word must begin a word of the record. Throws Fault('invalid') as `wordsOf`. */
export const prefixQuery = (text: string): string =>
  wordsOf(text)
    .map((word) => `${word}:*`)
    .join(' & ')
