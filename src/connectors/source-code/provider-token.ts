// Tries one provider's rule where its keyword stands.
import { placeholderKind } from './assigned/placeholder.ts'
import { entropyOf, isRepetition, sequentialShare } from './assigned/value-shape.ts'
import { BAR, RANK } from './candidate.ts'
import type { Candidate } from './candidate.ts'
import { CLOUD } from './providers/cloud.ts'
import { DEVELOPMENT } from './providers/development.ts'
import type { ProviderRule } from './providers/provider-rule.ts'
import { SERVICES } from './providers/services.ts'
import type { SourceText } from './source-text.ts'

export const PROVIDER_RULES: readonly ProviderRule[] = [...CLOUD, ...DEVELOPMENT, ...SERVICES]

/** `at` is where the keyword stands, in any case of letters. */
export function providerToken(source: SourceText, at: number, rule: ProviderRule): Candidate | undefined {
  const { text } = source
  if (!text.startsWith(rule.keyword, at)) return undefined
  const start = rule.lead === 0 ? at : leadStart(text, at, rule.lead)
  if (rule.lead === 0 && startsInsideWord(text, at)) return undefined
  if (rule.alone && /[+/=_-]/.test(text.charAt(at - 1))) return undefined
  rule.pattern.lastIndex = start
  const match = rule.pattern.exec(text)
  if (match === null) return undefined
  const secret = match.slice(1).find((group) => group !== undefined) ?? match[0]
  const random = secret.startsWith(rule.publicPrefix) ? secret.slice(rule.publicPrefix.length) : secret
  if (isMadeUp(random) || (rule.alone && entropyOf(random) < Math.min(4.3, Math.log2(random.length) * 0.7)))
    return undefined
  const confidence = Math.min(0.99, rule.confidence * (rule.check?.(secret) ?? 1))
  if (confidence < BAR) return undefined
  const from = start + match[0].lastIndexOf(secret)
  return {
    start: from,
    end: from + secret.length,
    secret,
    rule: rule.id,
    credentialType: rule.credentialType,
    confidence,
    ...(secret.startsWith(rule.publicPrefix) && rule.publicPrefix !== '' ? { publicPrefix: rule.publicPrefix } : {}),
    rank: RANK.provider,
  }
}

/** The pattern says how long the part before the keyword is; where fewer characters stand there, fewer are tried. */
function leadStart(text: string, at: number, lead: number): number {
  let start = at
  while (start > 0 && at - start < lead && /[\w~.+/-]/.test(text.charAt(start - 1))) start -= 1
  return start
}

function startsInsideWord(text: string, at: number): boolean {
  if (!/[A-Za-z0-9]/.test(text.charAt(at - 1)) || !/[A-Za-z0-9]/.test(text.charAt(at))) return false
  // `\n` before it is an escape and not a letter; `%3D` an escaped character of a URL
  return !(text.charAt(at - 2) === '\\' || text.charAt(at - 3) === '%')
}

/** Examples in documents: `xxxx`, `1234567890`, `YOUR_KEY`, a single letter over and over. */
function isMadeUp(random: string): boolean {
  if (random.length >= 12 && entropyOf(random) < 2.4) return true
  if (random.length >= 8 && (isRepetition(random) || sequentialShare(random) > 0.45)) return true
  // a format may hold what is a template's syntax elsewhere
  const said = placeholderKind(random)
  return said === 'advice' || said === 'mask'
}
