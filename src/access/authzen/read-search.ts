// What is searched for (AuthZEN Authorization API 1.0, section 8), and from where on. A page's token belongs to one request.
import { createHash } from 'node:crypto'
import type { Question } from '../decide/index.ts'
import { isObject, refuse } from './read-body.ts'
import type { JsonObject } from './read-body.ts'
import { actionIn, contextIn, objectIn, partyIn, propertiesIn, textIn } from './read-question.ts'

export type SearchKind = 'subject' | 'resource' | 'action'

export interface Search {
  readonly kind: SearchKind
  /** The question with what is searched for left open. */
  readonly open: Question
  readonly limit: number
  /** In the order of candidates, the last one that was told of. */
  readonly after: string
  /** What ties a token to this request. */
  readonly bound: string
}

const LIMIT = 100
const LIMIT_MAX = 1000
const TOKEN_MAX = 16 * 1024

/** Throws Fault('invalid') that names the field. */
export function searchOf(kind: SearchKind, body: JsonObject): Search {
  const open = openQuestion(kind, body)
  const bound = boundTo(kind, body)
  const page = body['page'] === undefined ? {} : objectIn(body, 'page')
  const token = page['token'] === undefined || page['token'] === '' ? undefined : readToken(page['token'], bound)
  return {
    kind,
    open,
    bound,
    limit: page['limit'] === undefined ? (token?.limit ?? LIMIT) : limitOf(page['limit']),
    after: token?.after ?? '',
  }
}

function openQuestion(kind: SearchKind, body: JsonObject): Question {
  return {
    subject: kind === 'subject' ? typeIn(body, 'subject') : partyIn(body, 'subject'),
    action: kind === 'action' ? { name: '' } : actionIn(body),
    resource: kind === 'resource' ? typeIn(body, 'resource') : partyIn(body, 'resource'),
    ...contextIn(body),
  }
}

/** An id that is given all the same is ignored. */
function typeIn(body: JsonObject, field: 'subject' | 'resource'): Question['subject'] {
  const object = objectIn(body, field)
  return { type: textIn(object, 'type', field), id: '', ...propertiesIn(object, field) }
}

function limitOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    return refuse('page.limit', 'a number from 1 is needed')
  }
  return Math.min(value, LIMIT_MAX)
}

function boundTo(kind: SearchKind, { subject, action, resource, context }: JsonObject): string {
  const asked = JSON.stringify([kind, subject, action, resource, context])
  return createHash('sha256').update(asked).digest('base64url').slice(0, 22)
}

export const tokenFor = ({ bound, limit }: Search, after: string): string =>
  Buffer.from(JSON.stringify([bound, limit, after])).toString('base64url')

function readToken(token: unknown, bound: string): { readonly limit: number; readonly after: string } {
  if (typeof token !== 'string' || token.length > TOKEN_MAX) return refuse('page.token', 'a text is needed')
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
  } catch {
    return refuse('page.token', 'it is not one of ours; begin anew without it')
  }
  const [to, limit, after] = Array.isArray(parts) ? (parts as readonly unknown[]) : []
  if (typeof after !== 'string' || isObject(limit))
    return refuse('page.token', 'it is not one of ours; begin anew without it')
  return to === bound ? { limit: limitOf(limit), after } : refuse('page.token', 'it belongs to another request')
}
