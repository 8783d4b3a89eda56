// An entry: one thing that happened, in words that outlive the code which wrote it.
import { canonicalJson } from '#kernel'
import type { Id, Instant, Json } from '#kernel'

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
  /** Ids of all records that it is about. */
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
}

/**
 * The leaf of an entry: its canonical JSON (RFC 8785), UTF-8. Absent members are left out; its place is not in it, since
 * the place is where it stands.
 */
export function entryLeaf(entry: StoredEntry): Buffer {
  const {
    id,
    layer,
    writtenBy,
    type,
    at,
    actor,
    onBehalfOf,
    subjects,
    record,
    reason,
    follows = [],
    content = {},
  } = entry
  return Buffer.from(
    canonicalJson({
      id,
      layer,
      writtenBy,
      type,
      at,
      actor,
      onBehalfOf,
      subjects,
      record: record === undefined ? undefined : { ...record },
      reason,
      follows,
      content,
    }),
  )
}
