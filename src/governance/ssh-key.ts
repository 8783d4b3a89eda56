// What findings say of an SSH key: its public fingerprint, and which accounts it opens.
import type { Credential } from '#identity'
import { isAttributes, isTrue, wordsOf } from './attribute.ts'

const REF = 'ssh:key/'

/** `SHA256:…` of the public half, when something read the key as an SSH key. */
export function sshFingerprint({ refs, type, attributes }: Credential): string | undefined {
  if (type === 'certificate' || typeof attributes['subject'] === 'string') return undefined
  return refs.find((ref) => ref.startsWith(REF))?.slice(REF.length)
}

export interface Opening {
  /** `HOST:USER` */
  readonly account: string
  readonly options: readonly string[]
}

/** The accounts that the key opens as it is, from the attributes `opens:HOST:USER`; an authority's key opens none itself. */
export function openings({ attributes }: Credential): Opening[] {
  if (isTrue(attributes, 'certAuthority')) return []
  return Object.keys(attributes)
    .filter((name) => name.startsWith('opens:'))
    .sort()
    .flatMap((name) => {
      const about = attributes[name]
      return isAttributes(about) ? [{ account: name.slice('opens:'.length), options: wordsOf(about, 'options') }] : []
    })
}

export const userOf = (account: string): string => account.slice(account.lastIndexOf(':') + 1)
