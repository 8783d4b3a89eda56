// How sure it is that a named value is a live secret: the name's kind sets how the value must look. Pure.
import type { CredentialType } from '#kernel'
import type { FileKind } from '../file-kind.ts'
import { NAMED_RULES } from '../providers/named.ts'
import type { Assigned, Way } from './way.ts'
import { placeholderKind, WEAK_PASSWORDS } from './placeholder.ts'
import {
  APP_PASSWORD,
  HEX,
  PHRASE,
  isDigest,
  isIdentifier,
  isMadeUpUuid,
  readableBase64,
  refusal,
  UUID,
} from './refusals.ts'
import { wordsOf } from './secret-name.ts'
import type { NameKind, SecretName } from './secret-name.ts'
import { isRepetition, sequentialShare, shapeOf } from './value-shape.ts'
import type { ValueShape } from './value-shape.ts'

export interface Verdict {
  readonly rule: string
  readonly credentialType: CredentialType
  readonly confidence: number
}

const RULE_OF: Readonly<Record<NameKind, { readonly rule: string; readonly credentialType: CredentialType }>> = {
  password: { rule: 'generic-password', credentialType: 'password' },
  secret: { rule: 'generic-secret', credentialType: 'api_token' },
  token: { rule: 'generic-token', credentialType: 'api_token' },
  key: { rule: 'generic-api-key', credentialType: 'api_token' },
  'weak-key': { rule: 'generic-key', credentialType: 'api_token' },
  auth: { rule: 'generic-auth', credentialType: 'api_token' },
  salt: { rule: 'generic-salt', credentialType: 'encryption_key' },
}

const VALUE_MIN = 3
const VALUE_MAX = 2048

/** `undefined` when the value is no secret; the caller holds the confidence against its bar. */
export function judge(name: SecretName, found: Assigned, kind: FileKind): Verdict | undefined {
  const value = found.value.trim()
  if (value.length < VALUE_MIN || value.length > VALUE_MAX || placeholderKind(value) !== undefined) {
    return weakest(name, found, value, kind)
  }
  const shape = shapeOf(value)
  if (isWordsOfPassphrase(name, value, found)) return { ...RULE_OF.password, confidence: 0.6 }
  if (found.way === 'flag' && kind.syntax === 'prose' && shape.digits === 0) return undefined
  if (refusal(value, shape, name.kind, found.quoted) !== undefined) return undefined
  if (echoes(name, value)) return undefined
  const plain = readableBase64(value)
  if (plain !== undefined && (placeholderKind(plain) !== undefined || /[a-z] [a-z]/i.test(plain))) return undefined
  const provider = NAMED_RULES.find((rule) => rule.value.test(value) && rule.name.test(name.spelled))
  if (provider !== undefined && shape.entropy > 2.5 && (UUID.test(value) || chance(value, shape) > 0.5)) {
    return { rule: provider.id, credentialType: provider.credentialType, confidence: 0.88 }
  }
  let confidence = isSecretive(name.kind)
    ? randomConfidence(name, value, shape, found)
    : passwordConfidence(name, value, shape, found, kind)
  if (!name.exact) confidence -= found.way === 'pair' || found.way === 'space' ? 0.16 : 0.08
  if (found.continued) confidence -= 0.3
  confidence += WAY[found.way]
  return { ...typeOf(name), confidence: Math.min(0.9, confidence) }
}

/** Words drawn by lot, under the name of a passphrase; a sentence to the reader has words of a sentence. */
const isWordsOfPassphrase = ({ spelled, exact }: SecretName, value: string, { quoted, way }: Assigned): boolean =>
  exact &&
  quoted &&
  (way === 'assign' || way === 'element' || way === 'typed' || way === 'pair') &&
  /passphrase|pass_phrase|mnemonic|seed_?phrase/.test(spelled) &&
  /^[a-z]{3,12}(?: [a-z]{3,12}){3,23}$/.test(value) &&
  !/\b(?:the|for|your|with|must|not|are|and|enter|please|this|that|from|key|pass(?:word|phrase)?s?|phrase|words?|mnemonic|wallet|secret|invalid|wrong)\b/.test(
    value,
  )

