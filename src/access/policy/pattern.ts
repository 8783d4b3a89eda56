// The small parts of a policy's JSON form: patterns of `like`, and paths of attributes.
import { Fault } from '#kernel'
import { isObject, type Json } from './read-value.ts'

/** The literal pieces between wildcards; one piece means that there is no wildcard. */
export class Pattern {
  readonly pieces: readonly string[]

  constructor(pieces: readonly string[]) {
    this.pieces = pieces
  }

  matches(text: string): boolean {
    const { pieces } = this
    const first = pieces[0] ?? ''
    if (pieces.length === 1) return text === first
    const last = pieces.at(-1) ?? ''
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
    // each piece as far left as it goes: nothing is ever tried again, so the cost is linear in pieces times text
    let from = first.length
    const end = text.length - last.length
    for (let place = 1; place < pieces.length - 1; place++) {
      const piece = pieces[place] ?? ''
      const found = text.indexOf(piece, from)
      if (found === -1 || found + piece.length > end) return false
      from = found + piece.length
    }
    return true
  }
}

const refuse = (why: string): never => {
  throw new Fault('unprocessable', why)
}

export function patternOf(json: Json): Pattern {
  if (!Array.isArray(json)) return refuse('the pattern of `like` is a list')
  const pieces = ['']
  for (const element of json as readonly Json[]) {
    if (element === 'Wildcard') pieces.push('')
    else if (isObject(element) && typeof element['Literal'] === 'string') {
      pieces[pieces.length - 1] += element['Literal']
    } else return refuse('a pattern of `like` holds wildcards and literals')
  }
  return new Pattern(pieces)
}

/** One name, or the names of `has a.b.c`, in the form that V8 compares by address. */
export function pathOf(json: Json): readonly string[] {
  const names: readonly Json[] = Array.isArray(json) ? json : [json]
  if (names.length === 0) return refuse('an attribute has a name')
  return names.map((name) => (typeof name === 'string' ? interned(name) : refuse('an attribute has a name')))
}

const interned = (name: string): string => Object.keys({ [name]: 0 })[0] ?? name
