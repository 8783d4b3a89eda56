// What a target or another stranger said, as it is kept: bounded, and without control characters.

const WORDS_MAX = 500

export const plainWords = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, ' ')
    .slice(0, WORDS_MAX)
