// Passwords given by place and not by name: `login("user", "password")`, `auth=("user", "password")`, lines of .pgpass.
import { BAR, RANK } from './candidate.ts'
import type { Candidate } from './candidate.ts'
import { chance, isChosen } from './assigned/judge.ts'
import { placeholderKind, WEAK_PASSWORDS } from './assigned/placeholder.ts'
import { isIdentifier, refusal } from './assigned/refusals.ts'
import { shapeOf } from './assigned/value-shape.ts'
import { callArguments } from './call-arguments.ts'
import type { Argument } from './call-arguments.ts'
import type { Call } from './positional-calls.ts'
import type { SourceText } from './source-text.ts'

const USER = /^[A-Za-z][\w.@+\\-]{1,60}$/

/** `after` is right behind the opening bracket. */
export function positionalPassword(source: SourceText, after: number, call: Call): Candidate | undefined {
  const { list, whole } = callArguments(source.text, after, call.count[1] + 1, call.open !== true)
  if (list.length > call.count[1] || (whole && list.length < call.count[0])) return undefined
  const place = call.ofFour !== undefined && list.length === 4 ? call.ofFour : call.place
  const found = list[place]
  if (found?.quoted !== true) return undefined
  if (call.pair === true) return pairHere(source, found)
  const before = list[place - 1]
  const user = before?.quoted === true && USER.test(before.value)
  // signals are connected too: a host comes first here
  if (call.name === '.connect(' && !(user && isPlace(list[0]))) return undefined
  if (call.vague === true && !(user && isByChance(found.value))) return undefined
  const base = before?.quoted === true ? 0.62 : 0.55
  return passwordHere(source, found, base, 'positional-password', user && call.vague !== true)
}

const isPlace = (first: Argument | undefined): boolean =>
  first !== undefined && (!first.quoted || /[.:/\\]|^localhost$/.test(first.value))

/** Three kinds of characters and no words, so that it is no name or region. */
function isByChance(value: string): boolean {
  const shape = shapeOf(value)
  return shape.lower > 0 && shape.upper > 0 && shape.digits > 0 && shape.length >= 7 && chance(value, shape) > 0.6
}

/** A literal `user:password`; the password is the secret. */
function pairHere(source: SourceText, found: { start: number; end: number; value: string }): Candidate | undefined {
  const colon = found.value.indexOf(':')
  if (colon < 1 || found.value.length !== found.end - found.start) return undefined
  const start = found.start + colon + 1
  const pair = { start, end: found.end, value: found.value.slice(colon + 1) }
  return passwordHere(source, pair, 0.62, 'user-and-password')
}

/** `"…".toCharArray()`: what is made into characters to be wiped is a password; `at` is the offset of the closing quote. */
export function characterArray(source: SourceText, at: number): Candidate | undefined {
  const value = /"([^"\\\n]{6,80})$/.exec(source.text.slice(Math.max(0, at - 82), at))?.[1]
  if (value === undefined || !/\d/.test(value) || !/[A-Za-z]/.test(value) || /\s/.test(value)) return undefined
  return passwordHere(source, { start: at - value.length, end: at, value }, 0.58, 'positional-password')
}

/** One line of a `.pgpass` file. */
export function* pgpassLines(source: SourceText): Generator<Candidate> {
  for (const match of source.text.matchAll(/^(?!#)(?:[^:\r\n]{1,200}:){4}([^\r\n]{1,200})$/gm)) {
    const value = match[1] ?? ''
    const end = match.index + match[0].length
    const found = passwordHere(
      source,
      { start: end - value.length, end, value: value.replaceAll(/\\([:\\])/g, '$1') },
      0.85,
      'pgpass',
    )
    if (found !== undefined) yield found
  }
}

function passwordHere(
  source: SourceText,
  { start, end, value }: { start: number; end: number; value: string },
  base: number,
  rule: string,
  besideUser = false,
): Candidate | undefined {
  const shape = shapeOf(value)
  if (
    value.length < 3 ||
    /^[A-Z]{1,8}$|^[a-z]{1,3}$/.test(value) ||
    placeholderKind(value) !== undefined ||
    refusal(value, shape, 'password', true) !== undefined
  )
    return undefined
  let confidence = base + (chance(value, shape) - 0.5) * 0.3
  if (isIdentifier(value, shape) && base < 0.8) confidence -= 0.25
  if (shape.digits + shape.special === 0 && !WEAK_PASSWORDS.has(value.toLowerCase())) confidence -= 0.1
  // beside a user's name a weak or a chosen password is still one
  if (besideUser && confidence < CHOSEN && isWeakOrChosen(value, shape.digits)) confidence = CHOSEN
  if (confidence < BAR) return undefined
  return {
    start,
    end,
    secret: source.decode(value),
    rule,
    credentialType: 'password',
    confidence: Math.min(0.9, confidence),
    rank: RANK.assigned,
  }
}

const CHOSEN = 0.52

const isWeakOrChosen = (value: string, digits: number): boolean =>
  WEAK_PASSWORDS.has(value.toLowerCase()) ||
  (digits > 0 && value.length >= 6 && isChosen(value)) ||
  /^passwor[dt]\d+$/i.test(value)