const WAY: Readonly<Record<Way, number>> = {
  assign: 0.03,
  compare: -0.1,
  call: -0.04,
  pair: -0.04,
  element: 0.02,
  flag: -0.04,
  space: -0.04,
  query: 0,
  prose: -0.12,
  typed: 0.03,
}

/** A key id and its scope name a key and are none. */
const AWS_KEY_ID = /^A[KS]IA[A-Z2-7]{16}(?:$|[/%])/
/** What writers of examples type. */
const MADE_UP = /a1b2c3d4|1a2b3c4d|abcd1234|1234abcd|12ab34cd|abc123(?:def|xyz)|123456789a|abcdef12/i

const isSecretive = (kind: NameKind): boolean => kind !== 'password' && kind !== 'secret'

function typeOf(name: SecretName): Pick<Verdict, 'rule' | 'credentialType'> {
  const base = RULE_OF[name.kind]
  if (name.kind === 'secret' && /client|app|consumer|oauth/.test(name.spelled))
    return { ...base, credentialType: 'oauth_client_secret' }
  if (/webhook|hook_secret/.test(name.spelled)) return { ...base, credentialType: 'webhook_secret' }
  if (/encrypt|crypt|cipher|aes|hmac|signing|master_key/.test(name.spelled))
    return { ...base, credentialType: 'encryption_key' }
  return base
}

/** Placeholders by form are never secrets, but a few plain words are what people really set as passwords. */
function weakest(name: SecretName, found: Assigned, value: string, kind: FileKind): Verdict | undefined {
  const configured = (kind.syntax === 'config' || kind.syntax === 'shell') && found.way === 'assign'
  const upper =
    /^[A-Z0-9]+(?:_[A-Z0-9]+)*_(?:PASSWORD|PASS|PASSWD|PWD)$/.test(name.spelled.toUpperCase()) &&
    name.spelled.includes('_')
  // a file to be copied and filled in
  if (/[.-](?:example|sample|dist|template|tpl)\b/.test(kind.name)) return undefined
  if (name.kind !== 'password' || !configured || !upper || !name.exact) return undefined
  return WEAK_PASSWORDS.has(value.toLowerCase()) && value !== '' ? { ...RULE_OF.password, confidence: 0.52 } : undefined
}

/** `password: "password1"` with a name of the same words says nothing; nor does `api_key: API_KEY`. */
function echoes(name: SecretName, value: string): boolean {
  const words = wordsOf(value).join('')
  return (
    words !== '' && (name.spelled.replaceAll('_', '') === words || (words.length > 4 && name.spelled.endsWith(words)))
  )
}

/** Keys and tokens are made by machines: only what looks made by chance counts. */
function randomConfidence({ kind }: SecretName, value: string, shape: ValueShape, found: Assigned): number {
  if (shape.spaces > 0 || isIdentifier(value, shape) || AWS_KEY_ID.test(value) || MADE_UP.test(value)) return 0
  if (kind === 'weak-key' && /\.[a-z]{2,4}\d?$/.test(value)) return 0
  if (UUID.test(value)) return isMadeUpUuid(value) || kind === 'weak-key' || kind === 'salt' ? 0 : 0.68
  const machine = chance(value, shape)
  const floor = { token: 8, key: 8, auth: 8, salt: 12, 'weak-key': 16, password: 0, secret: 0 }[kind]
  if (shape.length < floor) return 0
  const base = { token: 0.62, key: 0.64, auth: 0.6, salt: 0.5, 'weak-key': 0.42, password: 0, secret: 0 }[kind]
  const long = shape.length >= 32 ? 0.12 : shape.length >= 20 ? 0.08 : shape.length >= 14 ? 0 : -0.08
  if (!found.quoted && kind === 'weak-key') return shape.length >= 20 && machine > 0.6 && shape.digits > 0 ? 0.5 : 0
  return machine < 0.3 ? 0 : base + long + (machine - 0.7) * 0.4
}

