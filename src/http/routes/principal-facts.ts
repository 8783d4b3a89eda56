// What a person says of a principal: classes, purpose, dates, whose it is. Each makes a version and an entry.
import { z } from 'zod'
import { PRINCIPAL_KINDS } from '#kernel'
import type { Act } from '#kernel'
import { CRITICALITIES, ENVIRONMENTS } from '#identity'
import {
  assignOwner,
  classifyPrincipal,
  setExpiry,
  setNextReview,
  setPurpose,
  setVendor,
  setWorkloadScope,
} from '#identity/roll'
import type { CurrentPrincipal, OfPrincipal, PrincipalRecord } from '#identity/roll'
import { endpoint } from '../endpoint.ts'
import type { AnyEndpoint, Context, Who } from '../endpoint.ts'
import { BACKDATED, id, instantSent, PARTY_SENT, present, reason } from '../form/fields.ts'
import { lines, text } from '../form/plain-text.ts'
import type { Present } from '../form/fields.ts'
import { Principal } from '../form/principal.ts'
import { PRINCIPAL_PATH } from './principals.ts'

export const ADMIN: Who = { roles: ['identity-admin'] }
export const ADMIN_OR_OWNER: Who = { roles: ['identity-admin'], owner: true }

export interface PrincipalChange<B extends z.ZodType> {
  readonly verb: string
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly who: Who
  readonly body: B
  readonly possible?: (principal: PrincipalRecord) => boolean
  readonly change: (
    identity: Context<never, never, never>['doors']['identity'],
    act: Act,
    input: OfPrincipal & Present<z.output<B>>,
    context: Context<z.output<typeof PRINCIPAL_PATH>, unknown, z.output<B>>,
  ) => Promise<CurrentPrincipal>
}

/** `POST /v1/principals/{principalId}/VERB`: a new version of one principal. */
export function principalChange<B extends z.ZodType<object>>(declared: PrincipalChange<B>): AnyEndpoint {
  const { verb, change, ...rest } = declared
  return endpoint({
    ...rest,
    method: 'POST',
    path: `/v1/principals/{principalId}/${verb}`,
    tag: 'principals',
    scope: 'write',
    params: PRINCIPAL_PATH,
    answer: Principal,
    versioned: 'update',
    refuses: ['idempotency_reused'],
    possible: rest.possible ?? ((principal) => principal.state !== 'retired'),
    handle: async (context) => {
      const { doors, principal, body, expectedVersion, act } = context
      const { reason: why, ...input } = body as { reason?: string }
      const target = { id: principal?.id as OfPrincipal['id'], ...present({ expectedVersion }) }
      const changed = await change(
        doors.identity,
        act(why),
        { ...(present(input) as Present<z.output<B>>), ...target },
        context,
      )
      return context.present(changed)
    },
  })
}

export const WHY = { reason: reason.optional() }

export const PRINCIPAL_FACTS = [
  principalChange({
    verb: 'classify',
    operationId: 'classifyPrincipal',
    summary: 'Say what it is: environment, function, criticality, kind',
    description: 'What a person says outranks what rules derived, and no sync changes it.',
    who: ADMIN,
    body: z
      .strictObject({
        environment: z.enum([...ENVIRONMENTS, 'unknown']).optional(),
        function: text(200).optional(),
        criticality: z.enum([...CRITICALITIES, 'unknown']).optional(),
        kind: z.enum(PRINCIPAL_KINDS).optional(),
        ...BACKDATED,
        ...WHY,
      })
      .meta({ id: 'Classification' }),
    change: classifyPrincipal,
  }),
  principalChange({
    verb: 'purpose',
    operationId: 'setPurpose',
    summary: 'Say what it is for',
    who: ADMIN_OR_OWNER,
    body: z.strictObject({ purpose: lines(2000), ...BACKDATED, ...WHY }).meta({ id: 'Purpose' }),
    change: setPurpose,
  }),
  principalChange({
    verb: 'expiry',
    operationId: 'setExpiry',
    summary: 'Set when it ends; `null` for no end',
    who: ADMIN,
    body: z.strictObject({ expiresAt: instantSent.nullable(), ...BACKDATED, ...WHY }).meta({ id: 'Expiry' }),
    change: setExpiry,
  }),
  principalChange({
    verb: 'review-date',
    operationId: 'setNextReview',
    summary: 'Set when somebody looks at it next',
    who: ADMIN,
    body: z.strictObject({ nextReviewAt: instantSent.nullable(), ...WHY }).meta({ id: 'ReviewDate' }),
    change: setNextReview,
  }),
  principalChange({
    verb: 'vendor',
    operationId: 'setVendor',
    summary: 'Say which vendor supplies it; `null` for none',
    who: ADMIN,
    body: z.strictObject({ vendorId: id('vendor').nullable(), ...BACKDATED, ...WHY }).meta({ id: 'VendorOfPrincipal' }),
    change: setVendor,
  }),
  principalChange({
    verb: 'workload-scope',
    operationId: 'setWorkloadScope',
    summary: 'Say which workload it belongs to; `null` for none',
    who: ADMIN,
    body: z.strictObject({ workloadScope: text(2048).nullable(), ...BACKDATED, ...WHY }).meta({ id: 'WorkloadScope' }),
    change: setWorkloadScope,
  }),
  principalChange({
    verb: 'owner',
    operationId: 'assignOwner',
    summary: 'Make a person or a team the owner, where nobody has accepted to be',
    description: 'What has an owner changes hands by an offer. With `validTo` it corrects who owned it in the past.',
    who: ADMIN,
    body: z.strictObject({ owner: PARTY_SENT, ...BACKDATED, ...WHY }).meta({ id: 'OwnerAssignment' }),
    change: assignOwner,
  }),
]
