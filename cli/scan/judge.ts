// From what was read to findings: the same pure steps that the server runs, wired for one scan in memory.
import { effectiveAccess } from '#access'
import type { EffectiveAccess } from '#access'
import type { ReadResult } from '#connectors'
import { detectAll, estateInMemory } from '#governance'
import type { EstateReader, Finding, GovernanceSettings } from '#governance'
import { assessOwners, classify, correlate } from '#identity'
import type { Classification } from '#identity'
import type { Id, Instant } from '#kernel'

export interface Judgement {
  readonly estate: EstateReader
  readonly findings: readonly Finding[]
}

export function judge(read: ReadResult, settings: GovernanceSettings, asOf: Instant): Judgement {
  const graph = correlate(read.facts)
  const access: Map<Id<'principal'>, EffectiveAccess> = effectiveAccess(read.facts, graph)
  const classification = new Map<Id<'principal'>, Classification>()
  for (const principal of graph.principals.values()) {
    classification.set(principal.id, classify(principal, access.get(principal.id)?.tier ?? 'unknown'))
  }
  const estate = estateInMemory({
    ...graph,
    asOf,
    settings,
    facts: read.facts,
    access,
    classification,
    ownership: assessOwners(graph, read.facts),
  })
  return { estate, findings: detectAll(estate) }
}
