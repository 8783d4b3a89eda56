// The record tables of the schema `identity`; one entry each, so that nothing below enumerates them.
import type { RecordTable } from '#db/history'

export const PRINCIPAL: RecordTable = { schema: 'identity', table: 'principal' }
export const CREDENTIAL: RecordTable = { schema: 'identity', table: 'credential' }
export const PERSON: RecordTable = { schema: 'identity', table: 'person' }
export const TEAM: RecordTable = { schema: 'identity', table: 'team' }
export const VENDOR: RecordTable = { schema: 'identity', table: 'vendor' }
export const OFFER: RecordTable = { schema: 'identity', table: 'offer' }
export const REQUEST: RecordTable = { schema: 'identity', table: 'request' }
export const MATCH: RecordTable = { schema: 'identity', table: 'match' }
