// LDIF (RFC 2849): content records as attribute lists, with the line of each record.

export interface LdifEntry {
  readonly dn: string
  /** 1-based */
  readonly startLine: number
  readonly endLine: number
  /** Attribute names in lower case without options; values decoded; `:<` references are left out, never followed. */
  readonly attributes: ReadonlyMap<string, readonly string[]>
}

export interface LdifProblem {
  readonly line: number
  readonly message: string
}

interface LogicalLine {
  text: string
  readonly line: number
  last: number
}

/** Yields entries in order; a record that cannot be read is a problem and the next one is read. */
export function* readLdif(text: string): Generator<LdifEntry | LdifProblem> {
  let record: LogicalLine[] = []
  for (const logical of logicalLines(text)) {
    if (logical.text !== '') {
      record.push(logical)
      continue
    }
    if (record.length > 0) yield* entryOf(record)
    record = []
  }
  if (record.length > 0) yield* entryOf(record)
}

/** Unfolds continuation lines and drops comments; an empty text ends a record. */
function* logicalLines(text: string): Generator<LogicalLine> {
  let current: LogicalLine | undefined
  let comment = false
  let number = 0
  for (const raw of text.split('\n')) {
    number += 1
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line.startsWith(' ') && line.length > 1) {
      if (current !== undefined && !comment) {
        current.text += line.slice(1)
        current.last = number
      }
      continue
    }
    if (current !== undefined) yield current
    current = undefined
    comment = line.startsWith('#')
    if (!comment) current = { text: line.trim() === '' ? '' : line, line: number, last: number }
  }
  if (current !== undefined) yield current
  yield { text: '', line: number, last: number }
}

function* entryOf(record: readonly LogicalLine[]): Generator<LdifEntry | LdifProblem> {
  const [first, ...rest] = /^version:/i.test(record[0]?.text ?? '') ? record.slice(1) : record
  if (first === undefined) return
  const head = attributeOf(first.text)
  if (head?.name !== 'dn' || head.value === undefined) {
    yield { line: first.line, message: 'an LDIF record does not start with `dn:`; it was left out' }
    return
  }
  const attributes = new Map<string, string[]>()
  let bad: number | undefined
  for (const { text, line } of rest) {
    const attribute = attributeOf(text)
    // `-` ends one modification of a change record
    if (attribute === undefined) bad ??= text === '-' ? undefined : line
    else if (attribute.value !== undefined) {
      const values = attributes.get(attribute.name)
      if (values === undefined) attributes.set(attribute.name, [attribute.value])
      else values.push(attribute.value)
    }
  }
  if (bad !== undefined)
    yield { line: bad, message: 'a line is not `attribute: value`; the rest of its record was read' }
  const change = attributes.get('changetype')?.[0]?.toLowerCase()
  if (change !== undefined && change !== 'add') return
  yield { dn: head.value, startLine: first.line, endLine: record.at(-1)?.last ?? first.line, attributes }
}

function attributeOf(line: string): { readonly name: string; readonly value: string | undefined } | undefined {
  const colon = line.indexOf(':')
  if (colon <= 0) return undefined
  const name = (line.slice(0, colon).split(';')[0] ?? '').toLowerCase()
  const rest = line.slice(colon + 1)
  if (rest.startsWith('<')) return { name, value: undefined }
  if (rest.startsWith(':')) return { name, value: Buffer.from(rest.slice(1).trim(), 'base64').toString('utf8') }
  return { name, value: rest.trim() }
}
