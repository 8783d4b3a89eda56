// Which policies a user, group or role holds: inline ones with their documents, managed ones by ARN, and the boundary.
import { ref } from '#kernel'
import type { Observation, Ref } from '#kernel'
import { isRecord, listOf, member, textIn } from '../untrusted-value.ts'
import { problemAt, provenanceOf } from './place.ts'
import type { Place, UntrustedRecord } from './place.ts'
import { policyFact } from './policy-document.ts'

/** `inline` is the name of the list of inline policies, which differs by what holds them. */
export function* attachmentFacts(
  record: UntrustedRecord,
  place: Place,
  target: Ref,
  inline: string,
): Generator<Observation> {
  for (const policy of listOf(member(record, inline))) {
    const name = isRecord(policy) ? textIn(policy, 'PolicyName') : undefined
    if (!isRecord(policy) || name === undefined) {
      yield problemAt(place, isRecord(policy) ? policy : record, 'an inline policy without a name: it was left out')
      continue
    }
    const policyRef = ref('aws', `${target.slice('aws:'.length)}/inline-policy/${name}`)
    yield* policyFact(policyRef, name, member(policy, 'PolicyDocument'), { ...place, node: policy })
    yield {
      type: 'attachment',
      policy: policyRef,
      target,
      as: 'identity',
      via: 'inline',
      provenance: provenanceOf(place, policy, name),
    }
  }
  for (const policy of listOf(member(record, 'AttachedManagedPolicies'))) {
    const arn = isRecord(policy) ? textIn(policy, 'PolicyArn') : undefined
    if (!isRecord(policy) || arn === undefined) continue
    yield {
      type: 'attachment',
      policy: ref('aws', arn),
      target,
      as: 'identity',
      provenance: provenanceOf(place, policy, arn),
    }
  }
  const boundary = member(record, 'PermissionsBoundary')
  const arn = isRecord(boundary) ? textIn(boundary, 'PermissionsBoundaryArn') : undefined
  if (isRecord(boundary) && arn !== undefined) {
    yield {
      type: 'attachment',
      policy: ref('aws', arn),
      target,
      as: 'boundary',
      provenance: provenanceOf(place, boundary, arn),
    }
  }
}
