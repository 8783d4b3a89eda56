// COPY in text format: rows become buffers of some 64 KiB, escaped so that no value can end a field, a row or the copy.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { Fault } from '#kernel'
import { identifier } from './sql.ts'
import { storable } from './storable.ts'
import type { CopyValue } from './transaction.ts'

const CHUNK_CHARACTERS = 64 * 1024
// oxlint-disable-next-line no-control-regex -- NUL is what is looked for
const SPECIAL = /[\\\n\r\t\0]/

/** `COPY … FROM STDIN` in the transaction of `client`. Returns the number of rows. */
export async function copyIn(
  client: pg.ClientBase,
  table: string,
  columns: readonly string[],
  rows: Iterable<readonly CopyValue[]>,
): Promise<number> {
  const target = table.split('.').map(quoted).join('.')
  const stream = client.query(copyFrom(`copy ${target} (${columns.map(quoted).join(', ')}) from stdin`))
  await pipeline(Readable.from(copyChunks(rows, columns.length)), stream)
  return stream.rowCount
}

function quoted(name: string): string {
  return identifier(name).compile().text
}

/** The bytes of COPY's text format. Throws Fault('invalid') for U+0000, which PostgreSQL cannot store. */
export function* copyChunks(rows: Iterable<readonly CopyValue[]>, width: number): Generator<Buffer> {
  let text = ''
  for (const row of rows) {
    if (row.length !== width) throw new TypeError(`a row for COPY has ${row.length} values, not ${width}`)
    for (let at = 0; at < width; at++) {
      if (at > 0) text += '\t'
      const value = row[at]
      // the common kinds first: this loop is what an import spends its time in
      if (typeof value === 'string') text += SPECIAL.test(value) ? escaped(value) : value
      else if (typeof value === 'number') text += value
      else text += encoded(value)
    }
    text += '\n'
    if (text.length >= CHUNK_CHARACTERS) {
      yield Buffer.from(text, 'utf8')
      text = ''
    }
  }
  if (text !== '') yield Buffer.from(text, 'utf8')
}

function encoded(value: CopyValue): string {
  if (value === null || value === undefined) return '\\N'
  if (typeof value === 'boolean') return value ? 't' : 'f'
  if (value instanceof Date) return value.toISOString()
  if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`
  if (typeof value !== 'object') return String(value)
  const json = storableJson(value)
  return SPECIAL.test(json) ? escaped(json) : json
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escaped(text: string): string {
  return text.replace(/[\\\n\r\t\0]/g, (character) => ESCAPES[character] ?? refuseNul())
}

/** JSON that `jsonb` takes: no U+0000, and unpaired surrogates (which JSON can spell and PostgreSQL refuses) replaced. */
export function storableJson(value: object): string {
  return JSON.stringify(storable(value))
}

function refuseNul(): never {
  throw new Fault('invalid', 'a text holds the character U+0000, which cannot be stored; remove it')
}
