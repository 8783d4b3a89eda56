// Finds the value that a name is given, in the ways in which languages and formats write that.
import type { FileKind } from '../file-kind.ts'
import { lineStart } from '../source-text.ts'
import type { NameAt } from './name-at.ts'
import { readBare, readInside, readQuoted, readWord } from './read-value.ts'
import type { ReadValue } from './read-value.ts'

/** How the value follows: it decides how much the name's word counts. */
export type Way = 'assign' | 'compare' | 'call' | 'pair' | 'element' | 'flag' | 'space' | 'query' | 'prose' | 'typed'

export interface Assigned extends ReadValue {
  readonly way: Way
}

/** A quote right before the name, or one around a selector or a form field: `'#password'`, `"user[password]"`. */
const QUOTED_BEFORE = /["'`]$|["'`][#.@:]$|\[(?:name|id)=["']?$|["'][\w-]{1,30}\[$/
const CLOSING = /\]?\\{0,3}["'`]?\]?\)?/y
const OPERATOR =
  /\s{0,40}(?:(\[\d{0,6}\]\s{0,8}=|:=|->|\?=|\+=|\|\|=|\?\?=|<-|=>|=(?![=~>]))|(===?|!==?|\.equals\(|\.eq\()|(\|\||\?\?|\bor\b)|(:(?!:)))[ \t]{0,40}/y
const TYPED =
  /[ \t]{0,8}(?::[ \t]{0,8})?(?:&?'?(?:const|static|mut|final|readonly|volatile) )?[\w.:<>[\]|?*&']{1,40}(?: ?\| ?[\w.[\]]{1,30})?[ \t]{0,8}:?=[ \t]{0,8}(?=[rbuf@$L&]{0,2}["'`]|new |String|Secret)/y
const PROPERTY = /\s{0,8}\{[^{}"'\n]{0,60}\}\s{0,8}=\s{0,8}(?=@?")/y
const CALL = /\s?[({]\s{0,4}(?=[rbuf@$L]{0,2}["'`])/y
const PAIR =
  /(?:\s{0,8},|\s{1,4}to(?=\s))\s{0,40}(?:(?:with|value|to|val|as)\s{0,2}(?::|=>|=)\s{0,4})?(?=[rbuf@$L]{0,2}\\{0,3}["'`]|String|new )/y
const TYPED_IN =
  /["'`)\]\s]{0,6}\.(?:type|fill|send_?keys|clear_and_type|val|value|setValue|set|setText|enterText|input|paste|typeText|sendKeys)\(\s{0,4}(?=["'`])/iy
const ATTRIBUTE =
  /\s{1,40}(?:[\w:.-]{1,40}\s?=\s?["'][^"'<>]{0,100}["']\s{1,20}){0,3}(?:value|Value|VALUE|content|default)\s?=\s?(?=["'])/y
const ELEMENT =
  /(?:\s[^<>]{0,200})?>\s{0,40}(?:<(?:value|string|stringProp[^>]{0,60})>\s{0,8})?(?:<!\[CDATA\[)?([^<>\n]{1,512})(?:\]\]>)?\s{0,40}<\//y
const PLIST = /<\/key>\s{0,40}<string>([^<>\n]{1,512})<\/string>/y
const NAMED_VALUE =
  /["']?\s{0,8}[,;]?\s{0,80}(?:-\s{1,4})?["']?(?:\w{0,20}[vV]alue|VALUE|default|content|text|secret)["']?\s{0,8}(?:=>|[:=])\s{0,8}/y
const NAME_KEY =
  /(?:name|key|variable|field|var|label|id|param|property|option|setting|attribute)["']?\s{0,4}(?:=>|[:=])\s{0,4}["']?$/i
const DEFAULT = /\bdefault(?:_?[vV]alue)?["']?\s{0,4}(?:=>|[:=,(])\s{0,4}(?=["'])/
const DECLARES =
  /(?:variable\s{1,4}|(?:add_argument|add_option|option|Option|argument|StringVar\w?|String\w?|define\w*|envvar)\(\s{0,4}(?:[&\w.]{1,40},\s{0,4})?)["'](?:-{0,2})$/
/** Functions to which the name is one of the arguments and what it is held against, or set to, the next. */
const COMPARES =
  /(?:strn?(?:case)?cmp|equals?|compare\w*|setopt|set_option|hash_equals|memcmp|assert_?equals?|assertEqual)\s?\((?:[^()\n]{1,30},\s?)?[*&$]?$/i
const SPACED = /[ \t]{1,40}(?=[^\s=:,;(){}[\]])/y
const COMMENT_LINE = /^\s{0,200}(?:\/\/|#(?!define)|\*|--(?!\w)|;|%|<!--|REM |\/\*|dnl )/

export function assignedAt(text: string, name: NameAt, kind: FileKind): Assigned | undefined {
  // `Module::Pass` names a module
  if (text.charCodeAt(name.start - 1) === 58 && text.charCodeAt(name.start - 2) === 58) return undefined
  const quotedName = QUOTED_BEFORE.test(text.slice(Math.max(0, name.start - 36), name.start))
  CLOSING.lastIndex = name.end
  CLOSING.exec(text)
  const after = CLOSING.lastIndex
  const next = text.charCodeAt(after)
  // nearly every name ends here: what follows gives it nothing
  if (next === 46 || next === 59 || next === 47 || next === 41 || next === 93)
    return quotedName ? viaTyping(text, after) : undefined
  return (
    viaOperator(text, name, after, kind) ??
    viaMarkup(text, name, after, quotedName, kind) ??
    viaCall(text, name, after, quotedName) ??
    viaNamedValue(text, name, after, quotedName, kind) ??
    viaSpace(text, name, after, kind)
  )
}

const at = (pattern: RegExp, text: string, from: number): RegExpExecArray | null => {
  pattern.lastIndex = from
  return pattern.exec(text)
}

const withWay = (read: ReadValue | undefined, way: Way): Assigned | undefined =>
  read === undefined ? undefined : { ...read, way }

function viaTyping(text: string, after: number): Assigned | undefined {
  return at(TYPED_IN, text, after) === null ? undefined : withWay(readQuoted(text, TYPED_IN.lastIndex), 'pair')
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
  const start = lineStart(text, name.start)
  const own = /["'`]/.test(before) && before === text.charAt(name.end) ? 1 : 0
  const prefix = text.slice(Math.max(start, name.start - 400), name.start - own)
  // a template's field, a call's bracket or a variable's sigil opens no secret
  if (/[{[(<$%]/.test(text.charAt(from))) return undefined
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

/** Whether an odd quote is open at the end of `prefix`, which starts at a line's start. */
function insideString(prefix: string): boolean {
  let open = ''
  for (let i = 0; i < prefix.length; i++) {
    const character = prefix.charAt(i)
    if (character === '\\') i += 1
    else if (open === '' && /["'`]/.test(character)) open = character
    else if (character === open) open = ''
  }
  return open !== ''
}

function viaMarkup(
  text: string,
  name: NameAt,
  after: number,
  quotedName: boolean,
  kind: FileKind,
): Assigned | undefined {
  const next = text.charAt(after)
  if (next === '<') return group(text, at(PLIST, text, after))
  const opensElement = /<(?:[\w-]{1,40}:)?$/.test(text.slice(Math.max(0, name.start - 42), name.start))
  if (opensElement || (quotedName && next === '>')) return group(text, at(ELEMENT, text, after))
  if (!quotedName || at(ATTRIBUTE, text, after) === null) return undefined
  return kind.syntax === 'prose' ? undefined : withWay(readQuoted(text, ATTRIBUTE.lastIndex), 'pair')
}

function group(text: string, match: RegExpExecArray | null): Assigned | undefined {
  const raw = match?.[1]
  if (match === null || raw === undefined) return undefined
  const value = unentity(raw.trim())
  const start = text.indexOf(raw.trim(), match.index)
  return { start, end: start + raw.trim().length, value, quoted: true, continued: false, way: 'element' }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
}
const unentity = (value: string): string =>
  value.replaceAll(/&(?:amp|lt|gt|quot|apos);/g, (entity) => ENTITIES[entity] ?? entity)

function viaCall(text: string, name: NameAt, after: number, quotedName: boolean): Assigned | undefined {
  if (!quotedName) {
    if (at(CALL, text, name.end) !== null) return withWay(readQuoted(text, CALL.lastIndex), 'call')
    const compared = COMPARES.test(text.slice(Math.max(0, name.start - 60), name.start))
    if ((!compared && text.charAt(name.start - 1) !== '{') || at(PAIR, text, after) === null) return undefined
    return withWay(readQuoted(text, PAIR.lastIndex), compared ? 'compare' : 'pair')
  }
  if (at(TYPED_IN, text, after) !== null) return withWay(readQuoted(text, TYPED_IN.lastIndex), 'pair')
  const opens = text.slice(Math.max(0, name.start - 12), name.start)
  const bracket = /([([{])\s{0,4}[rbuf@:]?["'`]-{0,2}$/.exec(opens)?.[1]
  const pair = at(PAIR, text, after)
  if (pair === null || (bracket === undefined && !/\w/.test(pair[0]))) return undefined
  const read = readQuoted(text, PAIR.lastIndex)
  // a list of two is a pair; a longer one enumerates
  const two =
    bracket !== '[' && bracket !== '{'
      ? true
      : /^["'`]\s{0,4},?\s{0,4}[\]}]/.test(text.slice(read?.end ?? 0, (read?.end ?? 0) + 12))
  return two ? withWay(read, 'pair') : undefined
}

/** `name: X` and, next to it, `value: Y`; or a declaration with its default. */
function viaNamedValue(
  text: string,
  name: NameAt,
  after: number,
  quotedName: boolean,
  kind: FileKind,
): Assigned | undefined {
  const before = text.slice(Math.max(0, name.start - 60), name.start)
  if (NAME_KEY.test(before) && at(NAMED_VALUE, text, name.end) !== null) {
    const from = NAMED_VALUE.lastIndex
    return withWay(readQuoted(text, from) ?? readBare(text, from, kind.syntax, false), 'pair')
  }
  if (!quotedName || !DECLARES.test(before)) return undefined
  const ahead = text.slice(after, after + 400)
  const stop = ahead.search(/\n\s*\n|\n\}|\)\s*[;\n]/)
  const declared = DEFAULT.exec(stop === -1 ? ahead : ahead.slice(0, stop))
  return declared === null
    ? undefined
    : withWay(readQuoted(text, after + declared.index + declared[0].length), 'assign')
}

/** `password 0 X`: a router's word for clear text. Other numbers announce a digest. */
const afterCipherType = (text: string, from: number): number =>
  text.startsWith('0 ', from) ? from + 2 : /^[5789] /.test(text.slice(from, from + 2)) ? text.length : from

const SPACE_CALLS = new Set([
  'gradle',
  'groovy',
  'rb',
  'clj',
  'cljs',
  'el',
  'lisp',
  'tcl',
  'exp',
  'ps1',
  'psm1',
  'pp',
  'vim',
])

function viaSpace(text: string, name: NameAt, after: number, kind: FileKind): Assigned | undefined {
  if (after !== name.end || at(SPACED, text, after) === null) return undefined
  const from = SPACED.lastIndex
  const before = text.slice(Math.max(0, name.start - 40), name.start)
  if (/(?:^|[\s"'`=([])--?$/.test(before)) {
    return withWay(readQuoted(text, from) ?? (text.charAt(from) === '-' ? undefined : readWord(text, from)), 'flag')
  }
  const quote = /["']/.test(text.charAt(from))
  if (
    quote &&
    /\b(?:with|user|role|login|identified|encrypted|alter|create|set|by|valid)\b[^\n]{0,40}$/i.test(before)
  ) {
    return withWay(readQuoted(text, from), 'space')
  }
  const start = lineStart(text, name.start)
  const prefix = text.slice(Math.max(start, name.start - 200), name.start)
  if (
    quote &&
    (SPACE_CALLS.has(kind.extension) || kind.syntax === 'config' || /^\s*(?:#\s*define|set|:)\s*$/i.test(prefix))
  ) {
    return withWay(readQuoted(text, from), 'space')
  }
  if (/^\s*(?:ENV|ARG|set|setenv)\s+$/.test(prefix) && kind.syntax !== 'code') {
    return withWay(readBare(text, from, 'shell', false), 'space')
  }
  if (/\bmachine\s+\S+\s+login\s+\S+\s+$/.test(prefix) || kind.name.endsWith('netrc'))
    return withWay(readWord(text, from), 'space')
  if ((kind.syntax === 'config' || kind.syntax === 'unknown') && /^[\w. -]{0,80}$/.test(prefix)) {
    const word = readWord(text, afterCipherType(text, from))
    const sure = kind.syntax === 'config' || /\d/.test(word?.value ?? '')
    return word !== undefined &&
      sure &&
      /^[ \t]*(?:$|[#;\n\r]|(?:address|hostname|peer|port|timeout|privilege|role) )/.test(
        text.slice(word.end, word.end + 80),
      )
      ? withWay(word, 'space')
      : undefined
  }
  const prose = /(?:is|was|=|:)\s+/y
  prose.lastIndex = from
  return prose.test(text) && kind.syntax !== 'code'
    ? withWay(readBare(text, prose.lastIndex, 'prose', false), 'prose')
    : undefined
}
