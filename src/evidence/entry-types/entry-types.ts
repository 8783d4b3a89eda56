// Every type of entry that this release writes. One table: the published schema, OCSF and the tests read it.
import type { Json } from '#kernel'
import type { ContentField, EntryType } from './entry-type.ts'
import { EFFECT_ENTRIES } from './effect.ts'
import { IDENTITY_ENTRIES } from './identity.ts'
import { OTHER_ENTRIES } from './others.ts'

export const ENTRY_TYPES: Readonly<Record<string, EntryType>> = {
  ...IDENTITY_ENTRIES,
  ...EFFECT_ENTRIES,
  ...OTHER_ENTRIES,
}

type Schema = { readonly [key: string]: Json }

const FIELDS: Readonly<Record<ContentField, Schema>> = {
  text: { type: 'string' },
  instant: { type: 'string', pattern: String.raw`^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}\.\d{3}Z)?$` },
  number: { type: 'number' },
  flag: { type: 'boolean' },
  names: { type: 'array', items: { type: 'string' } },
  object: { type: ['object', 'array'] },
}

/** JSON Schema (2020-12) of the content of one type. */
function contentSchema({ content = {}, nullable = [] }: EntryType): Schema {
  const fields = Object.entries(content).map(([name, field]) => {
    const schema = FIELDS[field.replace('?', '') as ContentField]
    return [name, nullable.includes(name) ? { anyOf: [schema, { type: 'null' }] } : schema] as const
  })
  const required = Object.entries(content).flatMap(([name, field]) => (field.endsWith('?') ? [] : [name]))
  return { type: 'object', properties: Object.fromEntries(fields), required, additionalProperties: false }
}

const ID = { type: 'string', pattern: '^[a-z]{2,5}_[0-9abcdefghjkmnpqrstvwxyz]{26}$' } as const
const HASH = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const

const HEAD: Schema = {
  seq: { type: 'integer', minimum: 0, description: 'its place in the log, from 0, without gaps' },
  id: ID,
  writtenBy: { type: 'string', description: 'the role of the database that wrote it' },
  at: FIELDS.instant,
  actor: { type: 'string', description: 'a person, an API client, `bootstrap`, or `reeve` itself' },
  onBehalfOf: { type: 'string' },
  subjects: { type: 'array', items: { type: 'string' }, maxItems: 1000 },
  record: {
    type: 'object',
    description: 'the version of a record that it made, with the SHA-256 of its canonical JSON',
    properties: { id: { type: 'string' }, version: { type: 'integer', minimum: 1 }, hash: HASH },
    required: ['id', 'version', 'hash'],
    additionalProperties: false,
  },
  reason: { type: 'string' },
  follows: {
    type: 'array',
    items: { type: 'string' },
    description: 'entries, requests or offers that it follows from',
  },
  contentHash: { ...HASH, description: 'SHA-256 of the salt and the canonical JSON of reason and content' },
  salt: {
    type: 'string',
    pattern: '^[0-9a-f]{32}$',
    description: 'gone, with reason and content, once they were pruned',
  },
}

/** What every entry has, whatever its type. */
const ENTRY: Schema = {
  type: 'object',
  properties: HEAD,
  required: ['id', 'layer', 'writtenBy', 'type', 'at', 'actor', 'subjects', 'follows'],
}

/** The published document: `#/$defs/<type>` is one type; the whole is any of them. */
export function entrySchemas(): Schema {
  const defs = Object.entries(ENTRY_TYPES).map(([type, entry]) => [
    type,
    {
      description: entry.says,
      $ref: '#/$defs/Entry',
      properties: {
        layer: entry.layer === 'any' ? { type: 'string' } : { const: entry.layer },
        type: { const: type },
        content: contentSchema(entry),
      },
      unevaluatedProperties: false,
    },
  ])
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:reeve:schema:entries:1',
    title: 'Entries of the log of Reeve',
    description: 'As GET /v1/entries answers them. A later release adds types and optional members, and changes none.',
    oneOf: Object.keys(ENTRY_TYPES).map((type) => ({ $ref: `#/$defs/${type}` })),
    $defs: { Entry: ENTRY, ...(Object.fromEntries(defs) as Schema) },
  }
}
