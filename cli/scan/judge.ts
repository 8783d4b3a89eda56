// From what was read to findings: the same pure steps that the server runs, wired for one scan in memory.
import { effectiveAccess } from '#access'
import type { EffectiveAccess } from '#access'
import type { Config } from '#config'
import type { ReadResult } from '#connectors'
import { DETECTORS, detectAll, estateInMemory } from '#governance'
import type { EstateReader, Finding } from '#governance'
import { assessOwners, classify, correlate, overrideKinds } from '#identity'
import type { Classification } from '#identity'
import type { Id, Instant } from '#kernel'

export interface Judgement {
  readonly estate: EstateReader
  readonly findings: readonly Finding[]
  /** What failed on the way, as entries of the report's `errors`: a bug of ours costs its own answer only. */
  readonly failures: readonly Failure[]
}

interface Failure {
  readonly file: string
  readonly line: number | null
  readonly message: string
}

export function judge(read: ReadResult, config: Config, asOf: Instant): Judgement {
  const failures: Failure[] = []
  const graph = overrideKinds(correlate(read.facts), config.classification)
  const access: Map<Id<'principal'>, EffectiveAccess> = effectiveAccess(read.facts, graph, (system) =>
    failures.push({
      file: '',
      line: null,
      message: `the rights in ${system} could not be worked out and are unknown; please report this`,
    }),
  )
  const classification = new Map<Id<'principal'>, Classification>()
  for (const principal of graph.principals.values()) {
    const tier = access.get(principal.id)?.tier ?? 'unknown'
    classification.set(principal.id, classify(principal, tier, config.classification))
  }
  const estate = estateInMemory({
    ...graph,
    asOf,
    settings: config.governance,
    facts: read.facts,
    access,
    classification,
    ownership: assessOwners(graph, read.facts, config.owners),
  })
  const findings = detectAll(estate, DETECTORS, ({ detector, externalId, location }) =>
    failures.push({
      file: location?.file ?? '',
      line: location?.startLine ?? null,
      message: `the detector ${detector} failed on \`${externalId}\`; please report this`,
    }),
  )
  return { estate, findings, failures }
}
