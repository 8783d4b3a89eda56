// Which policies a user, group or role holds: inline ones with their documents, managed ones by ARN, and the boundary.
import { ref } from '#kernel'
import type { Observation, Ref } from '#kernel'
import { isRecord, listOf, member, textIn } from '../untrusted-value.ts'
import { problemAt, provenanceOf } from './place.ts'
import type { Place, UntrustedRecord } from './place.ts'
import { policyFact } from './policy-document.ts'

/** Stands for rights that could not be read: no input has such a policy, so what its holder may do is not known. */
const unread = (place: Place, record: object, target: Ref, as: 'identity' | 'boundary' = 'identity'): Observation => ({
  type: 'attachment',
  policy: ref('aws', `${target.slice('aws:'.length)}/unreadable-${as === 'boundary' ? 'boundary' : 'policies'}`),
  target,
  as,
  provenance: provenanceOf(place, record, 'unreadable'),
})

/** A list that is something else is said, and leaves open what its holder may do; `null` is how some tools write none. */
export function* unreadList(record: UntrustedRecord, place: Place, target: Ref, key: string): Generator<Observation> {
  const value = member(record, key)
  if (value === undefined || value === null || Array.isArray(value)) return
  yield problemAt(place, record, `\`${key}\` is not a list: what it gives is not known, export the account again`)
  yield unread(place, record, target)
}

/** `inline` is the name of the list of inline policies, which differs by what holds them. */
export function* attachmentFacts(
  record: UntrustedRecord,
  place: Place,
  target: Ref,
  inline: string,
): Generator<Observation> {
  yield* unreadList(record, place, target, inline)
  yield* unreadList(record, place, target, 'AttachedManagedPolicies')
  for (const policy of listOf(member(record, inline))) {
    const name = isRecord(policy) ? textIn(policy, 'PolicyName') : undefined
    if (!isRecord(policy) || name === undefined) {
      yield problemAt(place, isRecord(policy) ? policy : record, 'an inline policy without a name: it was left out')
      yield unread(place, record, target)
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
    if (!isRecord(policy) || arn === undefined) {
      yield problemAt(place, isRecord(policy) ? policy : record, 'an attached policy without an ARN: it was left out')
      yield unread(place, record, target)
      continue
    }
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
  } else if (boundary !== undefined && boundary !== null) {
    yield problemAt(place, record, 'a permissions boundary without an ARN: what it leaves is not known')
    yield unread(place, record, target, 'boundary')
  }
}
