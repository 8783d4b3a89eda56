// Whether a statement is shaped as IAM demands. What is not is said once per document, and what it gives is not known.
import { isRecord, member, oneOrMore, textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'

type Use = 'rights' | 'trust'

const isTexts = (value: unknown): boolean =>
  oneOrMore(value).length > 0 && oneOrMore(value).every((item) => typeof item === 'string')

/** One of the two members, and text in every place of it. */
function holdsTexts(statement: UntrustedRecord, key: string, not: string): boolean {
  const stated = [member(statement, key), member(statement, not)].filter((value) => value !== undefined)
  return stated.length > 0 && stated.every(isTexts)
}

function namesParties(statement: UntrustedRecord): boolean {
  const stated = member(statement, 'Principal') ?? member(statement, 'NotPrincipal')
  if (isRecord(stated)) return Object.values(stated).length > 0 && Object.values(stated).every(isTexts)
  return typeof stated === 'string'
}

function isStatement(value: unknown, use: Use): boolean {
  if (!isRecord(value) || !/^(?:Allow|Deny)$/.test(textIn(value, 'Effect') ?? '')) return false
  if (!holdsTexts(value, 'Action', 'NotAction')) return false
  const parties = member(value, 'Principal') ?? member(value, 'NotPrincipal')
  // a policy of a resource names parties, and may leave the resource out
  if (use === 'trust' || parties !== undefined) return namesParties(value)
  return holdsTexts(value, 'Resource', 'NotResource')
}

/** The statements of which something cannot be read. */
export const unreadableStatements = (document: UntrustedRecord, use: Use): readonly unknown[] =>
  oneOrMore(member(document, 'Statement')).filter((statement) => !isStatement(statement, use))
