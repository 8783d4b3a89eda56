// The roll: identity records that last, and every operation on them. The pure half of the layer has its own door, `#identity`.
export * from './record/party.ts'
export * from './record/principal-record.ts'
export * from './record/credential-record.ts'
export * from './record/people-records.ts'
export * from './record/proposal-records.ts'
export { IDENTITY_SETTINGS } from './operation.ts'
export type { IdentityLayer, IdentitySettings } from './operation.ts'
