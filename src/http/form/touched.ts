// What a trigger touches, as the API shows it before and after.
import { z } from 'zod'
import { Vendor } from './people.ts'

const TouchedPrincipal = z
  .object({ id: z.string(), version: z.int(), name: z.string(), state: z.string(), becomes: z.string() })
  .meta({ id: 'TouchedPrincipal' })
const TouchedCredential = z
  .object({
    id: z.string(),
    version: z.int(),
    type: z.string(),
    state: z.string(),
    principalId: z.string().optional(),
  })
  .meta({ id: 'TouchedCredential' })

const OFFBOARDING = {
  vendorId: z.string(),
  principals: z.array(TouchedPrincipal),
  credentials: z.array(TouchedCredential).describe('to be revoked at their targets'),
  named: z
    .array(z.object({ id: z.string(), name: z.string() }))
    .describe('a source names this vendor for them and nobody said that they are its: not touched'),
  hash: z.string(),
}
export const VendorOffboarding = z.object(OFFBOARDING).meta({ id: 'VendorOffboarding' })
export const VendorOffboarded = z
  .object({ ...OFFBOARDING, vendor: Vendor, quarantined: z.array(z.string()) })
  .meta({ id: 'VendorOffboarded' })

const REMOVAL = {
  workload: z.array(TouchedPrincipal),
  onlyUsedByIt: z.array(TouchedPrincipal),
  usedByOthers: z
    .array(z.object({ id: z.string(), name: z.string(), others: z.array(z.string()), unknown: z.array(z.string()) }))
    .describe('others use it, or may: not touched'),
  credentials: z.array(TouchedCredential).describe('to be revoked at their targets'),
  blindSpot: z.string().describe('what the roll cannot tell'),
  hash: z.string(),
}
export const WorkloadRemoval = z.object(REMOVAL).meta({ id: 'WorkloadRemoval' })
export const WorkloadRemoved = z
  .object({ ...REMOVAL, quarantined: z.array(z.string()) })
  .meta({ id: 'WorkloadRemoved' })
