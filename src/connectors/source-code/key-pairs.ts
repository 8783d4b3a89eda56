// Secrets that come with the identifier of whose they are: AWS key pairs, Google service account files.
import { credentialRef, ref } from '#kernel'
import { placeholderKind } from './assigned/placeholder.ts'
import { entropyOf, isRepetition, sequentialShare } from './assigned/value-shape.ts'
import { RANK } from './candidate.ts'
import type { Candidate } from './candidate.ts'
import type { SourceText } from './source-text.ts'

const KEY_ID = /(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])/y
const REACH = 600
const SECRET = /(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=_-])/g

/** `at` is where `AKIA` or `ASIA` starts. Documents' examples and made-up ids are none. */
export function awsKeyIdAt(source: SourceText, at: number): string | undefined {
  KEY_ID.lastIndex = at
  const id = KEY_ID.exec(source.text)?.[0]
  if (id === undefined || /[A-Za-z0-9]/.test(source.text.charAt(at - 1))) return undefined
  const random = id.slice(4)
  if (/EXAMPLE|XXXX|TEST|FAKE|DUMMY|SAMPLE/.test(random) || isRepetition(random)) return undefined
  return sequentialShare(random) > 0.4 || entropyOf(random) < 2.4 ? undefined : id
}

export interface KeyId {
  readonly id: string
  readonly at: number
}

/**
 * Gives each key id the secret access key that stands nearest to it, those behind it before those in front; a secret
 * goes to one id only, and what is left over are ids alone. The candidate spans both where they stand close together.
 */
export function pairKeys(source: SourceText, ids: readonly KeyId[]): { pairs: Candidate[]; alone: KeyId[] } {
  const offers = ids.flatMap((key) => secretsNear(source, key)).sort((a, b) => a.distance - b.distance)
  const taken = new Set<number>()
  const paired = new Map<KeyId, Candidate>()
  for (const { key, start, secret } of offers) {
    if (taken.has(start) || paired.has(key)) continue
    taken.add(start)
    paired.set(key, pairOf(key, start, secret))
  }
  return { pairs: [...paired.values()], alone: ids.filter((key) => !paired.has(key)) }
}

interface Offer {
  readonly key: KeyId
  readonly start: number
  readonly secret: string
  readonly distance: number
}

function secretsNear(source: SourceText, key: KeyId): Offer[] {
  const from = Math.max(0, key.at - REACH)
  const window = source.text.slice(from, key.at + key.id.length + REACH)
  const offers: Offer[] = []
  for (const match of window.matchAll(SECRET)) {
    const secret = match[0]
    if (!isSecretAccessKey(secret)) continue
    const start = from + match.index
    offers.push({ key, start, secret, distance: start > key.at ? start - key.at : (key.at - start) * 2 })
  }
  return offers
}

const pairOf = ({ id, at }: KeyId, start: number, secret: string): Candidate => ({
  start: Math.min(start, at),
  end: Math.max(start + secret.length, at + id.length),
  secret,
  rule: 'aws-access-key',
  credentialType: 'aws_access_key',
  confidence: 0.97,
  ref: credentialRef.awsAccessKey(id),
  rank: RANK.pair,
  attributes: { accessKeyId: id, temporary: id.startsWith('ASIA') },
})

/** Forty characters of base 64 with digits and both cases: not a path, not a digest, not an example. */
function isSecretAccessKey(value: string): boolean {
  if (!/[a-z]/.test(value) || !/[A-Z]/.test(value) || !/\d/.test(value) || /^[a-f0-9]+$/i.test(value)) return false
  return entropyOf(value) > 4 && placeholderKind(value) === undefined && !/\/[a-z]{4,}\/|EXAMPLE/i.test(value)
}

const CLIENT_EMAIL = /"client_email"\s{0,8}:\s{0,8}"([\w.-]{1,80}@[\w.-]{1,100}\.gserviceaccount\.com)"/
const KEY_ID_FIELD = /"private_key_id"\s{0,8}:\s{0,8}"([a-f0-9]{40})"/

/** Whose key a private key is, when it stands in a Google service account file. */
export function serviceAccountAround(
  source: SourceText,
  key: Candidate,
): { email: string; keyId?: string } | undefined {
  const window = source.text.slice(Math.max(0, key.start - 1500), key.end + 1500)
  const email = CLIENT_EMAIL.exec(window)?.[1]
  if (email === undefined) return undefined
  const keyId = KEY_ID_FIELD.exec(window)?.[1]
  return { email, ...(keyId === undefined ? {} : { keyId }) }
}

export const serviceAccountRef = (email: string) => ref('gcp', email)
