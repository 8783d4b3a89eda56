// Tags as AWS lists them, and what they say of owner, environment and purpose.
import type { OwnerHint } from '#kernel'
import { isRecord, listOf, member, textOf } from '../untrusted-value.ts'

export interface TagFacts {
  readonly labels: Readonly<Record<string, string>>
  readonly ownerHints: readonly OwnerHint[]
  readonly environment?: { readonly value: string; readonly reason: string }
  readonly purpose?: { readonly text: string; readonly reason: string }
}

const OWNER =
  /^(?:[a-z0-9]+[:_-])?(?:owner|owners|owned-?by|team|squad|contact|technical-?contact|maintainer|responsible|owner-?e?mail|team-?e?mail)$/i
const CREATOR = /^(?:[a-z0-9]+[:_-])?(?:created-?by|creator|requested-?by|requester)$/i
const ENVIRONMENT = /^(?:[a-z0-9]+[:_-])?(?:env|environment|stage)$/i
const PURPOSE = /^(?:[a-z0-9]+[:_-])?(?:purpose|description|used-?for)$/i

/** SECURITY: people put secrets even into tags; such a tag is left out. */
const HOLDS_A_SECRET = /passw|secret|token|credential|api[-_]?key|private[-_]?key/i

/** `[{Key, Value}]`; what is shaped otherwise is left out. */
export function readTags(tags: unknown): TagFacts {
  const labels: Record<string, string> = {}
  for (const tag of listOf(tags)) {
    if (!isRecord(tag)) continue
    const key = textOf(member(tag, 'Key'))
    const value = textOf(member(tag, 'Value'))
    if (key !== undefined && value !== undefined && key !== '__proto__' && !HOLDS_A_SECRET.test(key))
      labels[key] = value
  }
  const named = (pattern: RegExp): [string, string][] =>
    Object.entries(labels).filter(([key]) => pattern.test(key.replaceAll(' ', '-')))
  const hints = (pattern: RegExp, how: OwnerHint['how']): OwnerHint[] =>
    named(pattern).map(([key, who]) => ({ who, how, reason: `tag \`${key}\`` }))
  const [environment] = named(ENVIRONMENT)
  const [purpose] = named(PURPOSE)
  return {
    labels,
    ownerHints: [...hints(OWNER, 'tag'), ...hints(CREATOR, 'created_by')],
    ...(environment === undefined
      ? {}
      : { environment: { value: environment[1], reason: `tag \`${environment[0]}\`` } }),
    ...(purpose === undefined ? {} : { purpose: { text: purpose[1], reason: `tag \`${purpose[0]}\`` } }),
  }
}
