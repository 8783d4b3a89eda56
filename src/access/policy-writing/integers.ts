// Integers beyond 53 bits in the text of policies. Cedar's JSON form would round them silently, which can turn a deny into
// an allow, so they are refused where they stand.

/** Strings, comments and names are stepped over. */
const TOKEN = /"(?:[^"\\]|\\[\s\S])*"|\/\/[^\n]*|[A-Za-z_][A-Za-z0-9_]*|([0-9]+)/g

/** Places in the text, in characters. */
export function unsafeIntegers(text: string): number[] {
  const places: number[] = []
  for (const { 1: digits, index } of text.matchAll(TOKEN)) {
    if (digits !== undefined && !Number.isSafeInteger(Number(digits))) places.push(index)
  }
  return places
}