/** 0 to 1: how little a value looks chosen by a person. */
export function chance(value: string, shape: ValueShape): number {
  const mixed = shape.digits > 0 && shape.lower + shape.upper > 0
  if (/^(?:\\x[0-9a-fA-F]{2}){8,}$/.test(value)) return shape.entropy > 2.8 ? 0.9 : 0
  if (!/^[\x21-\x7e]+$/.test(value)) return 0
  if (HEX.test(value)) {
    if (shape.length < 16 || shape.entropy < 2.6) return mixed && shape.length >= 8 ? 0.35 : 0
    return shape.lower > 0 && shape.upper > 0 ? 0.75 : 0.85
  }
  if (shape.digits === shape.length) return shape.length >= 16 && shape.entropy > 2.8 ? 0.35 : 0
  let score = 1 - shape.wordShare * 0.9
  if (!mixed) score -= shape.upper > 0 && shape.lower > 0 ? 0.1 : 0.25
  const expected = Math.log2(Math.max(2, shape.length))
  score -= Math.max(0, expected * 0.82 - shape.entropy) * 0.25
  if (isRepetition(value) || sequentialShare(value) > 0.4) score -= 0.5
  if (shape.special > shape.length / 3) score -= 0.3
  return Math.max(0, Math.min(1, score))
}

/** Passwords and secrets are also chosen by people: what counts is that it is neither a word of the program nor prose. */
function passwordConfidence(
  name: SecretName,
  value: string,
  shape: ValueShape,
  found: Assigned,
  kind: FileKind,
): number {
  const password = name.kind === 'password'
  const config = kind.syntax === 'config' || kind.syntax === 'shell' || found.way === 'element' || found.way === 'query'
  if (UUID.test(value)) return isMadeUpUuid(value) ? 0 : 0.64
  if (password && APP_PASSWORD.test(value)) return 0.7
  if (!password && PHRASE.test(value)) return name.exact && found.way === 'assign' && kind.syntax === 'code' ? 0.48 : 0
  if (shape.spaces > 0) return shape.digits > 0 && shape.wordShare < 0.6 ? 0.5 : 0
  if (/^[pr]k_(?:live|test)_/.test(value) && value.startsWith('p')) return 0
  if (isDigest(value)) return password ? (config ? 0.55 : 0.42) : 0.78
  if (password && name.exact && /[A-Za-z].*\d{2}$/.test(value) && isIdentifier(value, shape) && isChosen(value))
    return 0.62
  if (isIdentifier(value, shape)) return password && shape.digits > 0 && (config || isChosen(value)) ? 0.52 : 0.2
  const machine = chance(value, shape)
  if (shape.length >= 12 && machine > 0.6) return 0.82
  if (shape.digits === shape.length) return password && shape.length >= 4 ? 0.55 : 0
  const letters = shape.lower + shape.upper
  if (letters > 0 && shape.digits > 0) return (password ? 0.7 : 0.6) + (shape.special > 0 ? 0.08 : 0)
  if (letters > 0 && shape.special > 0 && !/^[\w-]+$/.test(value)) return password ? 0.66 : 0.5
  if (machine > 0.55 && shape.length >= 6) return password ? 0.62 : 0.55
  if (letters === shape.length) return plainWord(name, value, shape, config)
  return password && shape.length >= 5 ? 0.45 : 0.2
}

/** Words with a number that are no name in a program: `correct-horse-9`. */
export const isChosen = (value: string): boolean =>
  !/pass|pwd|secret|token|user|field|input|label|form|button|type|name|key|test|page|step|item|value/i.test(value)

/** One run of letters: `letmein`, `Sunshine`, `supersecretkey`. */
function plainWord(name: SecretName, value: string, shape: ValueShape, config: boolean): number {
  const password = name.kind === 'password'
  if (password && WEAK_PASSWORDS.has(value.toLowerCase())) return name.exact ? 0.53 : 0.4
  if (/^[A-Z]+$/.test(value)) return config && password ? 0.48 : 0.2
  const camel = /[a-z][A-Z]/.test(value)
  if (name.spelled === 'pass' && !config) return 0.4
  if (password)
    return shape.length < 4 ? 0.3 : camel ? (config ? 0.5 : 0.4) : config ? 0.54 : /^[A-Z]/.test(value) ? 0.36 : 0.48
  if (config) return shape.length >= 8 && !camel ? 0.5 : 0.3
  return name.exact && shape.length >= 6 && !/secret|token|key|client|auth/i.test(value) ? 0.48 : 0.3
}
