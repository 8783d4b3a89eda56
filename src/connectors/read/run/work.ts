// What is to be read, one item for each file, and what came of it: plain data that crosses between threads.
import type { Observation } from '#kernel'
import type { FileIdentity } from '../../input/untrusted-file.ts'

export interface WorkItem {
  readonly identity: FileIdentity
  /** Where to read it, or what it holds: the bytes own their buffer. */
  readonly source: { readonly absolute: string | Uint8Array } | { readonly bytes: Uint8Array }
  /** Size as far as known; a weight for dispatching. */
  readonly size: number
  /** `LIMITS` entry that holds for the item. */
  readonly limit: 'fileBytes' | 'namedFileBytes'
}

export interface WorkResult {
  readonly observations: readonly Observation[]
  /** Bytes read. */
  readonly bytes: number
  /** `binary`: too large a binary file to be a certificate or key, so not read. */
  readonly outcome: 'read' | 'binary' | 'refused'
}

/** A batch crosses as one message; results come back in the order of the items. */
export interface Batch {
  readonly id: number
  readonly items: readonly WorkItem[]
}

export interface BatchResult {
  readonly id: number
  readonly results: readonly WorkResult[]
}
