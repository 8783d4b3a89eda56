// A role's trust policy: who may take the role on, one relation per trusted party and statement. A deny in the same
// policy takes the relation away when it holds always, and stands on it when it holds under conditions.
import { ref } from '#kernel'
import type { Json, Observation, Provenance, RelationFact } from '#kernel'
import { isRecord, member, oneOrMore, textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { iamArn, roleOfSession, ROOT_ARN, UNIQUE_ID } from './iam-name.ts'
import { statementsOf } from './policy-document.ts'
import { conditionOnly } from './policy-only.ts'

type TrustKind = 'principal' | 'account' | 'any' | 'service' | 'oidc' | 'saml'

interface Party {
  readonly kind: TrustKind
  /** As the policy writes it: an ARN, an account, a service principal, a provider. */
  readonly text: string
  readonly account?: string
}

export interface TrustedParty extends Party {
  readonly statement: UntrustedRecord
  readonly conditions: Json | undefined
  readonly deniedIf: readonly Json[]
}

const ASSUMES = /^(?:\*|sts:\*|sts:assumerole[*]?|sts:assumerole(?:withwebidentity|withsaml)?|sts:assume\*)$/i

const NAMED_ARN = /^arn:[^:]*:iam::(\d{12}):(?:user|role)\/[^*?]+$/

/** AWS takes 2,048 to 4,096 characters of trust policy; far more is no trust policy. */
const STATEMENTS_MAX = 200

/** The first statement that is not read any more. */
export const firstUnread = (document: UntrustedRecord): UntrustedRecord | undefined =>
  statementsOf(document)[STATEMENTS_MAX]

/** The trusted parties of a trust policy, in its order; of one far larger than AWS allows, those of its first part. */
export function trustedParties(document: UntrustedRecord): TrustedParty[] {
  const all = statementsOf(document).slice(0, STATEMENTS_MAX)
  const statements = all.filter((statement) =>
    oneOrMore(member(statement, 'Action')).some((action) => typeof action === 'string' && ASSUMES.test(action)),
  )
  const denies = statements.filter((statement) => textIn(statement, 'Effect') === 'Deny')
  const trusted: TrustedParty[] = []
  for (const statement of statements) {
    if (textIn(statement, 'Effect') !== 'Allow') continue
    for (const party of partiesOf(member(statement, 'Principal'))) {
      const against = denies.filter((deny) => concerns(deny, party))
      if (against.some((deny) => conditionOf(deny) === undefined)) continue
      const partly = denies.filter((deny) => !against.includes(deny))
      trusted.push({
        ...party,
        statement,
        conditions: conditionOf(statement),
        deniedIf: [
          ...against.flatMap((deny) => conditionOf(deny) ?? []),
          ...partly.flatMap((deny) => deniedWithin(deny, party) ?? []),
        ],
      })
    }
  }
  return trusted
}

function conditionOf(statement: UntrustedRecord): Json | undefined {
  const condition = member(statement, 'Condition')
  if (condition === undefined || condition === null) return undefined
  if (isRecord(condition) && Object.keys(condition).length === 0) return undefined
  return conditionOnly(condition)
}

function partiesOf(principal: unknown): Party[] {
  if (principal === '*') return [{ kind: 'any', text: '*' }]
  if (!isRecord(principal)) return []
  const each = (key: string): string[] =>
    oneOrMore(member(principal, key)).filter((item) => typeof item === 'string' && item !== '') as string[]
  return [
    ...each('AWS').map(awsParty),
    ...each('Service').map((text): Party => ({ kind: 'service', text: text.toLowerCase() })),
    ...each('Federated').map((text): Party => ({ kind: /:saml-provider\//.test(text) ? 'saml' : 'oidc', text })),
  ]
}

function awsParty(text: string): Party {
  if (text === '*') return { kind: 'any', text }
  const account = /^\d{12}$/.test(text) ? text : ROOT_ARN.exec(text)?.[2]
  if (account !== undefined) return { kind: 'account', text, account }
  const arn = roleOfSession(text)
  const itsAccount = /^arn:[^:]*:(?:iam|sts)::(\d{12}):/.exec(arn)?.[1]
  return { kind: 'principal', text: arn, ...(itsAccount === undefined ? {} : { account: itsAccount }) }
}

/** Whether a deny is about the party: by name, by its account, or about everyone. */
function concerns(deny: UntrustedRecord, party: Party): boolean {
  // `NotPrincipal` in a deny spares those it names
  const spared = member(deny, 'NotPrincipal')
  if (spared !== undefined) return !partiesOf(spared).some((other) => other.text === party.text)
  return partiesOf(member(deny, 'Principal')).some(
    (other) =>
      other.kind === 'any' ||
      other.text === party.text ||
      (other.kind === 'account' && other.account !== undefined && other.account === party.account),
  )
}

/**
 * A deny that names, or spares, single principals of a trusted account: the same deny as a condition on who calls. One
 * that names a session is left out, since the caller picks the name of its session.
 */
function deniedWithin(deny: UntrustedRecord, party: Party): Json | undefined {
  if (party.kind !== 'account' && party.kind !== 'any') return undefined
  const spared = member(deny, 'NotPrincipal')
  const stated = spared ?? member(deny, 'Principal')
  const within = oneOrMore(isRecord(stated) ? member(stated, 'AWS') : undefined).filter((text): text is string => {
    const account = typeof text === 'string' ? NAMED_ARN.exec(text)?.[1] : undefined
    return account !== undefined && (party.kind === 'any' || account === party.account)
  })
  if (within.length === 0) return undefined
  const conditions = conditionOf(deny)
  const block = isRecord(conditions) ? (conditions as Record<string, Json>) : {}
  const operators = spared === undefined ? ['ArnEquals', 'ArnLike'] : ['ArnNotEquals', 'ArnNotLike']
  const operator = operators.find((name) => !Object.hasOwn(block, name))
  // both are taken by conditions of its own: without the narrower term it denies more, never less
  return operator === undefined ? block : { ...block, [operator]: { 'aws:PrincipalArn': within } }
}

export interface TrustedRole {
  readonly arn: string
  readonly account: string
  readonly provenance: Provenance
}

/** The relations, and for a trusted principal that may stand nowhere else, a mention. */
export function* trustFacts(
  role: TrustedRole,
  parties: readonly TrustedParty[],
  placeOf: (statement: object) => Provenance,
): Generator<Observation> {
  for (const party of parties) {
    const provenance = placeOf(party.statement)
    if (party.kind === 'principal') yield* mention(party, provenance)
    yield relation(role, party, provenance)
  }
}

function relation(role: TrustedRole, party: TrustedParty, provenance: Provenance): RelationFact {
  const { kind, text, account, conditions, deniedIf } = party
  const claims = claimsOf(conditions)
  const sid = textIn(party.statement, 'Sid')
  return {
    type: 'relation',
    relation: 'may_assume',
    from:
      kind === 'principal'
        ? { ref: ref('aws', text) }
        : kind === 'oidc' || kind === 'saml'
          ? { pattern: claims.subjects?.join(' ') ?? '*', issuer: kind === 'oidc' ? issuerOf(text) : text }
          : { pattern: text },
    to: ref('aws', role.arn),
    ...(conditions === undefined ? {} : { conditions }),
    attributes: {
      trust: kind,
      trusted: text,
      ...(account === undefined ? {} : { account, external: account !== role.account }),
      ...(sid === undefined ? {} : { sid }),
      ...(deniedIf.length === 0 ? {} : { deniedIf }),
      externalId: claims.externalId,
      ...(claims.subjects === undefined ? {} : { subject: claims.subjects }),
      ...(claims.audiences === undefined ? {} : { audience: claims.audiences }),
    },
    provenance,
  }
}

/** A provider's ARN ends in its issuer's host and path; well-known providers are written as the host. */
export const issuerOf = (provider: string): string => /:oidc-provider\/(.+)$/.exec(provider)?.[1] ?? provider

interface Claims {
  readonly externalId: boolean
  readonly subjects: readonly string[] | undefined
  readonly audiences: readonly string[] | undefined
}

/** What the conditions say of the token's claims, from the operators that narrow (`…Equals`, `…Like`). */
function claimsOf(conditions: Json | undefined): Claims {
  let externalId = false
  let subjects: string[] | undefined
  let audiences: string[] | undefined
  for (const [operator, keys] of Object.entries(isRecord(conditions) ? conditions : {})) {
    if (!/^(?:for(?:any|all)values?:)?(?:string|arn)(?:equals|like)/i.test(operator) || !isRecord(keys)) continue
    for (const [key, value] of Object.entries(keys)) {
      const values = oneOrMore(value).filter((item) => typeof item === 'string')
      if (/^sts:externalid$/i.test(key)) externalId = true
      if (/:sub$/i.test(key)) subjects = [...(subjects ?? []), ...values]
      if (/:aud$/i.test(key)) audiences = [...(audiences ?? []), ...values]
    }
  }
  return { externalId, subjects, audiences }
}

function* mention(party: Party, provenance: Provenance): Generator<Observation> {
  const arn = iamArn(party.text)
  if (arn === undefined && !UNIQUE_ID.test(party.text)) return
  yield {
    type: 'principal',
    ref: ref('aws', party.text),
    kind: 'service_account',
    nativeType: arn === undefined ? 'iam-principal' : `iam-${arn.type}`,
    system: 'aws',
    externalId: party.text,
    name: arn?.name ?? party.text,
    mentioned: true,
    provenance,
  }
}
