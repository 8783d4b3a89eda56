// The kernel: pure words that everything else speaks. Imports nothing but node's own hashing.
export * from './act.ts'
export * from './canonical-json.ts'
export * from './facts/index.ts'
export * from './fault.ts'
export * from './id.ts'
export * from './instant.ts'
export * from './names/index.ts'
