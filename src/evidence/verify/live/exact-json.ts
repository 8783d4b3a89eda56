// JSON as PostgreSQL keeps it, where numbers have as many digits as somebody wrote. JavaScript reads the nearest double in their
// place: what was hashed was one, so whatever is not exactly one was written by somebody else.

/** Fewer than 16 digits always come back as they were written. */
const MAY_BE_LONG = /[\d.]{16}/
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g

/** Undefined where a number in it is not one that a double holds: then nothing that was hashed says this. */
export function exactJson(text: string): { readonly value: unknown } | undefined {
  if (MAY_BE_LONG.test(text))
    for (const [token] of text.matchAll(STRING_OR_NUMBER))
      if (!token.startsWith('"') && spelled(token) !== spelled(String(Number(token)))) return undefined
  return { value: JSON.parse(text) }
}

/** One spelling of each number: sign, digits without zeros at either end, exponent. */
function spelled(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  // Infinity, which a long number may be read as, has no digits
  if (significant === '') return whole === '' ? number : '0'
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}
