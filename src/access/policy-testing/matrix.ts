// A matrix of decisions as somebody writes it: who there is, what was granted, and what must come out. Strict: what is
// misspelled is an error, never ignored.
import { z } from 'zod'
import type { Json } from '#kernel'
import { GRANT_KINDS } from '../decide/index.ts'
import { APPROVALS } from '../request/records.ts'

const text = z.string().min(1).max(4096)
const name = z.string().min(1).max(200)
const instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z$/, {
    error: 'write an instant as 2026-03-02T12:00:00Z',
  })
  .refine((at) => !Number.isNaN(Date.parse(at)), 'there is no such instant')
const json: z.ZodType<Json> = z.json()
const properties = z.record(z.string(), json)

const Principal = z
  .strictObject({
    id: z.string().regex(/^prn_\w{1,60}$/, { error: 'an id is `prn_` and letters or digits' }),
    kind: name,
    system: name,
    state: z.enum(['discovered', 'registered', 'active', 'quarantined', 'retired']),
    tier: name,
    environment: name,
    criticality: name,
    owned: z.boolean(),
    /** The record that a feed of people keeps: of several that are one person it comes first. */
    ofFeed: z.literal(true),
    bound: z.boolean(),
    gone: z.boolean(),
    expiresAt: instant,
    labels: z.record(z.string(), z.string()),
  })
  .partial()

const Grant = z.strictObject({
  to: name,
  kind: z.enum(GRANT_KINDS).optional(),
  actions: z.array(text).min(1),
  resources: z.array(text).min(1),
  from: instant.optional(),
  until: instant.optional(),
  ended: z.boolean().optional(),
})

const Credential = z.strictObject({
  of: name,
  state: z.enum(['live', 'rotated', 'leaked', 'revoked']).optional(),
  expiresAt: instant.optional(),
})

const Resource = z.strictObject({ type: name, id: text, properties: properties.optional() })

const Case = z.strictObject({
  name,
  /** A name of `principals`; an object for somebody who is none of them. */
  subject: z.union([name, z.strictObject({ type: name, id: text, properties: properties.optional() })]),
  /** Who acts for the subject; who acts now stands last. */
  actors: z.array(name).max(16).optional(),
  action: text,
  resource: z.union([text, Resource]),
  context: properties.optional(),
  credential: name.optional(),
  delegatedUntil: instant.optional(),
  at: instant.optional(),
  /** The right is asked for, not used. */
  asks: z.enum(GRANT_KINDS).optional(),
  seconds: z.int().min(1).optional(),
  expect: z.strictObject({
    decision: z.enum(['allow', 'deny']).optional(),
    reason: name.optional(),
    /** Those that determined it, all of them. */
    policies: z.array(name).optional(),
    obligations: z.record(z.string(), z.string()).optional(),
    approval: z.enum([...APPROVALS, 'refused']).optional(),
  }),
})

export const DecisionMatrix = z.strictObject({
  /** `starter`, or a file or folder of policies relative to this one. */
  policies: text.optional(),
  /** Cedar, beside those. */
  also: z.string().max(100_000).optional(),
  at: instant.optional(),
  principals: z.record(name, Principal).optional(),
  grants: z.record(name, Grant).optional(),
  credentials: z.record(name, Credential).optional(),
  resources: z.array(Resource).max(10_000).optional(),
  cases: z.array(Case).min(1).max(10_000),
})

export type DecisionMatrix = z.output<typeof DecisionMatrix>
export type MatrixCase = DecisionMatrix['cases'][number]

/** What only the whole can show: names that nothing stands for. In the order of the text. */
export function mistakesIn({
  principals = {},
  grants = {},
  credentials = {},
  cases,
}: DecisionMatrix): z.core.$ZodIssue[] {
  const mistakes: z.core.$ZodIssue[] = []
  const needed = (called: string | undefined, known: object, path: (string | number)[]): void => {
    if (called === undefined || Object.hasOwn(known, called)) return
    mistakes.push({ code: 'custom', path, message: `nothing here is called \`${called}\``, input: called })
  }
  for (const [id, grant] of Object.entries(grants)) needed(grant.to, principals, ['grants', id, 'to'])
  for (const [id, credential] of Object.entries(credentials))
    needed(credential.of, principals, ['credentials', id, 'of'])
  for (const [place, one] of cases.entries()) {
    const path = ['cases', place]
    if (typeof one.subject === 'string') needed(one.subject, principals, [...path, 'subject'])
    for (const [at, actor] of (one.actors ?? []).entries()) needed(actor, principals, [...path, 'actors', at])
    needed(one.credential, credentials, [...path, 'credential'])
    const { decision, approval } = one.expect
    if ((one.asks === undefined ? decision : approval) === undefined) {
      const message = one.asks === undefined ? 'say `decision`: allow or deny' : 'say `approval`, or refused'
      mistakes.push({ code: 'custom', path: [...path, 'expect'], message, input: undefined })
    }
  }
  return mistakes
}
