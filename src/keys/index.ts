// The keys of a server, and references to secrets that it does not keep.
export { HmacKey, rawPublicKey, SigningKey } from './key.ts'
export { keysWereMade, openKeys } from './keys.ts'
export type { Keys, KeysOptions } from './keys.ts'
export { KEY_KIND_NAMES, KEY_KINDS } from './kinds.ts'
export type { KeyDescription, KeyKind, KeyState } from './kinds.ts'
export { parseReference, referenceName, resolveReference, resolveText } from './reference.ts'
export type { Reference, ReferenceRules } from './reference.ts'
export type { KeyOf } from './stored-key.ts'
