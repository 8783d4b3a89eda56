// The relation from a job or an action to each action, reusable workflow and image that it runs.
import type { Observation, Provenance, Ref } from '#kernel'
import { optional } from '../untrusted-value.ts'
import { actionRef, localAction } from './repository-place.ts'
import type { RepositoryPlace } from './repository-place.ts'
import { parseUses } from './action-reference.ts'
import type { ActionReference } from './action-reference.ts'

const NATIVE_TYPE: Record<ActionReference['kind'], string> = {
  action: 'github-action',
  'reusable-workflow': 'github-reusable-workflow',
  image: 'github-action-image',
}

/** A mention of what is used and the relation to it; nothing for an expression or what GitHub would refuse. */
export function* usesFacts(
  from: Ref,
  uses: string,
  place: RepositoryPlace,
  provenance: Provenance,
  extra: Readonly<Record<string, boolean>> = {},
): Generator<Observation> {
  const used = parseUses(uses)
  if (used === undefined) return
  const ownOwner = place.repository?.split('/')[0]
  const thirdParty = !used.local && used.owner?.toLowerCase() !== ownOwner?.toLowerCase()
  const target = used.local
    ? localAction(place, used.name)
    : used.kind === 'image'
      ? { ref: actionRef(`docker://${used.name}`), externalId: `docker://${used.name}` }
      : { ref: actionRef(used.name), externalId: used.name }
  yield {
    type: 'principal',
    ref: target.ref,
    kind: 'workload',
    nativeType: NATIVE_TYPE[used.kind],
    system: 'github',
    externalId: target.externalId,
    name: target.externalId,
    ...(thirdParty && used.owner !== undefined ? { vendor: used.owner } : {}),
    mentioned: true,
    provenance,
  }
  yield {
    type: 'relation',
    relation: 'uses',
    from: { ref: from },
    to: target.ref,
    attributes: {
      action: target.externalId,
      ...optional('owner', used.owner),
      ...optional('version', used.version),
      pinned: used.pinned,
      thirdParty,
      local: used.local,
      reusableWorkflow: used.kind === 'reusable-workflow',
      image: used.kind === 'image',
      ...extra,
    },
    provenance,
  }
}
