// Principals: reading them, and registering new ones.
import { z } from 'zod'
import { PRINCIPAL_KINDS, SYSTEMS } from '#kernel'
import type { Ref } from '#kernel'
import { CRITICALITIES, ENVIRONMENTS } from '#identity'
import {
  GAPS,
  getPrincipal,
  history,
  listOrphans,
  listPrincipals,
  PRINCIPAL_SORTS,
  PRINCIPAL_STATES,
  PRIVILEGE_TIERS,
  registerPrincipal,
} from '#identity/roll'
import type { Gap } from '#identity/roll'
import { endpoint } from '../endpoint.ts'
import {
  flag,
  id,
  instant,
  instantSent,
  PAGE_QUERY,
  pageRequest,
  PARTY,
  PARTY_SENT,
  present,
  reason,
  TIMES,
} from '../form/fields.ts'
import { lines, text, textOrNone } from '../form/plain-text.ts'
import { Principal, PrincipalPage, VersionPage } from '../form/principal.ts'

export const PRINCIPAL_PATH = z.strictObject({
  principalId: z
    .string()
    .min(1)
    .max(2048)
    .describe('its id (`prn_…`), an explicit identifier (`aws:arn:…`), or its external id'),
})

const ENVIRONMENT = z.enum([...ENVIRONMENTS, 'unknown'])
const CRITICALITY = z.enum([...CRITICALITIES, 'unknown'])

const FILTER = {
  q: text(200).optional().describe('words that begin words of the name, an identifier, the purpose or a label'),
  kind: z.enum(PRINCIPAL_KINDS).optional(),
  system: z.enum(SYSTEMS).optional(),
  state: z.enum(PRINCIPAL_STATES).optional(),
  environment: ENVIRONMENT.optional(),
  criticality: CRITICALITY.optional(),
  tier: z.enum(PRIVILEGE_TIERS).optional(),
  owner: z.union([id('person'), id('team'), z.literal('none')]).optional(),
  orphaned: flag.optional(),
  gone: flag.optional(),
  vendor: id('vendor').optional(),
  person: id('person').optional(),
  expiringBefore: instantSent.optional(),
  reviewDueBefore: instantSent.optional(),
  gap: z
    .enum(Object.keys(GAPS) as [Gap, ...Gap[]])
    .optional()
    .describe('what it lacks to be active'),
}

const NEW_PRINCIPAL = z
  .strictObject({
    kind: z.enum(PRINCIPAL_KINDS),
    system: z.enum(SYSTEMS),
    name: text(4000),
    externalId: text(2048).optional().describe('the native identifier, where it is known'),
    nativeType: text(200).optional(),
    refs: z.array(text(2048)).max(100).optional().describe('explicit identifiers, `system:native-id`'),
    owner: PARTY_SENT.optional(),
    backup: PARTY_SENT.optional(),
    purpose: lines(2000).optional(),
    expiresAt: instantSent.optional(),
    nextReviewAt: instantSent.optional(),
    environment: z.enum(ENVIRONMENTS).optional(),
    function: text(200).optional(),
    criticality: z.enum(CRITICALITIES).optional(),
    workloadScope: text(2048).optional(),
    labels: z.record(text(200), textOrNone(1000)).optional(),
    validFrom: instantSent.optional().describe('since when it is there, where that is earlier than now'),
    reason: reason.optional(),
  })
  .meta({ id: 'NewPrincipal' })

const Orphan = z
  .object({
    principal: Principal,
    why: z.enum(['owner_left', 'never_owned']),
    since: instant.optional(),
    formerOwner: z.object({ party: PARTY, from: z.string(), reason: z.string() }).optional(),
    proposed: z
      .object({ offerId: z.string(), party: PARTY, why: z.string() })
      .optional()
      .describe('who was asked and has not answered yet'),
  })
  .meta({ id: 'Orphan' })

