// Names as words. `payments-prod`, `PaymentsProd` and `payments_prod` have the word `prod`; `product` has not.

/** Lower-case words between separators, changes of case and digits' edges; `pre-prod` and `non-prod` are one word. */
export function wordsOfName(name: string): string[] {
  const words = name
    .slice(0, 512)
    .replaceAll(/(\p{Ll}|\p{N})(?=\p{Lu})/gu, '$1 ')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
  const joined: string[] = []
  for (const word of words) {
    const before = joined.at(-1)
    if (before !== undefined && PREFIXES.has(before) && /^prod(?:uction)?$|^prd$/.test(word))
      joined.splice(-1, 1, `${before}${word}`)
    else joined.push(word)
  }
  return joined
}

const PREFIXES: ReadonlySet<string> = new Set(['pre', 'non', 'no', 'not', 'post'])
