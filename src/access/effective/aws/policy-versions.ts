// Versions of a managed policy other than the one in force. The connector spells them as the policy's ref with the
// version behind a question mark.
import { ref } from '#kernel'
import type { PolicyFact, Ref } from '#kernel'

const VERSIONS_MAX = 5

/** AWS keeps at most five versions of a policy. */
export function otherVersions(facts: ReadonlyMap<Ref, PolicyFact>, arn: string): PolicyFact[] {
  return (versions.get(facts) ?? indexed(facts)).get(arn)?.slice(0, VERSIONS_MAX) ?? []
}

const versions = new WeakMap<ReadonlyMap<Ref, PolicyFact>, ReadonlyMap<string, PolicyFact[]>>()

function indexed(facts: ReadonlyMap<Ref, PolicyFact>): ReadonlyMap<string, PolicyFact[]> {
  const byArn = new Map<string, PolicyFact[]>()
  const start = ref('aws', '').length
  for (const [policyRef, fact] of facts) {
    const at = policyRef.indexOf('?version=')
    if (at === -1) continue
    const arn = policyRef.slice(start, at)
    const list = byArn.get(arn)
    if (list === undefined) byArn.set(arn, [fact])
    else list.push(fact)
  }
  versions.set(facts, byArn)
  return byArn
}
