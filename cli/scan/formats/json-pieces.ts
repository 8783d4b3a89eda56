// JSON in pieces, so that a large report never stands in memory as one string.

/**
 * The same characters as `JSON.stringify(value, null, 2)`. Containers of the first `depth` levels are written member by
 * member; there an array may be any iterable, so that its members need not all exist at once.
 */
export function* jsonPieces(value: unknown, depth = 4, margin = ''): Generator<string> {
  if (depth === 0 || typeof value !== 'object' || value === null) {
    yield (JSON.stringify(value, null, 2) ?? 'null').replaceAll('\n', `\n${margin}`)
    return
  }
  const inner = `${margin}  `
  let opened = false
  const isList = Symbol.iterator in value
  const [open, close] = isList ? '[]' : '{}'
  const members = isList ? listMembers(value as Iterable<unknown>) : Object.entries(value)
  for (const [key, member] of members) {
    if (member === undefined && !isList) continue
    yield `${opened ? ',' : open}\n${inner}${isList ? '' : `${JSON.stringify(key)}: `}`
    opened = true
    yield* jsonPieces(member, depth - 1, inner)
  }
  yield opened ? `\n${margin}${close}` : `${open}${close}`
}

function* listMembers(list: Iterable<unknown>): Generator<readonly [string, unknown]> {
  for (const member of list) yield ['', member]
}
