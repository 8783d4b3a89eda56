// A job that is given a secret value in its own definition: the leaked credential, and the job as its consumer.
import type { Observation, Provenance, Ref } from '#kernel'
import { embeddedSecret } from '../embedded-secret.ts'
import type { ReadContext } from '../port.ts'
import type { SecretInText } from './command-line.ts'

export function* givenSecrets(
  secrets: readonly SecretInText[],
  rule: string,
  to: Ref | undefined,
  provenance: Provenance,
  context: ReadContext,
): Generator<Observation> {
  for (const { name, value } of secrets) {
    const fact = embeddedSecret({ name, value, rule }, provenance, context)
    yield fact
    if (to === undefined) continue
    const by = fact.ref === undefined ? undefined : { ref: fact.ref }
    const credential = by ?? (fact.fingerprint === undefined ? undefined : { fingerprint: fact.fingerprint })
    if (credential !== undefined) yield { type: 'consumer', principal: to, credential, provenance }
  }
}
