// Answers of the decision point: JSON, or a problem document, with the headers that count for either.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpSettings } from '../doors.ts'
import { problemOf } from '../problem.ts'

export interface Responder {
  readonly send: (response: ServerResponse, requestId: string, answer: unknown) => void
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
  const always = [...SECURITY, ...hsts].flat()
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
    send: (response, requestId, answer) =>
      write(response, 200, 'application/json', requestId, JSON.stringify(answer), []),
    refuse: (response, requestId, error, more = []) => {
      const problem = problemOf(error, requestId)
      const text = JSON.stringify(problem)
      const standing: Headers = [
        ...(problem.status === 401 ? ([['WWW-Authenticate', 'Bearer realm="reeve"']] as const) : []),
        // what is left of the body is not waited for
        ...(problem.status === 413 ? ([['Connection', 'close']] as const) : []),
      ]
      const type = 'application/problem+json; charset=utf-8'
      write(response, problem.status, type, requestId, text, [...standing, ...more].flat())
      return problem.status
    },
  }
}

/** AuthZEN has it echoed. What cannot be a name of a request is replaced. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\x21-\x7e]{1,200}$/.test(given) ? given : randomUUID()
}
