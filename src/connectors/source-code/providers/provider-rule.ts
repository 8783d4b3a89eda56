// What a rule for one provider's token format says. The tables beside this file hold one line per format.
import type { CredentialType } from '#kernel'

export interface ProviderRule {
  /** Stable: users write it in `reeve.yaml` and read it in reports. */
  readonly id: string
  readonly title: string
  /** The literal part by which candidates are found; without regard to case, the pattern then decides. */
  readonly keyword: string
  /** How many bytes before the keyword the token may start; the pattern is tried at the first byte of that run. */
  readonly lead: number
  /** Sticky. Group 1 is the secret where only a part of the match is. */
  readonly pattern: RegExp
  readonly credentialType: CredentialType
  /** What the format itself says, to be shown in front of a hint. */
  readonly publicPrefix: string
  /** 0 to 1, for a well-formed token outside tests and documents. */
  readonly confidence: number
  /** True where a longer run of base 64 around it makes it chance. */
  readonly alone: boolean
  /** Multiplies the confidence: a checksum that does not hold makes a token less likely, not impossible. */
  readonly check?: (token: string) => number
}

interface Options {
  readonly type?: CredentialType
  readonly lead?: number
  readonly confidence?: number
  readonly check?: (token: string) => number
  /** For formats that a stretch of base 64 may hold by chance: nothing of that alphabet may touch it. */
  readonly alone?: boolean
  /** When the pattern does not begin with the keyword. */
  readonly whole?: boolean
}

/** Formats whose test mode cannot touch anything real still say how the live key is handled. */
export const TEST_MODE = 0.6
/** Formats that other things may have too. */
export const LOOSE = 0.75

const ALNUM_FOLLOWS = '(?![A-Za-z0-9])'
const BASE64_FOLLOWS = '(?![A-Za-z0-9+/=_-])'

/**
 * A token that begins with `keyword`; `rest` is what follows it, as regular expression source without nested
 * quantifiers. With `whole`, `rest` describes the token from its first byte and the keyword stands inside it.
 */
export function token(id: string, title: string, keyword: string, rest: string, options: Options = {}): ProviderRule {
  const literal = keyword.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`)
  const source = options.whole === true ? rest : `${literal}${rest}`
  return {
    id,
    title,
    keyword,
    lead: options.lead ?? 0,
    pattern: new RegExp(`${source}${options.alone === true ? BASE64_FOLLOWS : ALNUM_FOLLOWS}`, 'y'),
    alone: options.alone === true,
    credentialType: options.type ?? 'api_token',
    publicPrefix: options.whole === true ? '' : keyword,
    confidence: options.confidence ?? 0.95,
    ...(options.check === undefined ? {} : { check: options.check }),
  }
}
