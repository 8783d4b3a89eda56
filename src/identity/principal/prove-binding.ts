// Proof that a principal is what it is said to be: a challenge signed with one of its keys, or its owner's word.
import { randomBytes } from 'node:crypto'
import { Fault, msAfter } from '#kernel'
import type { Act, Id, Instant, Ref } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import type { Binding } from '../record/principal-record.ts'
import { textOf } from './limits.ts'
import { speaksFor } from './owner-party.ts'
import { changePrincipal, lockPrincipal } from './patch-principal.ts'
import type { CurrentPrincipal, OfPrincipal, PrincipalPatch } from './patch-principal.ts'
import { signedBy } from './signed-by.ts'
import type { SignatureOffered } from './signed-by.ts'

export interface BindingChallenge {
  readonly nonce: string
  /** To be signed byte for byte. It names the principal, so that a signature is good for no other. */
  readonly message: string
  readonly expiresAt: Instant
}

const CHALLENGE_MINUTES = 10
const messageOf = (principalId: string, nonce: string): string => `reeve-binding-v1:${principalId}:${nonce}`

/** A new challenge takes the place of an earlier one of the same principal. Each is used once. */
export async function challengeBinding(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal,
): Promise<BindingChallenge> {
  const nonce = randomBytes(32).toString('base64url')
  const expiresAt = msAfter(act.at, CHALLENGE_MINUTES * 60_000)
  return await operate(identity, act, async (tx) => {
    const { id, data } = await lockPrincipal(tx, input)
    if (data.state === 'retired') throw new Fault('conflict', 'it is retired: there is nothing to bind')
    await tx.execute(sql`delete from identity.challenge where principal_id = ${id} or expires_at <= ${act.at}`)
    await tx.execute(sql`
      insert into identity.challenge (nonce, principal_id, expires_at) values (${nonce}, ${id}, ${expiresAt})`)
    return { nonce, message: messageOf(id, nonce), expiresAt }
  })
}

/** `teamIds` are the teams that the actor is an active member of. */
export type BindingProof =
  | { readonly how: 'challenge'; readonly nonce: string; readonly signed: SignatureOffered }
  | { readonly how: 'assertion'; readonly reason: string; readonly teamIds: readonly string[] }

/**
 * Throws Fault('unprocessable') where the signature does not hold, or the key is no live credential of this principal;
 * Fault('forbidden') for the assertion of anybody but the owner who accepted.
 */
export async function proveBinding(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & { readonly proof: BindingProof },
): Promise<CurrentPrincipal> {
  const { proof } = input
  return await changePrincipal(identity, act, input, async (current, tx) => {
    const by = act.actor.id
    if (proof.how === 'assertion') {
      const reason = textOf('reason', proof.reason)
      refuseOthers(act, current, proof.teamIds)
      return bound({ how: 'assertion', reason, at: act.at, by })
    }
    const credentialId = await signedWith(tx, act, current.id, proof)
    return bound({ how: 'challenge', reason: `a challenge signed with ${credentialId}`, at: act.at, by }, credentialId)
  })
}

function bound(binding: Binding, credentialId?: string): Omit<PrincipalPatch, 'current'> {
  return {
    patch: (record) => ({ ...record, binding }),
    words: {
      type: 'principal.binding_proved',
      about: credentialId === undefined ? [] : [credentialId],
      content: { how: binding.how, ...(credentialId === undefined ? {} : { credential: credentialId }) },
      ...(credentialId === undefined ? { reason: binding.reason } : {}),
    },
  }
}

function refuseOthers(act: Act, { data }: CurrentPrincipal, teamIds: readonly string[]): void {
  const { owner } = data
  const { personId } = act.actor
  if (owner?.from !== 'stated') throw new Fault('conflict', 'nobody has accepted to own it: assign an owner first')
  if (personId === undefined || !speaksFor({ personId, teamIds }, owner.party)) {
    throw new Fault('forbidden', 'only its owner can assert what it is: sign a challenge instead')
  }
}

async function signedWith(
  tx: Tx,
  act: Act,
  id: Id<'principal'>,
  { nonce, signed }: Extract<BindingProof, { how: 'challenge' }>,
): Promise<Id<'credential'>> {
  const used = await tx.execute(sql`
    delete from identity.challenge where nonce = ${nonce} and principal_id = ${id} and expires_at > ${act.at}`)
  if (used === 0) throw new Fault('unprocessable', 'the challenge was used or has expired: ask for a new one')
  const refs: Ref[] = signedBy(signed, messageOf(id, nonce), act.at)
  const [credential] = await tx.query<{ id: Id<'credential'> }>(sql`
    select id from identity.credential
    where principal_id = ${id} and state = 'live' and gone_at is null and data -> 'refs' ?| ${refs}::text[]
    order by id limit 1 for share`)
  if (credential === undefined) {
    throw new Fault('unprocessable', 'the key that signed is no live credential of this principal: record it first')
  }
  return credential.id
}
