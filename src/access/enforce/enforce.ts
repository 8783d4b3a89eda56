// One request at an enforcement point: which route, who, what the decision point says, and what follows. Whatever is not a
// clear yes is a no, but in observe mode, where everything passes and what would be denied is marked.
import type { EvaluationAnswer } from '../authzen/index.ts'
import { readPath } from './read-path.ts'
import type { Route, RouteTable } from './route-table.ts'
import { fill, match } from './template.ts'
import type { Held } from './template.ts'

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

export interface SubjectOfRequest {
  readonly type: string
  readonly id: string
}

export interface GuardedRequest {
  readonly method: string
  /** As it was sent, with its query. */
  readonly target: string
  /** Names in lower case. */
  readonly headers: Headers
  /** Who was authenticated; `undefined` where nobody was. */
  readonly subject: SubjectOfRequest | undefined
}

/** Asks a decision point. Throws, or rejects, where there is no answer. */
export type Ask = (body: Readonly<Record<string, unknown>>) => EvaluationAnswer | Promise<EvaluationAnswer>

interface Obligation {
  readonly name: string
  readonly value: unknown
}

export interface Enforced {
  readonly passes: boolean
  /** 200, 401 where nobody was authenticated, 403, 503 where nobody answered. */
  readonly status: 200 | 401 | 403 | 503
  /** Of a decision, or `public`, `ambiguous_path`, `method_override`, `spoofed_header`, `no_route`, `no_subject`, `no_answer`, `obligation_unknown`. */
  readonly reason: string
  /** In observe mode: it passes, and would not. */
  readonly wouldDeny: boolean
  readonly decisionId?: string
  readonly expiresAt?: string
  readonly obligations: readonly Obligation[]
}

/** Programs behind may follow these instead of what was judged. */
const OVERRIDES = ['x-http-method-override', 'x-http-method', 'x-method-override', 'x-original-url', 'x-rewrite-url']

type Verdict = Omit<Enforced, 'passes' | 'wouldDeny'>
const no = (status: 401 | 403 | 503, reason: string, more: Partial<Verdict> = {}): Verdict => ({
  obligations: [],
  ...more,
  status,
  reason,
})

/** Never throws. */
export async function enforce(table: RouteTable, request: GuardedRequest, ask: Ask): Promise<Enforced> {
  const verdict = await judge(table, request, ask)
  const allowed = verdict.status === 200
  return { ...verdict, passes: allowed || table.mode === 'observe', wouldDeny: !allowed && table.mode === 'observe' }
}

async function judge(table: RouteTable, request: GuardedRequest, ask: Ask): Promise<Verdict> {
  if (OVERRIDES.some((name) => request.headers[name] !== undefined)) return no(403, 'method_override')
  // SECURITY: some programs read `x_reeve_…` as if it were ours
  const ours = (name: string): boolean => name.startsWith('x-reeve-') || name === table.subject?.header
  if (Object.keys(request.headers).some((name) => name.includes('_') && ours(name.replaceAll('_', '-')))) {
    return no(403, 'spoofed_header')
  }
  const found = routeOf(table.routes, request.method, request.target)
  if (typeof found === 'string') return no(403, found)
  const { asks } = found.route
  if (asks === undefined) return { status: 200, reason: 'public', obligations: [] }
  if (request.subject === undefined) return no(401, 'no_subject')
  const id = fill(asks.resource, found.held)
  return await decided(table, ask, {
    subject: request.subject,
    action: { name: asks.action },
    resource: { type: id.startsWith('arn:') ? 'aws' : id.slice(0, id.indexOf('://')), id },
    context: { http: { method: request.method, path: request.target.split('?', 1)[0] } },
  })
}

export const markOf = ({ name, mode }: RouteTable): object => ({
  enforcement_point: name,
  enforced: mode === 'enforce',
})

async function decided(
  table: RouteTable,
  ask: Ask,
  body: { readonly context: object; readonly [key: string]: unknown },
): Promise<Verdict> {
  let answer: EvaluationAnswer
  try {
    answer = await ask({ ...body, context: { ...body.context, reeve: markOf(table) } })
  } catch {
    // whatever it was, it was no yes
    return no(503, 'no_answer')
  }
  // an answer from elsewhere is whatever it is
  if (typeof answer?.decision !== 'boolean' || typeof answer.context?.reason !== 'string') return no(503, 'no_answer')
  const { reason, decision_id: decisionId, expires_at: expiresAt } = answer.context
  const known = {
    ...(typeof decisionId === 'string' && { decisionId }),
    ...(typeof expiresAt === 'string' && { expiresAt }),
  }
  if (!answer.decision) return no(403, reason, known)
  const obligations = metBehind(table, answer.context['obligations'])
  return obligations !== undefined
    ? { status: 200, reason, obligations, ...known }
    : no(403, 'obligation_unknown', known)
}

/** `undefined` where one of them is not fulfilled behind, or cannot be read: then it cannot be met. */
export function metBehind(table: RouteTable, said: unknown): readonly Obligation[] | undefined {
  const obligations = obligationsOf(said)
  return obligations?.every(({ name }) => table.obligations.has(name)) === true ? obligations : undefined
}

function obligationsOf(said: unknown): readonly Obligation[] | undefined {
  if (said === undefined) return []
  if (!Array.isArray(said)) return undefined
  const read = (said as readonly unknown[]).flatMap((one) =>
    typeof one === 'object' && one !== null && 'name' in one && typeof one.name === 'string'
      ? [{ name: one.name, value: 'value' in one ? one.value : undefined }]
      : [],
  )
  return read.length === said.length ? read : undefined
}

function routeOf(
  routes: readonly Route[],
  method: string,
  target: string,
): { readonly route: Route; readonly held: Held } | 'ambiguous_path' | 'no_route' {
  const path = readPath(target)
  if ('odd' in path) return 'ambiguous_path'
  const asked = method === 'HEAD' ? 'GET' : method
  let loose: Route | undefined
  for (const route of routes) {
    if (route.method !== asked) continue
    const held = match(route.template, path, false)
    if (held !== undefined) return loose === undefined ? { route, held } : 'ambiguous_path'
    // SECURITY: a program that does not mind case, or decodes first, would take this one, and not the later one that is spelled so
    loose ??= match(route.template, path, true) === undefined ? undefined : route
  }
  return 'no_route'
}
