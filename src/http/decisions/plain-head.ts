// The head of a request for a decision, where it is plain: one way to spell it, and one way to read it.
//
// SECURITY: what another parser on the way could read as something else is not read here. It goes, with all of its bytes, to
// Node's parser, which has the last word on it.

import { notShown } from '#access/decisions'
import type { ShownBefore } from '#access/decisions'
import { presentedBy } from '../authenticate.ts'

export interface PlainHead {
  readonly path: string
  readonly host: string
  /** As a bearer token; nothing is known of it yet. */
  readonly presented: string | undefined
  readonly requestId: string | undefined
  /** Bytes of the body. */
  readonly length: number
  /** What `presented` was proven to be, for as long as this is kept. */
  readonly shown: ShownBefore
}

const REQUEST_LINE = /^POST (\/[\w./-]{1,100}) HTTP\/1\.1\r\n/
const HEADER = /([\w!#$%&'*+.^`|~-]{1,100}):([\x20-\x7e\t]*)\r\n/y
const LENGTH = /^\d{1,7}$/
const JSON_TYPE = /^application\/json\s*(?:;|$)/i
const REQUEST_ID = /^[\x21-\x7e]{1,200}$/

/** That say where a request ends, or what becomes of its connection. */
const FRAMING: ReadonlySet<string> = new Set([
  'transfer-encoding',
  'content-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'proxy-connection',
  'http2-settings',
])

const ONCE = ['host', 'authorization', 'content-type', 'content-length', 'x-request-id', 'connection'] as const
type Once = (typeof ONCE)[number]

/** `head`: Latin-1, up to and with the empty line. */
export function plainHead(head: string): PlainHead | undefined {
  const [line, path] = REQUEST_LINE.exec(head) ?? []
  if (line === undefined || path === undefined) return undefined
  const found = onceIn(head, line.length)
  if (found === undefined) return undefined
  const { host, authorization, connection = 'keep-alive' } = found
  const [type = '', length = '', requestId] = [found['content-type'], found['content-length'], found['x-request-id']]
  if (host === undefined || connection.toLowerCase() !== 'keep-alive') return undefined
  if (!LENGTH.test(length) || !JSON_TYPE.test(type)) return undefined
  if (requestId !== undefined && !REQUEST_ID.test(requestId)) return undefined
  return { path, host, presented: presentedBy(authorization), requestId, length: Number(length), shown: notShown() }
}

/** What counts, each at most once; `undefined` where a line is not plain, or counts for more than is read here. */
function onceIn(head: string, from: number): { readonly [name in Once]?: string } | undefined {
  const found: { [name in Once]?: string } = {}
  let at = from
  while (at < head.length - 2) {
    HEADER.lastIndex = at
    const [line, name = '', value = ''] = HEADER.exec(head) ?? []
    if (line === undefined) return undefined
    at += line.length
    const lower = name.toLowerCase()
    if (FRAMING.has(lower)) return undefined
    const once = ONCE.find((known) => known === lower)
    if (once === undefined) continue
    if (found[once] !== undefined) return undefined
    found[once] = value.trim()
  }
  return found
}
