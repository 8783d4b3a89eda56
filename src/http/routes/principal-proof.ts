// Proof that a principal is what it is said to be, and what sources state of its accounts and rights.
import { z } from 'zod'
import { accountsOf, entitlementsOf } from '#access/records'
import { challengeBinding, proveBinding } from '#identity/roll'
import type { BindingProof, OfPrincipal } from '#identity/roll'
import type { Id } from '#kernel'
import type { Caller } from '../caller.ts'
import { endpoint } from '../endpoint.ts'
import { Entitlement } from '../form/entitlement.ts'
import { instant, PAGE_QUERY, pageOf, reason } from '../form/fields.ts'
import { text } from '../form/plain-text.ts'
import { pageAfter } from '../form/page-after.ts'
import { recordOf } from '../form/principal.ts'
import { ADMIN_OR_OWNER, principalChange, WHY } from './principal-facts.ts'
import { PRINCIPAL_PATH } from './principals.ts'

/** Armour of keys and signatures is parsed, never kept: its line ends are those of whoever made it. */
const ARMOURED = z.string().min(1).max(20_000)

const SIGNATURE = z.discriminatedUnion('format', [
  z.strictObject({ format: z.literal('raw'), publicKey: ARMOURED, signature: ARMOURED }),
  z.strictObject({ format: z.literal('ssh'), signature: ARMOURED }),
])

const PROOF = z.discriminatedUnion('how', [
  z.strictObject({ how: z.literal('challenge'), nonce: text(200), signed: SIGNATURE }),
  z.strictObject({ how: z.literal('assertion'), reason }),
])

const teamsOf = ({ parties }: Caller): string[] =>
  parties.flatMap((party) => (party.startsWith('team:') ? [party.slice('team:'.length)] : []))

const proofOf = (proof: z.output<typeof PROOF>, caller: Caller): BindingProof =>
  proof.how === 'challenge' ? proof : { ...proof, teamIds: teamsOf(caller) }

const Account = recordOf(
  'Account',
  z.object({
    principalId: z.string(),
    system: z.string(),
    externalId: z.string(),
    source: z.string(),
    goneAt: instant.optional(),
  }),
)
const PAGE = z.strictObject({ limit: PAGE_QUERY.limit, cursor: PAGE_QUERY.cursor })

export const PRINCIPAL_PROOF = [
  endpoint({
    method: 'POST',
    path: '/v1/principals/{principalId}/binding/challenge',
    operationId: 'challengeBinding',
    tag: 'principals',
    summary: 'Get a challenge to be signed with one of its keys',
    who: ADMIN_OR_OWNER,
    scope: 'write',
    params: PRINCIPAL_PATH,
    body: z.strictObject(WHY).meta({ id: 'OptionalReason' }),
    answer: z
      .object({ nonce: z.string(), message: z.string().describe('to be signed byte for byte'), expiresAt: instant })
      .meta({ id: 'BindingChallenge' }),
    status: 201,
    refuses: ['idempotency_reused'],
    possible: ({ state }) => state !== 'retired',
    handle: async ({ doors, principal, body, act }) =>
      await challengeBinding(doors.identity, act(body.reason), { id: principal?.id as OfPrincipal['id'] }),
  }),
  principalChange({
    verb: 'binding',
    operationId: 'proveBinding',
    summary: 'Prove what it is: a signed challenge, or its owner’s assertion',
    who: ADMIN_OR_OWNER,
    body: z.strictObject({ proof: PROOF, ...WHY }).meta({ id: 'BindingProof' }),
    change: async (identity, act, input, { body, caller }) =>
      await proveBinding(identity, act, { ...input, proof: proofOf(body.proof, caller) }),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/principals/{principalId}/accounts',
    operationId: 'listAccounts',
    tag: 'principals',
    summary: 'Its presence in target systems, as sources state it',
    who: { anyone: true },
    scope: 'read',
    params: PRINCIPAL_PATH,
    query: PAGE,
    answer: pageOf('AccountPage', Account),
    handle: async ({ doors, principal, query }) =>
      await pageAfter({ ...query, of: { list: 'accounts', principalId: principal?.id ?? '' } }, (page) =>
        accountsOf(doors.access, principal?.id as Id<'principal'>, page),
      ),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/principals/{principalId}/entitlements',
    operationId: 'listEntitlements',
    tag: 'principals',
    summary: 'Its rights in target systems, as sources state them',
    who: { anyone: true },
    scope: 'read',
    params: PRINCIPAL_PATH,
    query: PAGE,
    answer: pageOf('EntitlementPage', Entitlement),
    handle: async ({ doors, principal, query }) =>
      await pageAfter({ ...query, of: { list: 'entitlements', principalId: principal?.id ?? '' } }, (page) =>
        entitlementsOf(doors.access, principal?.id as Id<'principal'>, page),
      ),
  }),
]
