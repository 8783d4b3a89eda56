// The identifier, key or flag around an anchor word.

export interface NameAt {
  readonly name: string
  readonly start: number
  readonly end: number
}

const NAME_HALF_MAX = 80

/** Letters, digits, `_`, `$`, `.`, `-` and what is not ASCII. */
const IN_NAME = new Uint8Array(256)
for (let code = 0; code < 256; code++) {
  const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
  IN_NAME[code] = letter || (code >= 48 && code <= 57) || code >= 128 || [95, 36, 46, 45].includes(code) ? 1 : 0
}

/** `undefined` when the anchor stands in a run too long to be a name. */
export function nameAt(text: string, anchorStart: number, anchorEnd: number): NameAt | undefined {
  let start = anchorStart
  const floor = Math.max(0, anchorStart - NAME_HALF_MAX)
  while (start > floor && IN_NAME[text.charCodeAt(start - 1)] === 1) start -= 1
  if (start === floor && floor > 0) return undefined
  let end = anchorEnd
  const ceiling = Math.min(text.length, anchorEnd + NAME_HALF_MAX)
  while (end < ceiling && IN_NAME[text.charCodeAt(end)] === 1) end += 1
  if (end === ceiling && end < text.length) return undefined
  // escapes in front (`\npassword`), dots and dashes at the edges do not belong to it
  if (text.charCodeAt(start - 1) === 92 && /[nrt]/.test(text.charAt(start))) start += 1
  while (start < anchorStart && (text.charCodeAt(start) === 45 || text.charCodeAt(start) === 46)) start += 1
  while (end > anchorEnd && (text.charCodeAt(end - 1) === 45 || text.charCodeAt(end - 1) === 46)) end -= 1
  return { name: text.slice(start, end), start, end }
}
