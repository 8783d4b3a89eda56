// Prefixed, branded ids. One table of prefixes; an id never changes meaning and is never reused.
import { createHash, randomBytes } from 'node:crypto'

const PREFIXES = {
  principal: 'prn',
  credential: 'cred',
  account: 'acc',
  entitlement: 'ent',
  person: 'psn',
  team: 'tm',
  finding: 'fnd',
  vendor: 'ven',
  grant: 'grt',
  access_request: 'req',
  approval: 'apr',
  policy: 'pol',
  decision: 'dec',
  denial: 'dny',
  break_glass: 'bgl',
  source: 'src',
  connection: 'cnn',
  entry: 'evt',
  token: 'tok',
  request: 'irq',
  match: 'mch',
  offer: 'ofr',
  run: 'run',
  exposure: 'exp',
  role: 'rol',
  way: 'way',
  target: 'tgt',
  plan: 'pln',
  receipt: 'rcp',
  restraint: 'rst',
  alarm: 'alm',
} as const

export type IdKind = keyof typeof PREFIXES
declare const brand: unique symbol
export type Id<K extends IdKind> = string & { readonly [brand]: K }

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

const CODES: readonly number[] = Array.from(CROCKFORD, (character) => character.charCodeAt(0))
const CHARACTERS = 26
/** Filled anew each time: a decision has an id, and is made in less than a microsecond. */
const codes: number[] = Array.from({ length: CHARACTERS }, () => 0)

/** 26 characters of Crockford base 32 from the 130 bits that begin at a byte. */
function base32(bytes: Uint8Array, from = 0): string {
  let bits = 0
  let value = 0
  let at = from
  for (let place = 0; place < CHARACTERS; place++) {
    if (bits < 5) {
      value = (value << 8) | (bytes[at++] ?? 0)
      bits += 8
    }
    bits -= 5
    codes[place] = CODES[value >>> bits] ?? 0
    value &= (1 << bits) - 1
  }
  return String.fromCharCode(...codes)
}

/**
 * The id that a scan gives to what `parts` name: the same parts give the same id on every machine and every day.
 * The parts are explicit identifiers (a system, an ARN, a path); SECURITY: never a secret or a part of one.
 */
export function deriveId<K extends IdKind>(kind: K, ...parts: readonly string[]): Id<K> {
  const digest = createHash('sha256')
    .update(JSON.stringify([kind, ...parts]))
    .digest()
  return `${PREFIXES[kind]}_${base32(digest)}` as Id<K>
}

const RANDOM_BYTES = 17
/** An import asks for hundreds of thousands; each call to the system's generator costs more than the id. */
const POOL_BYTES = RANDOM_BYTES * 1024
let pool = new Uint8Array(0)
let poolAt = 0

/**
 * A new id that nothing else has: 130 random bits. An entry's begins with its time, 48 bits of milliseconds, and has 80 random
 * ones: neighbours in the log are then neighbours in its indexes, and a log costs per entry what it cost when it was short.
 */
export function newId<K extends IdKind>(kind: K): Id<K> {
  if (poolAt + RANDOM_BYTES > pool.length) {
    pool = randomBytes(POOL_BYTES)
    poolAt = 0
  }
  const text = base32(pool, poolAt)
  poolAt += RANDOM_BYTES
  return `${PREFIXES[kind]}_${kind === 'entry' ? timed(text) : text}` as Id<K>
}

const TIME_CHARACTERS = 10
let timeOf = 0
let time = ''

/** The time in place of the first characters, as ULID has it. */
function timed(random: string): string {
  const now = Date.now()
  if (now !== timeOf) {
    timeOf = now
    time = ''
    for (let left = now; time.length < TIME_CHARACTERS; left = Math.floor(left / 32))
      time = (CROCKFORD[left % 32] ?? '') + time
  }
  return time + random.slice(TIME_CHARACTERS)
}

/** Whether `text` is spelled as an id of that kind. It says nothing of whether the thing exists. */
export function isId<K extends IdKind>(kind: K, text: string): text is Id<K> {
  return text.startsWith(`${PREFIXES[kind]}_`) && /^[a-z]+_[0-9abcdefghjkmnpqrstvwxyz]{26}$/.test(text)
}
