// What detectors ask of AWS principals: whether the rule is about them, their powers, and how their trust is written.
import type { EffectiveAccess } from '#access'
import type { Principal, Relation } from '#identity'
import { isAttributes, wordOf } from './attribute.ts'
import type { Dossier, EstateReader } from './dossier.ts'

/** A user or role that an input defines and that is not AWS's own. Rights of groups are judged at their members. */
export function isAwsIdentity({ system, mentionedOnly, nativeType }: Principal): boolean {
  return system === 'aws' && !mentionedOnly && (nativeType === 'iam-user' || nativeType === 'iam-role')
}

export const hasPower = (access: EffectiveAccess, power: string): boolean =>
  access.powers.some((one) => one.power === power)

/** Administration that is given outright, not come to by a chain or an escalation. */
export const isGivenAdmin = ({ access }: Dossier): boolean =>
  hasPower(access, 'admin:everything') || hasPower(access, 'admin:iam')

/** Accounts that are one's own: those whose principals an input defines, and those that the settings list. */
export function ownAccounts(estate: EstateReader): ReadonlySet<string> {
  const known = accountsOf.get(estate)
  if (known !== undefined) return known
  const accounts = new Set(estate.settings.ownAccounts)
  for (const { principal } of estate.dossiers()) {
    const account = wordOf(principal.attributes, 'account')
    if (principal.system === 'aws' && !principal.mentionedOnly && account !== undefined) accounts.add(account)
  }
  accountsOf.set(estate, accounts)
  return accounts
}

const accountsOf = new WeakMap<EstateReader, ReadonlySet<string>>()

/** One comparison of a trust's conditions. */
export interface TrustTerm {
  /** Lower case. */
  readonly key: string
  /** True for operators in which `*` and `?` are wildcards. */
  readonly wild: boolean
  readonly values: readonly string[]
}

/** The conditions that narrow: equalities and likenesses. What negates or compares otherwise is left out. */
export function narrowingTerms(relation: Relation): TrustTerm[] {
  const { conditions } = relation
  if (!isAttributes(conditions)) return []
  return Object.entries(conditions).flatMap(([operator, keys]) => {
    const match = /^(?:forallvalues:|foranyvalue:)?(string|arn)(equals|like)(?:ignorecase)?$/i.exec(operator)
    if (match === null || !isAttributes(keys)) return []
    const wild = match[1]?.toLowerCase() === 'arn' || match[2]?.toLowerCase() === 'like'
    return Object.entries(keys).map(([key, value]): TrustTerm => ({
      key: key.toLowerCase(),
      wild,
      values: (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string'),
    }))
  })
}

/** A term whose values let anything through narrows nothing. */
export const isOpenTerm = ({ wild, values }: TrustTerm): boolean => wild && values.some((value) => /^\*+$/.test(value))
