// A2A agent cards: an agent that offers skills to other agents, and how it wants them to authenticate.
import { ref } from '#kernel'
import type { Json, Observation } from '#kernel'
import type { ParsedDocument, UntrustedFile } from '../port.ts'
import { isRecord, listOf, member, optional, placeOf, textIn, words } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { addressOf } from './server-reach.ts'

export function isAgentCard(value: unknown): value is UntrustedRecord {
  return (
    isRecord(value) &&
    textIn(value, 'name') !== undefined &&
    Array.isArray(member(value, 'skills')) &&
    isRecord(member(value, 'capabilities')) &&
    addressIn(value) !== undefined
  )
}

/** The card's own address, or that of its first interface. */
function addressIn(card: UntrustedRecord): string | undefined {
  const interfaces = [...listOf(member(card, 'supportedInterfaces')), ...listOf(member(card, 'additionalInterfaces'))]
  return (
    textIn(card, 'url') ?? interfaces.map((item) => (isRecord(item) ? textIn(item, 'url') : undefined)).find(Boolean)
  )
}

export function* readAgentCard(
  file: UntrustedFile,
  document: ParsedDocument,
  node: UntrustedRecord,
): Generator<Observation> {
  const name = textIn(node, 'name') ?? ''
  const url = addressIn(node) ?? ''
  const address = addressOf(url)
  // SECURITY: an address may hold credentials or a token in its query, so only its public part names the agent
  const parsed = URL.parse(url)
  const externalId = parsed === null ? name : `${parsed.origin}${parsed.pathname}`
  const purpose = textIn(node, 'description')
  const provider = member(node, 'provider')
  const authentication = authenticationOf(node)
  yield {
    type: 'principal',
    ref: ref('a2a', externalId),
    kind: 'ai_agent',
    nativeType: 'a2a-agent',
    system: 'a2a',
    externalId,
    name,
    ...(purpose === undefined ? {} : { purpose: { text: purpose.slice(0, 300), reason: "the card's description" } }),
    ...optional('vendor', isRecord(provider) ? textIn(provider, 'organization') : undefined),
    attributes: {
      ...authentication,
      skills: listOf(member(node, 'skills')).flatMap((skill) =>
        isRecord(skill) ? (textIn(skill, 'id') ?? textIn(skill, 'name') ?? []) : [],
      ),
      ...(address === undefined ? {} : { host: address.host, scheme: address.scheme, localHost: address.local }),
      ...optional('version', textIn(node, 'version')),
      ...optional('protocolVersion', textIn(node, 'protocolVersion')),
    },
    provenance: placeOf('agents', file, document, node, name),
  }
}

/**
 * `required`: a caller must authenticate; `offered`: schemes are declared but none is demanded; `none`: nothing is
 * declared at all. Cards of the first protocol versions say it in `authentication`.
 */
function authenticationOf(card: UntrustedRecord): Record<string, Json> {
  const declared = member(card, 'securitySchemes')
  const schemes = isRecord(declared) ? Object.values(declared).filter(isRecord) : []
  const demanded = [...listOf(member(card, 'security')), ...listOf(member(card, 'securityRequirements'))]
  const early = member(card, 'authentication')
  const earlySchemes = isRecord(early)
    ? words(member(early, 'schemes')).filter((scheme) => !/^(?:none|public)$/i.test(scheme))
    : []
  const required = earlySchemes.length > 0 || demanded.some((item) => isRecord(item) && Object.keys(item).length > 0)
  return {
    authentication: required ? 'required' : schemes.length > 0 ? 'offered' : 'none',
    schemes: [...schemes.map(schemeType), ...earlySchemes],
  }
}

function schemeType(scheme: UntrustedRecord): string {
  const type = textIn(scheme, 'type')
  // the protocol's later form names the scheme by its one member: `httpAuthSecurityScheme`
  return type ?? Object.keys(scheme).find((key) => key.endsWith('SecurityScheme')) ?? 'unknown'
}
