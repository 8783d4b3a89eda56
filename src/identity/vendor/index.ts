// Vendors of the roll, and the triggers that list what they touch before they act.
export { changeVendor, registerVendor, vendorsNamed } from './vendor.ts'
export type { VendorChange, VendorFacts } from './vendor.ts'
export { offboardVendor, previewVendorOffboarding } from './offboard-vendor.ts'
export type { VendorOffboarded, VendorOffboarding } from './offboard-vendor.ts'
export { previewWorkloadRemoval, removeWorkload } from './remove-workload.ts'
export type { WorkloadRemoval, WorkloadRemoved, WorkloadToRemove } from './remove-workload.ts'
export type { TouchedCredential, TouchedPrincipal } from './touched.ts'
