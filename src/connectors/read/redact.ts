// The last gate of a file: what any connector took for a secret stands in no other thing that is said of the file, and
// free text gives no word that looks like one. Connectors do not rely on it; it is there for what they did not foresee.
import type { Observation } from '#kernel'
import type { ReadContext } from '../port.ts'

const MASK = '[secret]'
/** Shorter or plainer values are words too: masking them would rewrite names. */
const LENGTH_MIN = 8
/** Beyond this many, values are only looked up word by word, so that cost stays linear. */
const SUBSTRINGS_MAX = 100
/** Where a path, an identifier of ours or a keyed fingerprint stands: never a place for a mask. */
const KEPT = new Set(['type', 'file', 'fingerprint', 'hint', 'connector', 'commit', 'credentialType', 'system', 'kind'])
/** People write what they should not into these. */
const FREE_TEXT = new Set(['purpose', 'description'])

/** `scheme://user:PASSWORD@`, whatever the scheme; a placeholder or an earlier mask stays. */
const PASSWORD_IN_URL = /(:\/\/[^\s/:@]{0,200}:)(?![$<{[%])[^\s/@]{1,200}@/g

export interface Redaction {
  /** Hand this to the connectors: it remembers what they fingerprint. */
  readonly context: ReadContext
  /** In place of an observation: the same, or a copy with masks. */
  readonly clean: (observation: Observation) => Observation
}

/** Long enough, and not a plain word. */
export const isMaskable = (word: string): boolean =>
  word.length >= LENGTH_MIN && /\d/.test(word) && /[A-Za-z]/.test(word)

export function redaction(context: ReadContext): Redaction {
  const secrets = new Set<string>()
  const note = (secret: string): void => {
    if (!isMaskable(secret)) return
    // a connector may have lowered what it read
    secrets.add(secret).add(secret.toLowerCase())
  }
  return {
    context: {
      ...context,
      fingerprint(secret) {
        note(secret)
        return context.fingerprint(secret)
      },
    },
    clean: (observation) => mask(observation, '', false, secrets) as Observation,
  }
}

/** Copies only what changes. */
function mask(value: unknown, key: string, free: boolean, secrets: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return KEPT.has(key) ? value : masked(value, free || FREE_TEXT.has(key), secrets)
  if (typeof value !== 'object' || value === null) return value
  const inner = free || FREE_TEXT.has(key)
  let changed = false
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => {
      const cleaned = mask(item, key, inner, secrets)
      changed ||= cleaned !== item
      return cleaned
    })
    return changed ? items : value
  }
  const members: (readonly [string, unknown])[] = []
  for (const [name, member] of Object.entries(value)) {
    const cleaned = mask(member, name, inner, secrets)
    const shown = secrets.size === 0 ? name : masked(name, false, secrets)
    changed ||= cleaned !== member || shown !== name
    members.push([shown, cleaned])
  }
  return changed ? Object.fromEntries(members) : value
}

function masked(text: string, free: boolean, secrets: ReadonlySet<string>): string {
  if (text.length < LENGTH_MIN) return text
  let cleaned = text.includes('://') ? text.replaceAll(PASSWORD_IN_URL, `$1${MASK}@`) : text
  if (secrets.size > 0 && secrets.size <= SUBSTRINGS_MAX) {
    for (const secret of secrets) if (cleaned.includes(secret)) cleaned = cleaned.replaceAll(secret, MASK)
  } else if (secrets.size > 0) {
    cleaned = cleaned.replaceAll(/[^\s'"=,;()<>[\]{}]+/g, (word) => (secrets.has(word) ? MASK : word))
  }
  return free ? cleaned.replaceAll(/[^\s'"=,;()<>[\]{}]+/g, (word) => (looksSecret(word) ? MASK : word)) : cleaned
}

/** A long word of letters and digits that is no address, path, version, date, name with hyphens or UUID. */
function looksSecret(word: string): boolean {
  if (word.length < 12 || /[/@\\]|:\/\/|^arn:/.test(word)) return false
  const letters = (word.match(/[A-Za-z]/g) ?? []).length
  const digits = (word.match(/\d/g) ?? []).length
  if (digits < 2 || letters < 4) return false
  const parts = word.split(/[-._:]/)
  return parts.length === 1 || parts.some((part) => part.length >= 16)
}
