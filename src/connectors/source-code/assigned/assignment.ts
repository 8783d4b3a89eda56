// Finds the value that a name is given, in the ways in which languages and formats write that.
import type { FileKind } from '../file-kind.ts'
import { beforeOnLine } from '../source-text.ts'
import type { NameAt } from './name-at.ts'
import { readBare, readInside, readQuoted } from './read-value.ts'
import { at, withWay } from './way.ts'
import type { Assigned, Way } from './way.ts'
import { viaBlock, viaCall, viaMarkup, viaNamedValue, viaSpace, viaTyping } from './without-operator.ts'

/** A quote right before the name, or one around a selector or a form field: `'#password'`, `"user[password]"`. */
const QUOTED_BEFORE = /["'`]-{0,2}$|["'`][#.@:]$|\[(?:name|id)=["']?$|["'][\w-]{1,30}\[$/
const CLOSING = /\]?\\{0,3}["'`]?\]?\)?/y
const OPERATOR =
  /\s{0,40}(?:(\[\d{0,6}\]\s{0,8}=|:=|->|\?=|\+=|\|\|=|\?\?=|<-|=>|=(?![=~>]))|(===?|!==?|\.equals\(|\.eq\()|(\|\||\?\?|\bor\b)|(:(?!:)))[ \t]{0,40}/y
const TYPED =
  /[ \t]{0,8}(?::[ \t]{0,8})?(?:&?'?(?:const|static|mut|final|readonly|volatile) )?(?:\[u8;\s?\d{1,4}\]|[\w.:<>[\]|?*&']{1,40})(?: ?\| ?[\w.[\]]{1,30})?[ \t]{0,8}:?=[ \t]{0,8}(?=[rbuf@$L&*]{0,2}["'`]|new |String|Secret)/y
const GIVEN = /\s{0,8}=\s{0,8}["']/y
const PROPERTY = /\s{0,8}\{[^{}"'\n]{0,60}\}\s{0,8}=\s{0,8}(?=@?")/y
const COMMENT_LINE = /^\s{0,200}(?:\/\/|#(?!define)|\*|--(?!\w)|;|%|<!--|REM |\/\*|dnl )/

export function assignedAt(text: string, name: NameAt, kind: FileKind): Assigned | undefined {
  // `Module::Pass` names a module, unless a setting of it is assigned: `App::Application.config.secret_key_base = '…'`
  if (text.charCodeAt(name.start - 1) === 58 && text.charCodeAt(name.start - 2) === 58 && !at(GIVEN, text, name.end))
    return undefined
  // parts of an ARN or of another name with colons
  if (text.charCodeAt(name.start - 1) === 58 && text.charCodeAt(name.end) === 58) return undefined
  const quotedName = QUOTED_BEFORE.test(text.slice(Math.max(0, name.start - 36), name.start))
  CLOSING.lastIndex = name.end
  CLOSING.exec(text)
  const after = CLOSING.lastIndex
  const next = text.charCodeAt(after)
  // nearly every name ends here: what follows gives it nothing
  if (next === 46 || next === 59 || next === 47 || next === 41 || next === 93)
    return quotedName ? viaTyping(text, after) : undefined
  const block = viaBlock(text, name)
  if (block !== undefined) return block
  return (
    viaOperator(text, name, after, kind) ??
    viaMarkup(text, name, after, quotedName, kind) ??
    viaCall(text, name, after, quotedName) ??
    viaNamedValue(text, name, after, quotedName, kind) ??
    viaSpace(text, name, after, kind)
  )
}

function viaOperator(text: string, name: NameAt, after: number, kind: FileKind): Assigned | undefined {
  const operator = at(OPERATOR, text, after)
  if (operator === null) return kind.syntax === 'code' ? viaType(text, after) : undefined
  const from = OPERATOR.lastIndex
  const [, , comparison, fallback, colon] = operator
  const way: Way = comparison === undefined ? 'assign' : 'compare'
  const newline = /^\\?\r?\n/.test(text.slice(from, from + 3))
  const quoted = readQuoted(text, newline ? skipBreak(text, from) : from)
  if (quoted !== undefined) return newline && kind.syntax !== 'code' ? undefined : withWay(quoted, way)
  if (newline || fallback !== undefined || comparison !== undefined) return undefined
  const typed = colon === undefined ? undefined : at(TYPED, text, after)
  if (typed != null) return withWay(readQuoted(text, TYPED.lastIndex), 'typed')
  return bareValue(text, name, from, kind, colon !== undefined)
}

function viaType(text: string, after: number): Assigned | undefined {
  if (at(TYPED, text, after) !== null) return withWay(readQuoted(text, TYPED.lastIndex), 'typed')
  if (at(PROPERTY, text, after) !== null) return withWay(readQuoted(text, PROPERTY.lastIndex), 'typed')
  return undefined
}

function skipBreak(text: string, from: number): number {
  let at2 = from
  const ceiling = Math.min(text.length, from + 200)
  while (at2 < ceiling && /[\s\\]/.test(text.charAt(at2))) at2 += 1
  return at2
}

function bareValue(text: string, name: NameAt, from: number, kind: FileKind, colon: boolean): Assigned | undefined {
  const before = text.charAt(name.start - 1)
  if (before === '&' || before === '?' || (before === ';' && text.charAt(name.start - 2) !== ' ')) {
    return withWay(readInside(text, from), 'query')
  }
  // a template's field, a call's bracket or a variable's sigil opens no secret
  if (/[{[(<$%]/.test(text.charAt(from))) return undefined
  const own = /["'`]/.test(before) && before === text.charAt(name.end) ? 1 : 0
  if (kind.syntax === 'code' && (own === 1 || !mayStandBare(text, from, colon))) return undefined
  const prefix = beforeOnLine(text, name.start - own, 400)
  if (kind.syntax === 'code' || kind.syntax === 'markup') {
    if (COMMENT_LINE.test(prefix)) return withWay(readBare(text, from, 'prose', false), 'prose')
    if (own === 1 || !insideString(prefix)) return undefined
    return withWay(readInside(text, from), colon ? 'prose' : 'query')
  }
  if (/\bset\s+\/p\s+$/i.test(prefix)) return undefined
  const inString = insideString(prefix)
  const nested = inString || /[{[(,;]\s{0,8}["']?$/.test(prefix)
  if (kind.syntax === 'prose' || (kind.syntax === 'unknown' && !/^[\s#*>-]*(?:export |set |-D)?["']?$/.test(prefix))) {
    return withWay(readBare(text, from, 'prose', false), 'prose')
  }
  const flow =
    nested ||
    (!colon &&
      /\S\s+$/.test(prefix.replace(/^\s*(?:export|set|setx|local|readonly|declare(?: -\w+)?|ENV|ARG|-e|--env)\s/i, '')))
  return withWay(readBare(text, from, kind.syntax, flow), inString ? 'query' : 'assign')
}

/** In code most names that a value follows without quotes are fields and variables: cheaply told before more is asked. */
function mayStandBare(text: string, from: number, colon: boolean): boolean {
  const read = readInside(text, from)
  return read !== undefined && read.value.length > 2 && (!colon || /\d/.test(read.value))
}

/** Whether an odd quote is open at the end of `prefix`, which starts at a line's start. */
function insideString(prefix: string): boolean {
  let open = 0
  for (let i = 0; i < prefix.length; i++) {
    const code = prefix.charCodeAt(i)
    if (code === 92) i += 1
    else if (open === 0 && (code === 34 || code === 39 || code === 96)) open = code
    else if (code === open) open = 0
  }
  return open !== 0
}
