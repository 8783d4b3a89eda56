// One line of an authorized_keys or .pub file (sshd(8), AUTHORIZED_KEYS FILE FORMAT): options, key, comment.
import { credentialRef, instantFromSeconds } from '#kernel'
import type { CredentialFact, Json, Provenance, Ref } from '#kernel'
import { readSshPublicKey } from '../ssh-public-key.ts'
import type { SshPublicKey } from '../ssh-public-key.ts'

export interface KeyLine {
  readonly options: readonly KeyOption[]
  readonly key: SshPublicKey
  readonly comment: string
}

export interface KeyOption {
  /** Lower case. */
  readonly name: string
  readonly value?: string
}

const KEY_TYPE = /^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d{3}|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256))[\w@.-]*$/
const COMMENT_LENGTH_MAX = 200

/** `undefined` for a line that holds no key that can be read. */
export function readKeyLine(line: string): KeyLine | undefined {
  const words = splitUnquoted(line.trim(), /[ \t]/, 1)
  const first = words[0] ?? ''
  const [options, rest] = KEY_TYPE.test(first) ? ['', line.trim()] : [first, words[1]?.trim() ?? '']
  const [type, blob, ...comment] = rest.split(/[ \t]+/)
  if (type === undefined || blob === undefined || !KEY_TYPE.test(type) || !/^[A-Za-z0-9+/]+=*$/.test(blob))
    return undefined
  const key = readSshPublicKey(Buffer.from(blob, 'base64'))
  if (key === undefined) return undefined
  return { options: readOptions(options), key, comment: comment.join(' ').slice(0, COMMENT_LENGTH_MAX) }
}

function readOptions(text: string): KeyOption[] {
  return splitUnquoted(text, /,/, Infinity)
    .filter((option) => option !== '')
    .map((option) => {
      const equals = option.indexOf('=')
      if (equals === -1) return { name: option.toLowerCase() }
      const value = option
        .slice(equals + 1)
        .replaceAll(/^"|"$/g, '')
        .replaceAll('\\"', '"')
      return { name: option.slice(0, equals).toLowerCase(), value }
    })
}

/** Splits at separators outside double quotes; after `limit` splits the rest stays whole. */
function splitUnquoted(text: string, separator: RegExp, limit: number): string[] {
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let at = 0; at < text.length && parts.length < limit; at++) {
    const character = text.charAt(at)
    if (character === '"' && text.charAt(at - 1) !== '\\') quoted = !quoted
    else if (!quoted && separator.test(character)) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}

/** The credential that a public key is, with what every sighting of it says. */
export function publicKeyFact(
  key: SshPublicKey,
  comment: string,
  provenance: Provenance,
  about: { principal?: Ref; enabled?: boolean; attributes?: Readonly<Record<string, Json>> } = {},
): CredentialFact {
  const expiresAt =
    key.certificate?.validBefore === undefined ? undefined : instantFromSeconds(key.certificate.validBefore)
  const createdAt =
    key.certificate?.validAfter === undefined ? undefined : instantFromSeconds(key.certificate.validAfter)
  return {
    type: 'credential',
    ref: credentialRef.sshKey(key.fingerprint),
    ...(key.spkiSha256 === undefined ? {} : { aliases: [credentialRef.publicKey(key.spkiSha256)] }),
    credentialType: 'ssh_public_key',
    exposure: 'public',
    ...(about.principal === undefined ? {} : { principal: about.principal }),
    ...(about.enabled === undefined ? {} : { enabled: about.enabled }),
    ...(comment === '' ? {} : { name: comment }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    attributes: {
      sshFingerprint: key.fingerprint,
      keyType: key.keyType,
      keyBits: key.keyBits,
      ...(comment === '' ? {} : { comment }),
      ...(key.certificate === undefined ? {} : { sshCertificate: certificateOf(key.certificate) }),
      ...about.attributes,
    },
    provenance,
  }
}

function certificateOf(certificate: NonNullable<SshPublicKey['certificate']>): Json {
  return {
    keyId: certificate.keyId,
    principals: certificate.principals,
    forHosts: certificate.forHosts,
    serial: certificate.serial,
    signedBy: certificate.signedBy,
    criticalOptions: certificate.criticalOptions,
  }
}
