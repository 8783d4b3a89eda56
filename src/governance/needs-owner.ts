// Which records somebody must answer for, and which of several that belong together is asked about.
import type { Principal } from '#identity'
import type { Id } from '#kernel'
import type { Dossier, EstateReader } from './dossier.ts'

/** Made and kept by the platform itself: its owner is the platform's. */
const OF_THE_PLATFORM: ReadonlySet<string> = new Set(['iam-service-linked-role', 'github-hosted-runner'])

/** Not people (they answer for themselves), not groups, not what inputs only mention, not what the platform keeps. */
export function needsOwner(principal: Principal): boolean {
  const { kind, mentionedOnly, nativeType, system, vendor } = principal
  if (mentionedOnly || kind === 'human' || kind === 'group') return false
  return !OF_THE_PLATFORM.has(nativeType) && !(system === 'entra' && vendor === 'Microsoft')
}

const asked = new WeakMap<
  EstateReader,
  { readonly firstJob: Map<string, Id<'principal'>>; readonly clients: Set<string> }
>()

/**
 * Whether another record is asked instead, because one answer covers both: the first job for the jobs of a workflow
 * file, an MCP client for the servers of its configuration, an application for its service principal.
 */
export function anotherIsAsked({ principal, in: into }: Dossier, estate: EstateReader): boolean {
  const file = principal.provenance[0]?.file ?? ''
  if (principal.nativeType === 'workflow-job') return indexOf(estate).firstJob.get(file) !== principal.id
  if (principal.nativeType === 'mcp-server') return indexOf(estate).clients.has(file)
  if (principal.nativeType !== 'servicePrincipal') return false
  return into.some(({ relation, fromId }) => {
    const from = fromId === undefined ? undefined : estate.dossier(fromId)?.principal
    return relation === 'runs_as' && from?.nativeType === 'application' && !from.mentionedOnly
  })
}

function indexOf(estate: EstateReader): { firstJob: Map<string, Id<'principal'>>; clients: Set<string> } {
  const known = asked.get(estate)
  if (known !== undefined) return known
  const index = { firstJob: new Map<string, Id<'principal'>>(), clients: new Set<string>() }
  for (const { principal } of estate.dossiers()) {
    const file = principal.provenance[0]?.file ?? ''
    if (principal.nativeType === 'mcp-client' && !principal.mentionedOnly) index.clients.add(file)
    if (principal.nativeType === 'workflow-job' && !principal.mentionedOnly && !index.firstJob.has(file))
      index.firstJob.set(file, principal.id)
  }
  asked.set(estate, index)
  return index
}
