// Values that follow a name without an operator: in markup, as an argument, in a field of their own, after a space.
import type { FileKind } from '../file-kind.ts'
import { beforeOnLine } from '../source-text.ts'
import type { NameAt } from './name-at.ts'
import { readBare, readInside, readQuoted, readWord } from './read-value.ts'
import type { ReadValue } from './read-value.ts'
import { at, withWay } from './way.ts'
import type { Assigned } from './way.ts'

const CALL = /\s?[({]\s{0,4}(?=[rbuf@$L]{0,2}["'`]|[\w.:]{1,40}\(\s?["'])/y
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
const DEFAULT = /\bdefault(?:_?[vV]alue)?["']?\s{0,24}(?:=>|[:=,(])\s{0,4}(?=["'])/
const DECLARES =
  /(?:variable\s{1,4}|(?:add_argument|add_option|option|Option|argument|StringVar\w?|String\w?|define\w*|envvar)\(\s{0,4}(?:[&\w.]{1,40},\s{0,4})?)["'](?:-{0,2})$/
/** Functions to which the name is one of the arguments and what it is held against, or set to, the next. */
const COMPARES =
  /(?:strn?(?:case)?cmp|equals?|compare\w*|setopt|set_option|hash_equals|memcmp|assert_?equals?|assertEqual)\s?\((?:[^()\n]{1,30},\s?)?[*&$]?$/i
/** RSpec's `let(:name) { '…' }`. */
const BLOCK = /\)\s{0,4}(?:\{|do\s)\s{0,40}(?=["'])/y
/** Gradle's fields of a generated class: `buildConfigField "String", "NAME", "\"…\""`. */
const FIELD = /(?:buildConfigField|resValue)\s{0,4}\(?\s{0,4}["']\w{1,20}["'],\s{0,4}["']$/i
const SPACED = /[ \t]{1,40}(?=[^\s=:,;(){}[\]])/y

export function viaTyping(text: string, after: number): Assigned | undefined {
  return at(TYPED_IN, text, after) === null ? undefined : withWay(readQuoted(text, TYPED_IN.lastIndex), 'pair')
}

export function viaBlock(text: string, name: NameAt): Assigned | undefined {
  if (text.charCodeAt(name.end) !== 41 || text.charCodeAt(name.start - 1) !== 58) return undefined
  if (!/\blet!?\(:$/.test(text.slice(Math.max(0, name.start - 8), name.start)) || at(BLOCK, text, name.end) === null)
    return undefined
  return withWay(readQuoted(text, BLOCK.lastIndex), 'assign')
}

export function viaMarkup(
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

export function viaCall(text: string, name: NameAt, after: number, quotedName: boolean): Assigned | undefined {
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
  if (pair === null) return undefined
  if (bracket === undefined && !/\w/.test(pair[0]))
    return FIELD.test(text.slice(Math.max(0, name.start - 60), name.start)) ? literalOfField(text) : undefined
  const read = readQuoted(text, PAIR.lastIndex)
  // a list of two is a pair; a longer one enumerates
  const two =
    bracket !== '[' && bracket !== '{'
      ? true
      : /^["'`]\s{0,4},?\s{0,4}[\]}]/.test(text.slice(read?.end ?? 0, (read?.end ?? 0) + 12))
  return two ? withWay(read, 'pair') : undefined
}

/** The field's value is code: a string within the string, when it is one. */
function literalOfField(text: string): Assigned | undefined {
  const from = PAIR.lastIndex
  return withWay(readQuoted(text, /^["']\\["']/.test(text.slice(from, from + 3)) ? from + 1 : from), 'pair')
}

/** `name: X` and, next to it, `value: Y`; or a declaration with its default. */
export function viaNamedValue(
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

/** In a program's string an escape ends the word: `--password PASSWORD\n`. */
const word = (text: string, from: number, kind: FileKind): ReadValue | undefined =>
  kind.syntax === 'code' ? readInside(text, from) : readWord(text, from)

export function viaSpace(text: string, name: NameAt, after: number, kind: FileKind): Assigned | undefined {
  if (after !== name.end || at(SPACED, text, after) === null) return undefined
  const from = SPACED.lastIndex
  const before = text.slice(Math.max(0, name.start - 40), name.start)
  if (/(?:^|[\s"'`=([])--?$/.test(before)) {
    return withWay(readQuoted(text, from) ?? (text.charAt(from) === '-' ? undefined : word(text, from, kind)), 'flag')
  }
  const quote = /^@?["']/.test(text.slice(from, from + 2))
  if (
    quote &&
    /\b(?:with|user|role|login|identified|encrypted|alter|create|set|by|valid)\b[^\n]{0,40}$/i.test(before)
  ) {
    return withWay(readQuoted(text, from), 'space')
  }
  const prefix = beforeOnLine(text, name.start, 200)
  if (
    quote &&
    (SPACE_CALLS.has(kind.extension) || kind.syntax === 'config' || /^\s*(?:#\s*define|set|:)\s*$/i.test(prefix))
  ) {
    return withWay(readQuoted(text, from), 'space')
  }
  if (
    /\bconfig(?:ure)?(?: --?\S{1,20})? (?:set|--add|--global|--local) \S{0,80}$/.test(prefix) &&
    kind.syntax !== 'code'
  )
    return withWay(readWord(text, from), 'space')
  if (/^\s*(?:ENV|ARG|set|setenv)\s+$/.test(prefix) && kind.syntax !== 'code') {
    return withWay(readBare(text, from, 'shell', false), 'space')
  }
  if (/\bmachine\s+\S+\s+login\s+\S+\s+$/.test(prefix) || kind.name.endsWith('netrc'))
    return withWay(readWord(text, from), 'space')
  if ((kind.syntax === 'config' || kind.syntax === 'unknown') && /^[\w. -]{0,80}$/.test(prefix)) {
    const value = readWord(text, afterCipherType(text, from))
    const sure = kind.syntax === 'config' || /\d/.test(value?.value ?? '')
    return value !== undefined &&
      sure &&
      /^[ \t]*(?:$|[#;\n\r]|(?:address|hostname|peer|port|timeout|privilege|role) )/.test(
        text.slice(value.end, value.end + 80),
      )
      ? withWay(value, 'space')
      : undefined
  }
  const prose = /(?:is|was|=|:)\s+/y
  prose.lastIndex = from
  return prose.test(text) && kind.syntax !== 'code'
    ? withWay(readBare(text, prose.lastIndex, 'prose', false), 'prose')
    : undefined
}
