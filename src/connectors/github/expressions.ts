// GitHub's `${{ … }}` expressions, as far as secrets and untrusted event fields are concerned. Linear in the text.
import { isRecord } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'

/** The inside of every complete `${{ … }}`; an opening without an end is plain text. */
export function expressionsIn(text: string): readonly string[] {
  const found: string[] = []
  for (let start = text.indexOf('${{'); start !== -1;) {
    const end = text.indexOf('}}', start + 3)
    if (end === -1) break
    found.push(text.slice(start + 3, end))
    start = text.indexOf('${{', end + 2)
  }
  return found
}

const SECRET =
  /\bsecrets\s{0,8}(?:\.\s{0,8}([A-Za-z_][A-Za-z0-9_]{0,254})|\[\s{0,8}'([A-Za-z_][A-Za-z0-9_]{0,254})'\s{0,8}\])/gi
const ALL_SECRETS = /\btojson\s{0,8}\(\s{0,8}secrets\s{0,8}\)/i

/** Names in upper case, as GitHub compares them; the workflow's own token is not among them. */
export function secretsIn(text: string): readonly string[] {
  const names: string[] = []
  for (const expression of expressionsIn(text)) {
    for (const match of expression.matchAll(SECRET)) {
      const name = (match[1] ?? match[2] ?? '').toUpperCase()
      if (name !== '' && name !== 'GITHUB_TOKEN') names.push(name)
    }
  }
  return names
}

export const dumpsAllSecrets = (text: string): boolean =>
  expressionsIn(text).some((expression) => ALL_SECRETS.test(expression))

/** Fields that whoever opens an issue, a comment or a pull request from a fork may fill with any text. */
const UNTRUSTED = [
  /\bgithub\.event\.(?:issue|pull_request|discussion)\.(?:title|body)\b/i,
  /\bgithub\.event\.pull_request\.head\.(?:ref|label|repo\.default_branch)\b/i,
  /\bgithub\.event\.(?:comment|review|review_comment)\.body\b/i,
  /\bgithub\.event\.pages\b.{0,20}\bpage_name\b/i,
  /\bgithub\.event\.(?:head_commit|commits\b.{0,8})\.(?:message|author\.(?:email|name))\b/i,
  /\bgithub\.event\.workflow_run\.(?:head_branch|display_title|head_commit\.(?:message|author\.(?:email|name)))\b/i,
  /\bgithub\.event\.workflow_run\.pull_requests\b.{0,8}\.head\.ref\b/i,
  /\bgithub\.head_ref\b/i,
]
/** What yields true, false or a digest, whatever the field holds. */
const TAMED = /[=!]=|\b(?:contains|startsWith|endsWith|hashFiles|toJSON)\s{0,8}\(/i

/** The untrusted fields whose text an expression inserts, as spelled; a comparison of one inserts nothing of it. */
export function untrustedFieldsIn(text: string): readonly string[] {
  const fields: string[] = []
  for (const expression of expressionsIn(text)) {
    for (const operand of expression.slice(0, 2000).split(/&&|\|\|/)) {
      if (TAMED.test(operand)) continue
      for (const field of UNTRUSTED) {
        const match = field.exec(operand)
        if (match !== null) fields.push(match[0].toLowerCase())
      }
    }
  }
  return fields
}

/** `value` with `${{ env.NAME }}` replaced where the surrounding `env` maps give a literal; else unchanged. */
export function resolveEnvironment(value: string, environments: readonly (UntrustedRecord | undefined)[]): string {
  const match = /^\s*\$\{\{\s{0,8}env\.([A-Za-z_][A-Za-z0-9_]{0,254})\s{0,8}\}\}\s*$/.exec(value.slice(0, 400))
  const name = match?.[1]
  if (name === undefined) return value
  for (const environment of environments) {
    const literal = environment !== undefined && Object.hasOwn(environment, name) ? environment[name] : undefined
    if (typeof literal === 'string') return literal
  }
  return value
}

/** Every string below `value` with the node and key that hold it; each shared node once, so that aliases cost nothing. */
export function* stringsBelow(
  value: unknown,
  seen = new WeakSet<object>(),
): Generator<{ readonly text: string; readonly node: object; readonly key: string | number }> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  const members: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item, index) => [index, item as unknown] as const)
    : isRecord(value)
      ? Object.entries(value)
      : []
  for (const [key, item] of members) {
    if (typeof item === 'string') yield { text: item, node: value, key }
    else yield* stringsBelow(item, seen)
  }
}
