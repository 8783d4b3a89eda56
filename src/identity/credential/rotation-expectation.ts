// After how many days a credential should have been rotated.
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import type { IdentityLayer } from '../operation.ts'
import { changeCredential } from './change-credential.ts'
import type { CurrentCredential, OfCredential } from './change-credential.ts'
import { credentialStateAfter } from './transitions.ts'

const DAYS_MAX = 3650

export function refuseDays(days: number): void {
  if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX) {
    throw new Fault('unprocessable', `\`rotateWithinDays\` is a whole number of days, 1 to ${DAYS_MAX}`)
  }
}

export async function setRotationExpectation(
  identity: IdentityLayer,
  act: Act,
  input: OfCredential & { readonly rotateWithinDays: number },
): Promise<CurrentCredential> {
  const { rotateWithinDays } = input
  refuseDays(rotateWithinDays)
  return await changeCredential(identity, act, input, ({ data }) => {
    const state = credentialStateAfter(data.state, 'expect_rotation')
    return {
      patch: (record) => ({ ...record, state, rotateWithinDays }),
      words: { type: 'credential.rotation_expected', content: { rotateWithinDays } },
    }
  })
}