const OrphanPage = z
  .object({
    items: z.array(Orphan),
    next: z.string().optional().describe('`cursor` of the next page; absent on the last'),
    total: z.object({ count: z.int(), capped: z.boolean().describe('there are more than `count`') }).optional(),
    leftOut: z
      .object({ builtIn: z.int(), thirdPartyActions: z.int() })
      .optional()
      .describe('what needs no owner here and is counted only, on the first page; up to 10,000'),
  })
  .meta({ id: 'OrphanPage' })

export const PRINCIPALS = [
  endpoint({
    method: 'GET',
    path: '/v1/principals',
    operationId: 'listPrincipals',
    tag: 'principals',
    summary: 'List principals',
    description:
      'In order of name, of expiry or of review; a search (`q`) in the order of ids. With `asOf` or `asKnownAt` as they were.',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject({ ...FILTER, sort: z.enum(PRINCIPAL_SORTS).optional(), ...TIMES, ...PAGE_QUERY }),
    answer: PrincipalPage,
    handle: async ({ doors, caller, query, present: presented }) => {
      const { limit, cursor, total, asOf, asKnownAt, ...filter } = query
      const times = present({ asOf, asKnownAt })
      const asked = { ...present(filter), ...(Object.keys(times).length === 0 ? {} : { times }) }
      const page = await listPrincipals(doors.identity, caller.viewer, asked, pageRequest({ limit, cursor, total }))
      return { ...page, items: page.items.map((principal) => presented(principal)) }
    },
  }),
  endpoint({
    method: 'POST',
    path: '/v1/principals',
    operationId: 'registerPrincipal',
    tag: 'principals',
    summary: 'Register a principal that no source has shown yet',
    who: { roles: ['identity-admin'] },
    scope: 'write',
    body: NEW_PRINCIPAL,
    answer: Principal,
    status: 201,
    versioned: 'read',
    refuses: ['idempotency_reused'],
    handle: async ({ doors, body, act, present: presented }) => {
      const { reason: why, refs, ...input } = body
      return presented(
        await registerPrincipal(doors.identity, act(why), {
          ...present(input),
          ...(refs === undefined ? {} : { refs: refs as Ref[] }),
        }),
      )
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/principals/{principalId}',
    operationId: 'getPrincipal',
    tag: 'principals',
    summary: 'Read one principal, as it is or as it was',
    who: { anyone: true },
    scope: 'read',
    params: PRINCIPAL_PATH,
    query: z.strictObject(TIMES),
    answer: Principal,
    versioned: 'read',
    handle: async ({ doors, caller, params, query, present: presented }) =>
      presented(await getPrincipal(doors.identity, caller.viewer, params.principalId, present(query))),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/principals/{principalId}/history',
    operationId: 'getPrincipalHistory',
    tag: 'principals',
    summary: 'Every version of one principal: who, when, why, and what it changed',
    who: { anyone: true },
    scope: 'read',
    params: PRINCIPAL_PATH,
    query: z.strictObject(PAGE_QUERY),
    answer: VersionPage,
    handle: async ({ doors, caller, principal, query }) =>
      await history(doors.identity, caller.viewer, principal?.id ?? '', pageRequest(query)),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/orphans',
    operationId: 'listOrphans',
    tag: 'principals',
    summary: 'List principals that nobody answers for',
    description:
      'Reeve’s own identities, and the actions of others that workflows use, have nobody here to ask: they are counted in `leftOut`.',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject({ why: z.enum(['owner_left', 'never_owned']).optional(), ...PAGE_QUERY }),
    answer: OrphanPage,
    handle: async ({ doors, caller, query, present: presented }) => {
      const { why, ...page } = query
      const orphans = await listOrphans(doors.identity, caller.viewer, present({ why }), pageRequest(page))
      const items = orphans.items.map(({ principal, why: cause, since, formerOwner, proposed }) => ({
        principal: presented(principal),
        why: cause,
        since,
        formerOwner,
        proposed,
      }))
      return { ...orphans, items }
    },
  }),
]
