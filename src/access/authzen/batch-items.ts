// The items of a batch as they are spelled, so that those that were asked lately need not be read again. JSON, RFC 8259.

const BEGIN = /^[ \t\n\r]*\{[ \t\n\r]*"evaluations"[ \t\n\r]*:[ \t\n\r]*\[[ \t\n\r]*(?=\{)/
const BETWEEN = /[ \t\n\r]*,[ \t\n\r]*(?=\{)/y
const END = /[ \t\n\r]*\][ \t\n\r]*\}[ \t\n\r]*$/y
const [QUOTE, COMMA, BACKSLASH, OPEN, CLOSE] = [34, 44, 92, 123, 125]

/**
 * Of an object that holds a list of objects as `evaluations` and nothing else; at most so many, else `undefined`. Where each of them
 * is JSON, the whole is.
 */
export function itemsIn(text: string, max: number): string[] | undefined {
  let at = BEGIN.exec(text)?.[0].length ?? -1
  const items: string[] = []
  while (at !== -1) {
    const end = objectEnd(text, at)
    if (end === -1 || items.length === max) return undefined
    items.push(text.slice(at, end))
    at = nextItem(text, end)
    if (at === -1 && isAt(END, text, end)) return items
  }
  return undefined
}

function nextItem(text: string, at: number): number {
  // nearly always
  if (text.charCodeAt(at) === COMMA && text.charCodeAt(at + 1) === OPEN) return at + 1
  return isAt(BETWEEN, text, at) ? BETWEEN.lastIndex : -1
}

function isAt(sticky: RegExp, text: string, at: number): boolean {
  sticky.lastIndex = at
  return sticky.test(text)
}

/** After the brace that closes the one at `at`; -1 where there is none. */
function objectEnd(text: string, at: number): number {
  let depth = 0
  for (let place = at; place < text.length; place++) {
    const code = text.charCodeAt(place)
    if (code === QUOTE) {
      place = textEnd(text, place + 1)
      if (place === -1) return -1
    } else if (code === OPEN) depth++
    else if (code === CLOSE && --depth === 0) return place + 1
  }
  return -1
}

function textEnd(text: string, from: number): number {
  for (let place = from; place < text.length; place++) {
    const code = text.charCodeAt(place)
    if (code === QUOTE) return place
    if (code === BACKSLASH) place++
  }
  return -1
}
