// Reads what a credential's attributes say of its certificates: several of one key are one record, each under its own name.
import type { Credential } from '#identity'
import { parseInstant } from '#kernel'
import type { Instant } from '#kernel'
import { isAttributes, isTrue, wordOf } from './attribute.ts'

export interface Certificate {
  readonly subject: string
  readonly issuer: string
  readonly notBefore: Instant
  readonly notAfter: Instant
  readonly signatureAlgorithm: string
  readonly selfSigned: boolean
  readonly ca: boolean
  /** It lies among tests, examples or documents. */
  readonly rehearsal: boolean
}

/** The certificates of this key, the one that is valid longest first. */
export function certificatesOf({ attributes }: Credential): Certificate[] {
  const found: Certificate[] = []
  for (const name of Object.keys(attributes)) {
    const about = attributes[name]
    if (!name.startsWith('certificate:') || !isAttributes(about)) continue
    const notBefore = parseInstant(about['notBefore'])
    const notAfter = parseInstant(about['notAfter'])
    if (notBefore === undefined || notAfter === undefined) continue
    found.push({
      subject: wordOf(about, 'subject') ?? '',
      issuer: wordOf(about, 'issuer') ?? '',
      notBefore,
      notAfter,
      signatureAlgorithm: wordOf(about, 'signatureAlgorithm') ?? '',
      selfSigned: isTrue(about, 'selfSigned'),
      ca: isTrue(about, 'ca'),
      rehearsal: isTrue(about, 'rehearsal'),
    })
  }
  return found.sort((a, b) => (a.notAfter < b.notAfter ? 1 : a.notAfter > b.notAfter ? -1 : 0))
}
