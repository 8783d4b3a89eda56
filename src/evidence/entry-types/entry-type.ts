// How the table of entry types is written: what happened, and what its content holds.

/** `text?` and the like may be absent. `names`: a list of short texts, such as fields or gaps. */
export type ContentField = 'text' | 'instant' | 'number' | 'flag' | 'names' | 'object'

export interface EntryType {
  /** In words, past tense: what is true when this entry stands in the log. */
  readonly says: string
  /** The layer that writes it; `any` of those that have rows. */
  readonly layer: 'identity' | 'access' | 'connections' | 'effect' | 'evidence' | 'any'
  /** Member → what it is; with a `?` where it may be absent. Nothing without content. SECURITY: no secret; of people only ids. */
  readonly content?: Readonly<Record<string, ContentField | `${ContentField}?`>>
  /** Content of a shape of its own is never more than this says; `null` stands where a member was taken away. */
  readonly nullable?: readonly string[]
}

/** A record that was put back by what was known after the backup carries these in place of its usual content. */
export const REPLAYED = { replayed: 'flag?', backupOf: 'instant?' } as const
