// What one endpoint declares. Server, authorisation, OpenAPI document, tests and `allowedActions` all read the same table.
import type { FastifyBaseLogger } from 'fastify'
import type { z } from 'zod'
import type { Act, FaultCode } from '#kernel'
import type { Role, Scope } from '#access/records'
import type { CurrentPrincipal, PrincipalRecord } from '#identity/roll'
import type { Caller } from './caller.ts'
import type { Doors } from './doors.ts'

/**
 * Who may call it. `anyone`: every person and API client; what they see is bounded by their viewer. `roles`: who holds
 * one of these. `owner`: besides, who owns or backs up the principal in the path. `self`: the operation itself decides by
 * who asks, since it is about their own tokens, offers and requests.
 */
export interface Who {
  readonly anyone?: true
  readonly bootstrap?: true
  readonly roles?: readonly Role[]
  readonly owner?: true
  readonly self?: true
}

export const TAGS = {
  principals: 'Everything that can be authenticated, and who answers for it',
  credentials: 'What authenticates principals, as records',
  people: 'Persons, teams and the feed that they come from',
  vendors: 'Third parties whose identities are in the roll',
  proposals: 'What waits for somebody: offers, requests, likely matches',
  access: 'Rights that are asked for and granted, and the policies that bound them',
  connections: 'Configured sources and their runs',
  effect: 'What is done to targets: plans, step by step, and receipts of what became of them',
  evidence: 'What happened, in the order of the log, and what controls make of it',
  administration: 'Who may use Reeve itself: tokens and roles',
} as const
type Tag = keyof typeof TAGS

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** What a handler is given: everything was authenticated, parsed and authorised before. */
export interface Context<P, Q, B> {
  readonly doors: Doors
  readonly caller: Caller
  readonly params: P
  readonly query: Q
  readonly body: B
  /** The act of this request. `step` tells apart several operations of one layer under one idempotency key. */
  readonly act: (reason?: string, step?: string) => Act
  /** From `If-Match`; absent for `*` and where the endpoint takes none. */
  readonly expectedVersion?: number
  /** The principal in the path, where authorisation had to look at it. */
  readonly principal?: CurrentPrincipal
  /** A principal as the API answers it: with what this caller may do, and what it lacks. */
  readonly present: (principal: CurrentPrincipal) => object
  readonly log: FastifyBaseLogger
  /** Scheme and host under which it was asked, without a slash at its end. */
  readonly base: string
}

export interface Endpoint<
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodType,
> {
  readonly method: Method
  /** As OpenAPI writes it: `/v1/principals/{principalId}`. */
  readonly path: `/v1/${string}`
  readonly operationId: string
  readonly tag: Tag
  readonly summary: string
  readonly description?: string
  readonly who: Who
  readonly scope: Scope
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly answer: z.ZodType
  readonly status?: 200 | 201 | 202
  /** The answer is a record with versions: it carries `ETag`; an update of one needs `If-Match`. */
  readonly versioned?: 'read' | 'update'
  /** Its own refusals, besides those that every endpoint has. */
  readonly refuses?: readonly FaultCode[]
  readonly bodyBytesMax?: number
  /** Members of the body that hold a secret: nothing is kept of them but a keyed fingerprint, where one is needed. */
  readonly secrets?: readonly string[]
  /** Whether the state of the principal in the path allows it; for `allowedActions`. The operation decides. */
  readonly possible?: (principal: PrincipalRecord) => boolean
  /** What it returns passes through `answer`: what is not declared there does not leave. */
  readonly handle: (context: Context<z.output<P>, z.output<Q>, z.output<B>>) => Promise<unknown>
}

/** Any endpoint, as the table holds it. */
export interface AnyEndpoint extends Omit<Endpoint, 'handle'> {
  // the parsers of the same declaration made what the handler is given
  readonly handle: (context: Context<never, never, never>) => Promise<unknown>
}

/** What authorisation looks at. */
export type Guarded = Pick<AnyEndpoint, 'operationId' | 'method' | 'tag' | 'who' | 'scope'>

/** Declares an endpoint; the types of its handler come from its parsers. */
export function endpoint<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType>(
  declaration: Endpoint<P, Q, B>,
): AnyEndpoint {
  return declaration
}

export const changes = ({ method }: Pick<Endpoint, 'method'>): boolean => method !== 'GET'
