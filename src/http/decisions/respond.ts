// Answers of the decision point: JSON, or a problem document, with the headers that count for either.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AnswerText } from '#access/decisions'
import type { HttpSettings } from '../doors.ts'
import { problemOf } from '../problem.ts'
import type { PlainAnswer } from './plain-connection.ts'

export interface Responder {
  readonly send: (response: ServerResponse, requestId: string, answer: unknown) => void
  /** The same as it goes over the wire. */
  readonly plain: (requestId: string, answer: unknown, staying: string) => PlainAnswer
  /** Says what it answered, for the log. */
  readonly refuse: (response: ServerResponse, requestId: string, error: unknown, more?: Headers) => number
}

type Headers = readonly (readonly [name: string, value: string])[]

const SECURITY: Headers = [
  ['Cache-Control', 'no-store'],
  ['X-Content-Type-Options', 'nosniff'],
  ['Content-Security-Policy', "default-src 'none';frame-ancestors 'none'"],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
]

export function responder({ tls, behindProxy }: HttpSettings): Responder {
  const hsts: Headers =
    tls === undefined && !behindProxy ? [] : [['Strict-Transport-Security', 'max-age=31536000; includeSubDomains']]
  const standing = [...SECURITY, ...hsts]
  const always = standing.flat()
  const lines = standing.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const write = (
    response: ServerResponse,
    status: number,
    type: string,
    requestId: string,
    text: string,
    more: readonly string[],
  ): void => {
    const length = Buffer.byteLength(text)
    response.writeHead(status, [
      'Content-Type',
      type,
      'Content-Length',
      String(length),
      'X-Request-ID',
      requestId,
      ...more,
      ...always,
    ])
    // text of ASCII leaves in one write with its headers, at half the cost
    response.end(text, length === text.length ? 'latin1' : 'utf8')
  }
  return {
    send: (response, requestId, answer) => write(response, 200, 'application/json', requestId, jsonOf(answer), []),
    plain: (requestId, answer, staying) => {
      const body = jsonOf(answer)
      const length = answer instanceof AnswerText ? answer.byteLength : Buffer.byteLength(body)
      const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nX-Request-ID: ${requestId}\r\n`
      return {
        text: `${head}${lines}Date: ${dateNow()}\r\n${staying}\r\n${body}`,
        encoding: length === body.length ? 'latin1' : 'utf8',
      }
    },
    refuse: (response, requestId, error, more = []) => {
      const problem = problemOf(error, requestId)
      const text = JSON.stringify(problem)
      const own: Headers = [
        ...(problem.status === 401 ? ([['WWW-Authenticate', 'Bearer realm="reeve"']] as const) : []),
        // what is left of the body is not waited for
        ...(problem.status === 413 ? ([['Connection', 'close']] as const) : []),
      ]
      const type = 'application/problem+json; charset=utf-8'
      write(response, problem.status, type, requestId, text, [...own, ...more].flat())
      return problem.status
    },
  }
}

const jsonOf = (answer: unknown): string => (answer instanceof AnswerText ? answer.text : JSON.stringify(answer))

let lastSecond = Number.NaN
let lastDate = ''

/** RFC 9110, section 5.6.7; many answers leave in the same second. */
function dateNow(): string {
  const now = Date.now()
  if (Math.floor(now / 1000) !== lastSecond) {
    lastSecond = Math.floor(now / 1000)
    lastDate = new Date(now).toUTCString()
  }
  return lastDate
}

/** AuthZEN has it echoed. What cannot be a name of a request is replaced. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\x21-\x7e]{1,200}$/.test(given) ? given : newRequestId()
}

const ofThisProcess = randomUUID().slice(0, -12)
let requests = 0

/** A UUID that nothing else has. Whoever sees one can tell the next: it is a name, and proves nothing. */
export const newRequestId = (): string => ofThisProcess + (requests += 1).toString(16).padStart(12, '0')
