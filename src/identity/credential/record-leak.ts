// A secret is where it must not be: the record says so until it is revoked, or has a new value.
import type { Act } from '#kernel'
import type { IdentityLayer } from '../operation.ts'
import { changeCredential, statedText } from './change-credential.ts'
import type { CurrentCredential, OfCredential } from './change-credential.ts'
import { credentialStateAfter } from './transitions.ts'

/** `where` is a place (a repository, a ticket, a site). SECURITY: never the value; entries do not repeat it. */
export async function recordLeak(
  identity: IdentityLayer,
  act: Act,
  input: OfCredential & { readonly where: string },
): Promise<CurrentCredential> {
  const where = statedText(input.where, 'where')
  return await changeCredential(identity, act, input, ({ data }) => {
    const state = credentialStateAfter(data.state, 'leak')
    return {
      patch: (record) => ({ ...record, state, leak: { at: act.at, by: act.actor.id, where } }),
      words: { type: 'credential.leaked' },
    }
  })
}
