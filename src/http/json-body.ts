// Bodies as JSON. A key that would reach into the prototype of an object is refused by its place, like any other field
// that is wrong; what is no JSON at all is said to be none.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { MalformedRequest } from './problem.ts'

const NAMED_MAX = 20
const DEPTH_MAX = 16
const WRONG = 'no field can be called `__proto__`, nor `constructor` with a `prototype`; leave it out'

export function installJsonBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error')
  server.removeContentTypeParser('application/json')
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    void parse(request, body as string, (error, value) => {
      if (error === null) done(null, value)
      else done(poisoned(body as string) ?? error)
    })
  })
}

/** `undefined` for what is not JSON, and for what is refused for another cause. */
function poisoned(body: string): MalformedRequest | undefined {
  let whole: unknown
  try {
    whole = JSON.parse(body)
  } catch {
    // no JSON: the parser's own error says so
    return undefined
  }
  const paths = poisonIn(whole)
  // deeper than any form here: the whole is what is wrong
  const issues = (paths.length === 0 ? [[]] : paths).map((path) => ({
    code: 'custom',
    path,
    message: WRONG,
    input: body,
  }))
  return new MalformedRequest('body', new z.ZodError(issues as z.core.$ZodIssue[]))
}

function poisonIn(value: unknown, path: readonly string[] = [], found: string[][] = []): string[][] {
  if (typeof value !== 'object' || value === null || path.length > DEPTH_MAX) return found
  for (const [key, member] of Object.entries(value)) {
    if (found.length === NAMED_MAX) return found
    if (key === '__proto__' || (key === 'constructor' && hasPrototype(member))) found.push([...path, key])
    else poisonIn(member, [...path, key], found)
  }
  return found
}

const hasPrototype = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
