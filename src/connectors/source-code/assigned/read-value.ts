// Reads the value that stands at a place: a quoted string of some language, or bare text where the syntax allows it.
import type { Syntax } from '../file-kind.ts'
import { lineEnd, WINDOW } from '../source-text.ts'

export interface ReadValue {
  readonly start: number
  readonly end: number
  /** Unescaped, pieces joined; what the program would see. */
  readonly value: string
  readonly quoted: boolean
  /** True when an expression goes on where the string ends: `"Bearer " + token`. */
  readonly continued: boolean
}

const VALUE_MAX = 4096
const PIECES_MAX = 16

/** Constructors and conversions around a literal that do not look anything up. */
const OPENING =
  /(?:[([][ \t]{0,4})?(?:(?:new\s+)?(?:String|\[\]byte|SecretStr|SecureString|SecretString|Secret|Buffer\.from|bytes|bytearray|str|String\.valueOf|Some|Ok|Just|b64decode|base64\.b64decode|strdup|_T|TEXT|S|std::string|string|String::from|Cow::from|ConvertTo-SecureString(?:\s+-String)?|aws\.String|ptr\.To|pointer\.String|StringPtr|pulumi\.String|to\.Ptr|ByteString|NSString|Uri\.encode|encodeURIComponent|Password|Credential|bcrypt|Hash::make|password_hash|make_password|generate_password_hash|\w{0,20}[eE]ncoder(?:\(\))?\.encode|BCrypt\.hashpw|q[qw]?|cdata|\(\w{1,30}\))[({[\s]?\s{0,4}){0,2}(?:[rRbBuUfFL@$&]{1,2}(?=["'`]))?(\\{0,3}["'`])/y

/** A call that only makes another form of its one literal, whatever the library: `bytes.fromhex("`, `SecretString::new("`. */
const CODEC =
  /(?:new\s{1,4})?(?:\w{1,40}(?:\.|::)){0,4}(?:from(?:_?(?:hex|base_?64|b64|bytes|str|string|utf_?8|literal|plaintext)\w{0,8})?|(?<=[.:])new|(?<=\.)of|(?:hex|base64|b64|string)?_?decode\w{0,12}|encode|hash_?(?:sync|pw|password)?|getbytes|unhexlify|secretstring|\w{0,16}literal|parse(?=\(["'][0-9a-f]{32}))\s?\(\s{0,4}/iy

const BARE_STOP: Readonly<Record<'shell' | 'inside' | 'word', RegExp>> = {
  shell: /[^\s;&|<>"'`(){}]{1,512}/y,
  inside: /[^\s;&"'`<>\\,)\]}|]{1,512}/y,
  word: /[^\s"'`<>]{1,512}/y,
}

/** A quoted string at `at`, after constructors and prefixes; joins `"a" + "b"` and adjacent pieces. */
export function readQuoted(text: string, at: number): ReadValue | undefined {
  const opening = openingAt(text, at)
  if (opening === undefined) return undefined
  const quote = opening
  const first = readPiece(text, OPENING.lastIndex, quote)
  if (first === undefined) return undefined
  let { value } = first
  let next = first.after
  let end = first.end
  for (let pieces = 1; pieces < PIECES_MAX; pieces++) {
    const joint = JOINT.exec(text.slice(next, next + 120))
    const mark = joint?.[1]
    if (joint === null || mark === undefined) break
    const piece = readPiece(text, next + joint[0].length, mark)
    if (piece === undefined) break
    value += piece.value
    next = piece.after
    end = piece.end
  }
  return { start: first.start, end, value, quoted: true, continued: CONTINUES.test(text.slice(next, next + 40)) }
}

/** The opening quote of the literal at `at`; `OPENING.lastIndex` is behind it. */
function openingAt(text: string, at: number): string | undefined {
  OPENING.lastIndex = at
  const plain = OPENING.exec(text)
  if (plain !== null) return plain[1]
  const first = text.charCodeAt(at) | 32
  if ((first < 97 || first > 122) && first !== 42) return undefined
  if (text.startsWith('*b"', at)) CODEC.lastIndex = at + 1
  else {
    CODEC.lastIndex = at
    if (!CODEC.test(text)) return undefined
  }
  OPENING.lastIndex = CODEC.lastIndex
  return OPENING.exec(text)?.[1]
}

/** Between the pieces of one literal: an operator and a line break, or a line break alone in C and Python. */
const JOINT =
  /^(?:\s{0,4}[+.&]\s{0,4}|\s{0,4}\.\.\s{0,4}|\s{0,4}[+.&\\]?\s{0,4}\r?\n\s{0,60}[+.&]?\s{0,4})[rRbBuUfFL@]{0,2}(["'])(?!\s*[:=])/
const CONTINUES = /^\s{0,4}(?:\+|\.\.?\s|<>|%\s*[\w(]|&\s*\w|\|\|\s*\w|\.\s*\$)/

function readPiece(
  text: string,
  from: number,
  quote: string,
): { start: number; end: number; after: number; value: string } | undefined {
  const mark = quote.at(-1) ?? '"'
  const triple = text.startsWith(mark + mark, from) && quote.length === 1
  if (triple && text.charCodeAt(from + 2) !== 10 && text.charAt(from + 2) !== mark) {
    const end = text.slice(from + 2, from + 2 + VALUE_MAX).indexOf(mark + mark + mark)
    if (end > 0) {
      const start = from + 2
      return { start, end: start + end, after: start + end + 3, value: text.slice(start, start + end) }
    }
  }
  const ceiling = Math.min(text.length, from + VALUE_MAX)
  const slashes = quote.length - 1
  for (let at = from; at < ceiling; at++) {
    const code = text.charCodeAt(at)
    if (code === 10 && mark !== '`') return undefined
    if (slashes === 0) {
      if (code === 92) at += 1
      else if (text.charAt(at) === mark)
        return { start: from, end: at, after: at + 1, value: unescape(text.slice(from, at)) }
    } else if (text.startsWith(quote, at)) {
      return { start: from, end: at, after: at + quote.length, value: text.slice(from, at) }
    }
  }
  return undefined
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** Bytes written one by one stay as they are written. */
const BINARY = /^(?:\\x[0-9a-fA-F]{2}){8}/

function unescape(raw: string): string {
  if (!raw.includes('\\') || BINARY.test(raw)) return raw
  return raw.replaceAll(
    /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g,
    (whole, wide?: string, narrow?: string, plain?: string) => {
      const code = Number.parseInt(wide ?? narrow ?? '', 16)
      // beyond Latin-1 the text is bytes of UTF-8, so it stays as written
      if (Number.isInteger(code)) return code < 128 ? String.fromCharCode(code) : whole
      return ESCAPES[plain ?? ''] ?? plain ?? ''
    },
  )
}

/** Bare text inside a string literal or a query: `Password=abc;`, `&token=abc&`. */
export const readInside = (text: string, at: number): ReadValue | undefined => bare(text, at, BARE_STOP.inside)

/** Bare text as the syntax ends it. Code has none. */
export function readBare(text: string, at: number, syntax: Syntax, nested: boolean): ReadValue | undefined {
  if (syntax === 'code') return undefined
  if (syntax === 'shell' || nested) return bare(text, at, syntax === 'shell' ? BARE_STOP.shell : BARE_STOP.inside)
  if (syntax === 'prose') return trimmed(bare(text, at, BARE_STOP.word), /[.,;:!?)*\]|]+$/)
  const end = lineEnd(text, at)
  // a value that goes on and on is none
  if (end - at >= WINDOW) return undefined
  const line = text.slice(at, end)
  const comment = line.search(/\s(?:[#;]|\/\/)/)
  const value = (comment === -1 ? line : line.slice(0, comment)).trimEnd()
  return value === '' ? undefined : { start: at, end: at + value.length, value, quoted: false, continued: false }
}

/** One bare word, as after a command's flag. */
export const readWord = (text: string, at: number): ReadValue | undefined =>
  trimmed(bare(text, at, BARE_STOP.word), /[,;)\]\\]+$/)

function bare(text: string, at: number, pattern: RegExp): ReadValue | undefined {
  pattern.lastIndex = at
  const value = pattern.exec(text)?.[0]
  if (value === undefined) return undefined
  return { start: at, end: at + value.length, value, quoted: false, continued: false }
}

function trimmed(read: ReadValue | undefined, tail: RegExp): ReadValue | undefined {
  const value = read?.value.replace(tail, '')
  if (read === undefined || value === undefined || value === '') return undefined
  return { ...read, value, end: read.start + value.length }
}
