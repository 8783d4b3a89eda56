// Tokens for persons and for API clients. A client's token has a credential record in the roll: a plan over two layers,
// the record first; what a crash leaves half done is put right at the next start.
import { Fault } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import { readActor, recordCredential, recordExposures, recordRevocation } from '#identity/roll'
import type { IdentityLayer, KeyedFingerprint } from '#identity/roll'
import type { Administration } from '../role/administration.ts'
import { administrationsOf, personsOf } from '../role/apart.ts'
import { rolesOf } from '../role/read-roles.ts'
import { ADMINISTRATIONS } from '../role/role.ts'
import type { Role } from '../role/role.ts'
import { assertFirst, createToken } from './create-token.ts'
import type { NewToken } from './create-token.ts'
import { mintToken } from './token-value.ts'
import { covers } from './token.ts'
import type { Scope } from './token.ts'

/** Whose record in the roll a token of ours is. */
export const TOKEN_SOURCE = 'reeve'

export interface TokenToIssue {
  /** A person (`psn_`) or an API client (`prn_`). */
  readonly subjectId: string
  readonly label: string
  readonly scopes: readonly Scope[]
  readonly expiresAt: Instant
  readonly by: { readonly subjectId: string; readonly roles: ReadonlySet<Role>; readonly scopes: readonly Scope[] }
  readonly fingerprint?: (secret: string) => readonly KeyedFingerprint[]
}

/** Throws Fault('forbidden') where who asks may not, Fault('not_found') and Fault('unprocessable') for the subject. */
export async function issueToken(
  identity: IdentityLayer,
  administration: Administration,
  act: Act,
  input: TokenToIssue,
): Promise<NewToken> {
  await assertMayIssue(identity, administration, act, input)
  const subject = await readActor(identity, input.subjectId)
  if (subject === undefined) throw new Fault('not_found', 'there is no such person or API client in the roll')
  if (subject.inactive !== undefined) throw new Fault('unprocessable', `no token can be made: ${subject.inactive}`)
  if (subject.kind === 'client')
    return await issueForClient(identity, administration, act, {
      ...input,
      principalId: subject.principalId,
    })
  const { label, scopes, expiresAt } = input
  return await createToken(administration, act, {
    subject: { kind: 'person', personId: subject.personId },
    label,
    scopes,
    expiresAt,
  })
}

/**
 * People make their own, no stronger than the one they use. Others' tokens are made by access-admins; those of an
 * identity-admin only by an identity-admin, so that neither administration can act as the other.
 */
async function assertMayIssue(
  identity: IdentityLayer,
  administration: Administration,
  act: Act,
  { subjectId, scopes, by }: TokenToIssue,
): Promise<void> {
  if (subjectId === by.subjectId) {
    const beyond = scopes.find((scope) => !covers(by.scopes, scope))
    if (beyond !== undefined) throw new Fault('forbidden', `your token lacks the scope \`${beyond}\` itself`)
    if (subjectId.startsWith('psn_')) return
  }
  const held = await rolesOf(administration, subjectId)
  const needed: Role = held.has('identity-admin') ? 'identity-admin' : 'access-admin'
  if (!by.roles.has(needed)) throw new Fault('forbidden', `this token can be made by ${needed}s only`)
  if (administration.settings.bothAdministrations || !ADMINISTRATIONS.some((role) => held.has(role))) return
  // who makes a token may know it, and would act as its subject
  const asking = [...(await personsOf(identity, act.actor.id)), ...(act.actor.behind ?? [])]
  const theirs = await administrationsOf(identity, administration, act.at, asking)
  if (ADMINISTRATIONS.every((role) => held.has(role) || theirs.has(role))) {
    throw new Fault('forbidden', 'you would stand behind both administrations; another administrator has to make it')
  }
}

async function issueForClient(
  identity: IdentityLayer,
  administration: Administration,
  act: Act,
  input: TokenToIssue & { readonly principalId: Id<'principal'> },
): Promise<NewToken> {
  const { principalId, label, scopes, expiresAt, fingerprint } = input
  await assertFirst(administration, act)
  const value = mintToken('client')
  const { idempotency: _later, ...once } = act
  const record = await recordCredential(identity, once, {
    type: 'api_token',
    principalId,
    name: label,
    expiresAt,
    ...(fingerprint === undefined ? {} : { fingerprints: fingerprint(value) }),
    attributes: { scopes: [...scopes] },
    source: TOKEN_SOURCE,
  })
  const credentialId = record.id as Id<'credential'>
  try {
    const subject = { kind: 'client', principalId, credentialId } as const
    const made = await createToken(administration, act, { subject, label, scopes, expiresAt, value })
    await recordWhoKnows(identity, once, credentialId, made.token.knownTo)
    return made
  } catch (error) {
    await recordRevocation(identity, once, { id: credentialId, reason: 'its token was not made' })
    throw error
  }
}

/** So that it stands on their list when they leave. The token is shown already: what fails here is said, not undone. */
async function recordWhoKnows(
  identity: IdentityLayer,
  act: Act,
  credentialId: Id<'credential'>,
  persons: readonly Id<'person'>[],
): Promise<void> {
  await recordExposures(
    identity,
    act,
    persons.map((personId) => ({ personId, credentialId, how: 'created', source: TOKEN_SOURCE, at: act.at })),
  )
}
