// NHI3, NHI6: a role lets in anyone, or another organisation without a word that proves on whose behalf it calls.
import type { Relation } from '#identity'
import type { Detector } from '../detector.ts'
import { isTrue, recordsOf, wordOf } from '../attribute.ts'
import { isAwsIdentity, isOpenTerm, narrowingTerms, ownAccounts } from '../aws-principal.ts'
import { isPrivileged, placeOf, subjectOf } from '../subject.ts'

/** Keys of which a value leaves few callers. */
const SAYS_WHO =
  /^(?:aws:principal(?:orgid|orgpaths|arn|account|tag\/.+)|aws:userid|aws:username|aws:source(?:ip|vpc|vpce|account|arn|orgid|orgpaths)|sts:externalid|saml:.+)$/
/** Keys with which a third party proves for which of its customers it calls. */
const SAYS_FOR_WHOM = /^(?:sts:externalid|aws:principal(?:orgid|orgpaths|tag\/.+)|aws:source(?:ip|vpc|vpce))$/

export const awsTrustOpen: Detector = {
  id: 'aws-trust-open',
  title: 'a role can be taken on by anyone, or by a third party without an external id',
  severityRule:
    'anyone: critical from privilege tier high, else high; another account: high from privilege tier high, else medium',
  owasp: ['NHI3:2025', 'NHI6:2025'],
  controls: ['PR.AA-05', 'GV.SC-07'],
  needs: 'roles with their trust policies',
  blindSpot:
    'which accounts are your own is known from the exports that are scanned and from `ownAccounts` in reeve.yaml; service control policies are not seen',
  remediation:
    'Name the principals that need the role. For a third party require the external id that it gives you (sts:ExternalId), for your own organisation aws:PrincipalOrgID.',
  *onPrincipal({ principal, access, in: into }, estate) {
    if (!isAwsIdentity(principal)) return
    const seen = new Set<string>()
    for (const relation of into) {
      const opened = openedTo(relation, ownAccounts(estate))
      if (opened === undefined || seen.has(opened)) continue
      seen.add(opened)
      const anyone = opened === '*'
      const grave = isPrivileged(access.tier)
      yield {
        subject: subjectOf(principal),
        discriminator: opened,
        severity: anyone ? (grave ? 'critical' : 'high') : grave ? 'high' : 'medium',
        severityReasons: [
          anyone
            ? 'whoever has any AWS account can take it on'
            : 'another customer of that account could have it call on their behalf (confused deputy)',
          ...(grave ? [`privilege tier ${access.tier}`] : []),
        ],
        title: anyone
          ? `role ${principal.name} can be taken on by anyone`
          : `role ${principal.name} trusts AWS account ${opened}, which is not known as your own, without an external id`,
        locations: [placeOf(relation.provenance)],
        evidence: { trusted: wordOf(relation.attributes, 'trusted') ?? opened, tier: access.tier },
      }
    }
  },
}

/** A deny of those that it names leaves everyone else in. */
const namesTheDenied = (block: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(block).some(
    ([operator, keys]) =>
      /^(?:arn|string)(?:equals|like)/i.test(operator) &&
      typeof keys === 'object' &&
      keys !== null &&
      Object.keys(keys).some((key) => key.toLowerCase() === 'aws:principalarn'),
  )

/** `*`, a foreign account, or `undefined` when the trust is narrow enough or not of this kind. */
function openedTo(relation: Relation, own: ReadonlySet<string>): string | undefined {
  const { attributes } = relation
  if (relation.relation !== 'may_assume') return undefined
  const kind = wordOf(attributes, 'trust')
  const terms = narrowingTerms(relation).filter((term) => !isOpenTerm(term))
  // a deny for all but some narrows as well as a condition does
  if (recordsOf(attributes, 'deniedIf').some((block) => !namesTheDenied(block))) return undefined
  if (kind === 'any') return terms.some(({ key }) => SAYS_WHO.test(key)) ? undefined : '*'
  const account = wordOf(attributes, 'account')
  if ((kind !== 'account' && kind !== 'principal') || account === undefined || own.has(account)) return undefined
  if (!isTrue(attributes, 'external')) return undefined
  return terms.some(({ key }) => SAYS_FOR_WHOM.test(key)) ? undefined : account
}
