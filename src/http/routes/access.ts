// Effective access across systems: what a principal may do, whom it reaches, who can do something, what stands.
import { z } from 'zod'
import { standingAccess } from '#access/decisions'
import type { GraphAnswers, GraphQuestion } from '#access/decisions'
import { streamEntitlements } from '#access/records'
import { getPrincipal, idsSeenBy, twoTimes } from '#identity/roll'
import { Fault } from '#kernel'
import type { Caller } from '../caller.ts'
import type { Doors } from '../doors.ts'
import { endpoint } from '../endpoint.ts'
import { EffectiveRightPage, ReachedPage, StandingPage, WhoCanPage } from '../form/effective-access.ts'
import { EntitlementStream } from '../form/entitlement.ts'
import { flag, id, PAGE_QUERY, present, TIMES, whole } from '../form/fields.ts'
import { pageAfter } from '../form/page-after.ts'
import { text } from '../form/plain-text.ts'

const PAGE = { limit: PAGE_QUERY.limit, cursor: PAGE_QUERY.cursor, ...TIMES }
const ESCALATIONS = flag.optional().describe('also by what takes more than acting as another')
const ACTION = text(500).describe('as in `aws:s3:GetObject`')
const RESOURCE = text(2000).describe('a whole name, as in `pg://main/shop/public.orders`')
const OF_PRINCIPAL = z.strictObject({ principalId: id('principal'), escalations: ESCALATIONS, ...PAGE })

interface Asked {
  readonly asOf?: string | undefined
  readonly asKnownAt?: string | undefined
}

/** Now, or the past; grants count by their window at that moment. */
function momentOf(doors: Doors, { asOf, asKnownAt }: Asked): Pick<GraphQuestion, 'now' | 'times'> {
  const times = twoTimes(present({ asOf, asKnownAt }))
  return times === undefined
    ? { now: Date.parse(doors.access.clock()) }
    : { now: Math.min(Date.parse(times.asOf), Date.parse(doors.access.clock())), times }
}

async function ask<K extends keyof GraphAnswers>(
  { graph }: Doors,
  question: Extract<GraphQuestion, { kind: K }>,
): Promise<GraphAnswers[K]> {
  if (graph === undefined) throw new Fault('not_found', 'this server keeps no graph of access')
  return await graph.ask<K>(question)
}

/** What is not theirs to see is answered as if it were not there. */
async function amongOf({ identity }: Doors, { viewer }: Caller): Promise<{ readonly among?: readonly string[] }> {
  return viewer.scope === 'all' ? {} : { among: await idsSeenBy(identity, viewer) }
}

export const ACCESS = [
  endpoint({
    method: 'GET',
    path: '/v1/access/rights',
    operationId: 'listEffectiveRights',
    tag: 'access',
    summary: 'What a principal may do, by its own rights and as others',
    description: 'Its own first, then those of whom it can act as, the nearest first. Denials are listed too.',
    who: { anyone: true },
    scope: 'read',
    query: OF_PRINCIPAL,
    answer: EffectiveRightPage,
    refuses: ['not_found'],
    handle: async ({ doors, caller, query }) => {
      const { limit, cursor, ...of } = query
      await getPrincipal(doors.identity, caller.viewer, query.principalId)
      return await pageAfter({ limit, cursor, of: { list: 'rights', ...present(of) } }, (page) =>
        ask(doors, { kind: 'rights', ...momentOf(doors, query), ...present(subjectOf(query)), page }),
      )
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/access/reach',
    operationId: 'listReach',
    tag: 'access',
    summary: 'Whom a principal can come to act as, and to what else',
    who: { anyone: true },
    scope: 'read',
    query: OF_PRINCIPAL,
    answer: ReachedPage,
    refuses: ['not_found'],
    handle: async ({ doors, caller, query }) => {
      const { limit, cursor, ...of } = query
      await getPrincipal(doors.identity, caller.viewer, query.principalId)
      return await pageAfter({ limit, cursor, of: { list: 'reach', ...present(of) } }, (page) =>
        ask(doors, { kind: 'reach', ...momentOf(doors, query), ...present(subjectOf(query)), page }),
      )
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/access/who-can',
    operationId: 'listWhoCan',
    tag: 'access',
    summary: 'Who can do an action on a resource, each with a shortest path',
    description: 'Of what you may see. A grant of Reeve is shown where its window is open; a policy may still forbid.',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject({
      action: ACTION,
      resource: RESOURCE,
      escalations: ESCALATIONS,
      ...PAGE,
    }),
    answer: WhoCanPage,
    refuses: ['conflict'],
    handle: async ({ doors, caller, query }) => {
      const { limit, cursor, ...of } = query
      const { action, resource, escalations } = query
      const among = await amongOf(doors, caller)
      const asked = { action, resource, ...present({ escalations }), ...among, ...momentOf(doors, query) }
      return await pageAfter({ limit, cursor, of: { list: 'who-can', ...present(of) } }, (page) =>
        ask(doors, { kind: 'who_can', ...asked, page }),
      )
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/access/entitlements',
    operationId: 'streamEntitlements',
    tag: 'access',
    summary: 'Every right that sources show, then each that changed since: for whoever keeps a copy',
    description:
      'Go on from `next` for ever; no items means nothing new so far. Rights that are there come first, then those that changed, each once, in the order in which they were written; one that is gone has `goneAt`. With `action` and `resource` each says whether it covers them. A cursor of another database, or of one before a restore, is 409: begin anew.',
    who: { roles: ['auditor', 'identity-admin', 'access-admin'] },
    scope: 'read',
    query: z.strictObject({
      limit: whole(1, 1000).default(200).describe('how many; 200 where it is not said'),
      cursor: z.string().max(100).optional().describe('`next` of the page before'),
      action: ACTION.optional(),
      resource: RESOURCE.optional(),
    }),
    answer: EntitlementStream,
    refuses: ['conflict'],
    handle: async ({ doors, query }) => {
      const { limit, cursor, action, resource } = query
      if ((action === undefined) !== (resource === undefined))
        throw new Fault('invalid', 'what a right covers is asked with `action` and `resource`: send both, or neither')
      const covering = action === undefined || resource === undefined ? undefined : { action, resource }
      return await streamEntitlements(doors.access.db, { limit, ...present({ cursor, covering }) })
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/access/standing',
    operationId: 'listStandingAccess',
    tag: 'access',
    summary: 'Administrative rights, grants without an end and identities of tier admin, with who answers for them',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject(PAGE),
    answer: StandingPage,
    handle: async ({ doors, caller, query }) => {
      const { limit, cursor, ...of } = query
      const times = twoTimes(present(of))
      const filter = { ...(await amongOf(doors, caller)), ...present({ times }) }
      return await pageAfter({ limit, cursor, of: { list: 'standing', ...present(of) } }, async (page) => {
        const found = await standingAccess(doors.access.db, doors.identity, { ...filter, ...page })
        return await Promise.all(found.map(async (item) => withHolder(doors, item)))
      })
    },
  }),
]

const subjectOf = ({ principalId, escalations }: { principalId: string; escalations?: boolean | undefined }) => ({
  principalId,
  escalations,
})

/** Who answers for it now. What is listed was found to be theirs to see. */
async function withHolder<T extends { readonly principalId: string }>({ identity }: Doors, item: T): Promise<T> {
  const { data } = await getPrincipal(identity, { scope: 'all' }, item.principalId)
  const { name, owner, attestation, nextReviewAt } = data
  return { ...item, name, ...present({ owner: owner?.party, lastReviewAt: attestation?.at, nextReviewAt }) }
}
