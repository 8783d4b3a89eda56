// `--only`: narrows what is shown to detectors, a severity, or what a connector said. Everything is still read.
import { CONNECTORS } from '#connectors'
import { DETECTORS, SEVERITIES } from '#governance'
import type { EstateReader, Finding, Severity } from '#governance'
import { Fault } from '#kernel'
import { didYouMean } from '../terminal/did-you-mean.ts'

export type Keeps = (finding: Finding) => boolean

/** Words of one sort widen (`aws github`), words of different sorts narrow (`aws high`). Severities mean "at least". */
export function parseOnly(words: readonly string[]): (estate: EstateReader) => Keeps {
  const detectors = new Set<string>()
  const connectors = new Set<string>()
  let bar: Severity | undefined
  for (const word of words.flatMap((one) => one.split(',')).filter((one) => one !== '')) {
    const severity = SEVERITIES.find((one) => one === word)
    if (severity !== undefined) {
      if (bar === undefined || SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(bar)) bar = severity
    } else if (DETECTORS.some(({ id }) => id === word)) detectors.add(word)
    else if (CONNECTORS.some(({ id }) => id === word)) connectors.add(word)
    else {
      const known = [...SEVERITIES, ...[...DETECTORS, ...CONNECTORS].map(({ id }) => id)]
      throw new Fault(
        'usage',
        `\`${word}\` is no severity, detector or connector${didYouMean(word, known)} (reeve detectors lists them)`,
      )
    }
  }
  return (estate) => {
    const sourcesOf = connectors.size === 0 ? undefined : sourcesIn(estate)
    return (finding) =>
      (detectors.size === 0 || detectors.has(finding.detector)) &&
      (bar === undefined || atLeast(finding.severity, bar)) &&
      (sourcesOf === undefined || sourcesOf(finding).some((connector) => connectors.has(connector)))
  }
}

export const atLeast = (severity: Severity, bar: Severity): boolean =>
  SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(bar)

/** The connectors that know the credential that a finding is about, or else its principal. */
function sourcesIn(estate: EstateReader): (finding: Finding) => string[] {
  const sightings = new Map([...estate.credentials()].map((credential) => [credential.id, credential.sightings]))
  return ({ subject }) => {
    const places =
      subject.credentialId === undefined
        ? subject.principalId === undefined
          ? []
          : (estate.dossier(subject.principalId)?.principal.provenance ?? [])
        : (sightings.get(subject.credentialId) ?? [])
    return places.map(({ connector }) => connector)
  }
}
