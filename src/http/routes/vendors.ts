// Vendors, and the triggers that list what they touch before they act: a vendor leaves, a workload goes.
import { z } from 'zod'
import {
  changeVendor,
  getVendor,
  listVendors,
  offboardVendor,
  previewVendorOffboarding,
  previewWorkloadRemoval,
  registerVendor,
  removeWorkload,
} from '#identity/roll'
import type { WorkloadToRemove } from '#identity/roll'
import { endpoint } from '../endpoint.ts'
import { id, instantSent, PAGE_QUERY, pageRequest, present, reason, TIMES } from '../form/fields.ts'
import { text } from '../form/plain-text.ts'
import { Vendor, VendorPage } from '../form/people.ts'
import { VendorOffboarded, VendorOffboarding, WorkloadRemoval, WorkloadRemoved } from '../form/touched.ts'
import { ADMIN, WHY } from './principal-facts.ts'

const VENDOR_PATH = z.strictObject({ vendorId: id('vendor') })
const HASH = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('`hash` of the preview: what is done is what was shown, or nothing')

// a union of strict objects would name the wrong mistake where both are given
const WORKLOAD = {
  principalId: id('principal').optional().describe('one principal'),
  workloadScope: text(2048).optional().describe('all that have this workload scope'),
}
const workloadOf = (given: {
  principalId?: string | undefined
  workloadScope?: string | undefined
}): WorkloadToRemove =>
  given.principalId === undefined ? { workloadScope: given.workloadScope ?? '' } : { principalId: given.principalId }
const ONE_OF_TWO = { error: 'say one of `principalId` and `workloadScope`' }
const isOneOfTwo = ({ principalId, workloadScope }: { principalId?: unknown; workloadScope?: unknown }): boolean =>
  (principalId === undefined) !== (workloadScope === undefined)

export const VENDORS = [
  endpoint({
    method: 'GET',
    path: '/v1/vendors',
    operationId: 'listVendors',
    tag: 'vendors',
    summary: 'List vendors',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject({ state: z.enum(['active', 'offboarded']).optional(), ...PAGE_QUERY }),
    answer: VendorPage,
    handle: async ({ doors, caller, query }) => {
      const { limit, cursor, total, state } = query
      return await listVendors(doors.identity, caller.viewer, present({ state }), pageRequest({ limit, cursor, total }))
    },
  }),
  endpoint({
    method: 'POST',
    path: '/v1/vendors',
    operationId: 'registerVendor',
    tag: 'vendors',
    summary: 'Register a vendor',
    who: ADMIN,
    scope: 'write',
    body: z
      .strictObject({ name: text(200), contact: text(500).optional(), contractEndsAt: instantSent.optional(), ...WHY })
      .meta({ id: 'NewVendor' }),
    answer: Vendor,
    status: 201,
    versioned: 'read',
    refuses: ['idempotency_reused'],
    handle: async ({ doors, body, act }) => {
      const { reason: why, ...facts } = body
      return await registerVendor(doors.identity, act(why), present(facts))
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/vendors/{vendorId}',
    operationId: 'getVendor',
    tag: 'vendors',
    summary: 'Read one vendor',
    who: { anyone: true },
    scope: 'read',
    params: VENDOR_PATH,
    query: z.strictObject(TIMES),
    answer: Vendor,
    versioned: 'read',
    handle: async ({ doors, caller, params, query }) =>
      await getVendor(doors.identity, caller.viewer, params.vendorId, present(query)),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/vendors/{vendorId}/change',
    operationId: 'changeVendor',
    tag: 'vendors',
    summary: 'Change what is said of a vendor; `null` takes a fact away',
    who: ADMIN,
    scope: 'write',
    params: VENDOR_PATH,
    body: z
      .strictObject({
        name: text(200).optional(),
        contact: text(500).nullable().optional(),
        contractEndsAt: instantSent.nullable().optional(),
        ...WHY,
      })
      .meta({ id: 'VendorChange' }),
    answer: Vendor,
    versioned: 'update',
    refuses: ['idempotency_reused'],
    handle: async ({ doors, params, body, act, expectedVersion }) => {
      const { reason: why, ...facts } = body
      return await changeVendor(doors.identity, act(why), {
        id: params.vendorId,
        ...present({ ...facts, expectedVersion }),
      })
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/vendors/{vendorId}/offboarding',
    operationId: 'previewVendorOffboarding',
    tag: 'vendors',
    summary: 'What the end of this vendor would touch; nothing changes',
    who: { roles: ['identity-admin', 'auditor'] },
    scope: 'read',
    params: VENDOR_PATH,
    answer: VendorOffboarding,
    refuses: ['conflict'],
    handle: async ({ doors, params }) => await previewVendorOffboarding(doors.identity, params.vendorId),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/vendors/{vendorId}/offboard',
    operationId: 'offboardVendor',
    tag: 'vendors',
    summary: 'End a vendor: quarantine what the preview showed',
    who: ADMIN,
    scope: 'write',
    params: VENDOR_PATH,
    body: z.strictObject({ hash: HASH, reason }).meta({ id: 'VendorEnd' }),
    answer: VendorOffboarded,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, params, body, act }) =>
      await offboardVendor(doors.identity, act(body.reason), { ...params, ...body }),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/workload-removal',
    operationId: 'previewWorkloadRemoval',
    tag: 'vendors',
    summary: 'What the end of a workload would touch; nothing changes',
    who: { roles: ['identity-admin', 'auditor'] },
    scope: 'read',
    query: z.strictObject(WORKLOAD).refine(isOneOfTwo, ONE_OF_TWO),
    answer: WorkloadRemoval,
    refuses: ['not_found', 'conflict'],
    handle: async ({ doors, query }) => await previewWorkloadRemoval(doors.identity, workloadOf(query)),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/workload-removal',
    operationId: 'removeWorkload',
    tag: 'vendors',
    summary: 'End a workload: quarantine it and what only it used, as the preview showed',
    who: ADMIN,
    scope: 'write',
    body: z
      .strictObject({ ...WORKLOAD, hash: HASH, reason })
      .refine(isOneOfTwo, ONE_OF_TWO)
      .meta({ id: 'WorkloadEnd' }),
    answer: WorkloadRemoved,
    refuses: ['not_found', 'idempotency_reused'],
    handle: async ({ doors, body, act }) =>
      await removeWorkload(doors.identity, act(body.reason), {
        workload: workloadOf(body),
        hash: body.hash,
        reason: body.reason,
      }),
  }),
]
