// How values come back from PostgreSQL: instants as text, 64-bit integers as numbers that are exact or an error.
import { types } from 'pg'
import type { CustomTypesConfig } from 'pg'

const INT8 = 20
const INT8_ARRAY = 1016
const DATE = 1082
const DATE_ARRAY = 1182
const TIMESTAMP = 1114
const TIMESTAMPTZ = 1184
const TIMESTAMPTZ_ARRAY = 1185
const INTERVAL = 1186
const TEXT_ARRAY: number = 1009

/** Throws above 2^53: a rounded number would be a wrong answer that nobody sees. */
function exactInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('a 64-bit integer is above 2^53: select it as text')
  return value
}

const UTC = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/

/** `2026-01-31 08:00:00.123456+00` → `2026-01-31T08:00:00.123Z`. Finer than a millisecond is cut off. */
function instantText(text: string): string {
  const utc = UTC.exec(text)
  if (utc !== null) return `${utc[1]}T${utc[2]}.${(utc[3] ?? '').slice(0, 3).padEnd(3, '0')}Z`
  const other = /^(\d{4,6}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d)(:\d\d)?(?::\d\d)?$/.exec(text)
  const at =
    other === null ? Number.NaN : Date.parse(`${other[1]}T${other[2]}${other[3] ?? ''}${other[4]}${other[5] ?? ':00'}`)
  if (Number.isNaN(at)) throw new RangeError(`\`${text}\` is no instant: select it as text`)
  return new Date(at).toISOString()
}

type Parser = (text: string) => unknown

function arrayOf(parse: (text: string) => unknown): Parser {
  const parseTexts = types.getTypeParser(TEXT_ARRAY, 'text') as (text: string) => (string | null)[]
  return (text) => parseTexts(text).map((element) => (element === null ? null : parse(element)))
}

const asText = (text: string): string => text

const PARSERS: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [INT8, exactInteger],
  [INT8_ARRAY, arrayOf(exactInteger)],
  [TIMESTAMPTZ, instantText],
  [TIMESTAMPTZ_ARRAY, arrayOf(instantText)],
  [DATE, asText],
  [DATE_ARRAY, arrayOf(asText)],
  [TIMESTAMP, asText],
  [INTERVAL, asText],
])

/** For `types` of a connection. What is not named here is as `pg` has it: numeric is text, jsonb is parsed, bytea a Buffer. */
export const typeParsers: CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): Parser {
    const own = format === 'binary' ? undefined : PARSERS.get(oid)
    return own ?? types.getTypeParser(oid, format)
  },
}
