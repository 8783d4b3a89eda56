// NHI2: a secret value stands in a file, where whoever reads the file has it; and whose it is, when that is known.
import { CREDENTIAL_TYPES } from '#kernel'
import type { Credential } from '#identity'
import type { Detector } from '../detector.ts'
import type { EstateReader } from '../dossier.ts'
import { SEVERITIES } from '../finding.ts'
import type { Severity } from '../finding.ts'
import { leaksOf, leakOrdinal } from '../leak.ts'
import type { Leak } from '../leak.ts'
import { holderOf, isPrivileged, placeOf, subjectOf, tierOf } from '../subject.ts'

export const secretLeaked: Detector = {
  id: 'secret-leaked',
  title: 'a secret stands in a file',
  severityRule:
    'high from confidence 0.8, medium from 0.6, else low; at least high when it is known whose it is, critical when that principal is of tier high or admin; one step lower in tests, examples and documents; low when it is expired, disabled, or a private key that a passphrase protects',
  owasp: ['NHI2:2025'],
  controls: ['PR.AA-01', 'PR.DS-01', 'PR.PS-06'],
  needs: 'source code, configuration, or the history of a repository',
  blindSpot:
    'a secret in a binary or encrypted file, or one that looks like an ordinary word; whether the secret still works is not tried',
  remediation:
    'Rotate the secret first: taking the line out does not take it back from those who have read it. Then keep it in a secret store or hand it over by workload identity, and clean the history if the repository is shared.',
  *onCredential(credential, estate) {
    const holder = holderOf(credential, estate)?.principal
    for (const leak of leaksOf(credential, estate)) {
      const { file, rule, name } = leak
      const { severity, reasons } = severityOf(credential, leak, estate)
      const ordinal = leakOrdinal(credential, leak, estate)
      const called = name === undefined ? '' : ` \`${name}\``
      const type = CREDENTIAL_TYPES[credential.type].title
      yield {
        subject:
          holder === undefined
            ? { credentialId: credential.id, externalId: `${file}:${name ?? rule}` }
            : { ...subjectOf(holder), credentialId: credential.id },
        discriminator: [
          file,
          rule,
          ...(name === undefined ? [] : [name]),
          ...(ordinal === 0 ? [] : [ordinal + 1]),
        ].join(' '),
        severity,
        severityReasons: reasons,
        title:
          holder === undefined
            ? `${article(type)} ${type}${called} stands in ${file}`
            : `the secret of ${holder.nativeType} ${holder.name} stands in ${file}`,
        locations: leak.sightings.map(placeOf),
        evidence: {
          rule,
          ...(name === undefined ? {} : { name }),
          confidence: leak.confidence,
          ...(holder === undefined ? {} : { whose: holder.externalId }),
          ...(credential.hint === undefined ? {} : { hint: credential.hint }),
          onlyInHistory: leak.onlyInHistory,
          alsoInFiles: leak.otherFiles,
        },
      }
    }
  },
}

const article = (word: string): string => (/^(?:[aeiou]|SSH|X\.)/i.test(word) ? 'an' : 'a')

function severityOf(
  credential: Credential,
  leak: Leak,
  estate: EstateReader,
): { severity: Severity; reasons: string[] } {
  const reasons = [`the rule \`${leak.rule}\` is ${Math.round(leak.confidence * 100)} % sure`]
  let severity: Severity = leak.confidence >= 0.8 ? 'high' : leak.confidence >= 0.6 ? 'medium' : 'low'
  const holder = holderOf(credential, estate)?.principal
  if (holder !== undefined) {
    const tier = tierOf(credential, estate)
    severity = isPrivileged(tier) ? 'critical' : 'high'
    reasons.unshift(`it is the secret of ${holder.externalId}${tier === 'unknown' ? '' : `, privilege tier ${tier}`}`)
  } else if (leak.rehearsal) {
    severity = SEVERITIES[Math.max(1, SEVERITIES.indexOf(severity) - 1)] ?? 'low'
    reasons.unshift('it stands among tests, examples or documents')
  }
  const spent = whySpent(credential, estate)
  if (spent !== undefined) {
    severity = 'low'
    reasons.unshift(spent)
  }
  if (leak.onlyInHistory) reasons.push('it stands in the history only, where it can still be read')
  return { severity, reasons }
}

/** Why nobody can use it as it stands. */
function whySpent(credential: Credential, estate: EstateReader): string | undefined {
  if (credential.expiresAt !== undefined && credential.expiresAt < estate.asOf) {
    return `it expired on ${credential.expiresAt.slice(0, 10)}`
  }
  if (credential.enabled === false) return 'it is disabled'
  return credential.attributes['encrypted'] === true ? 'a passphrase protects the key' : undefined
}
