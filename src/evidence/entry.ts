// An entry: one thing that happened, in words that outlive the code which wrote it.
import { createHash } from 'node:crypto'
import { canonicalJson } from '#kernel'
import type { Id, Instant, Json } from '#kernel'

/** A leaf holds at most 65,535 bytes (C2SP tlog-tiles): an act on more records is several entries. */
export const SUBJECTS_MAX = 1000

/** What a layer appends. Plain data; SECURITY: no secret, and of people only ids. */
export interface Entry {
  readonly id: Id<'entry'>
  readonly layer: string
  /** Past tense: `principal.registered`, `credential.revoked`. */
  readonly type: string
  readonly at: Instant
  /** Who did it: the id of a person, a principal, a token's subject, or `reeve` itself. */
  readonly actor: string
  readonly onBehalfOf?: string
  /** Ids of all records that it is about, at most `SUBJECTS_MAX`. */
  readonly subjects: readonly string[]
  /** The record version that the act made, with the hash of it (hex). */
  readonly record?: { readonly id: string; readonly version: number; readonly hash: string }
  readonly reason?: string
  /** Ids of entries, requests or approvals that this follows from. */
  readonly follows?: readonly string[]
  readonly content?: { readonly [key: string]: Json }
}

/** An entry as it is kept: PostgreSQL itself added who wrote it. */
export interface StoredEntry extends Entry {
  /** Its place in the log, from 0. */
  readonly seq: number
  /** The database role that wrote it; no layer can write in another's name. */
  readonly writtenBy: string
  /** Hex; absent where there is neither reason nor content. */
  readonly contentHash?: string
  /** Hex. Gone, with reason and content, after they were pruned. */
  readonly salt?: string
}

/**
 * SHA-256 (hex) of the salt and the canonical JSON of reason and content. They may name people: the log holds this alone,
 * and the salt makes it say nothing once they are pruned.
 */
export function contentHash(salt: Uint8Array, { reason, content }: Pick<Entry, 'reason' | 'content'>): string {
  return createHash('sha256').update(salt).update(canonicalJson({ reason, content })).digest('hex')
}

/**
 * The leaf of an entry: its canonical JSON (RFC 8785), UTF-8. Absent members are left out; reason and content are in it by
 * their hash, and its place is not in it, since the place is where it stands.
 */
export function entryLeaf(entry: StoredEntry): Buffer {
  const { id, layer, writtenBy, type, at, actor, onBehalfOf, subjects, record, follows = [] } = entry
  const head = { id, layer, writtenBy, type, at, actor, onBehalfOf, subjects, follows, contentHash: entry.contentHash }
  return Buffer.from(canonicalJson({ ...head, record: record === undefined ? undefined : { ...record } }))
}
