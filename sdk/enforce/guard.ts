// One guard for every framework: who asks, by whose word, within which time.
import { BlockList, isIP } from 'node:net'
import type { IncomingMessage } from 'node:http'
import { enforce, routeTable, subjectFrom } from '#access/decisions'
import type { Ask, Enforced, RouteFile, RouteTable, SubjectOfRequest } from '#access/point'
import { Fault } from '#kernel'

export interface GuardOptions {
  readonly routes: RouteFile
  /** `(body) => point.evaluate(body)` in this process, or `askDecisionPoint(…)`. */
  readonly ask: Ask
  /** Who was authenticated before: a verified token, a client's certificate. Instead of the header of `routes.subject`. */
  readonly subject?: (request: IncomingMessage) => SubjectOfRequest | undefined
  /** Whose word that header is: addresses and networks, as 127.0.0.1 or 10.0.0.0/8. From anybody else it counts for nothing. */
  readonly trustedProxies?: readonly string[]
  /** After it there is no answer. */
  readonly timeLimitMs?: number
  /** Told of what would be denied while it observes, and of questions without an answer. */
  readonly say?: (event: string) => void
}

export interface Guard {
  /** Never rejects. `target` is the path and query as they were sent. */
  judge(request: IncomingMessage, target: string): Promise<Enforced>
}

const TIME_LIMIT_MS = 3000
const judged = new WeakMap<object, Enforced>()

/** What was decided of a request that passed: its decision, its obligations. */
export const enforcedOf = (request: IncomingMessage): Enforced | undefined => judged.get(request)

/** Throws Fault('invalid') for routes, and Fault('usage') for proxies, that cannot be meant so. */
export function guardOf(options: GuardOptions): Guard {
  const table = routeTable(options.routes)
  const trusted = trustedOf(options.trustedProxies ?? [])
  const { ask, subject, timeLimitMs = TIME_LIMIT_MS, say = () => undefined } = options
  if (subject !== undefined && table.subject !== undefined) {
    throw new Fault('usage', 'who asks is said by `subject` or by the header of `routes.subject`, not by both')
  }
  const who = subject ?? ((request: IncomingMessage) => byHeader(table, trusted, request))
  return {
    judge: async (request, target) => {
      const { method = '', headers } = request
      const asked = { method, target, headers, subject: whoAsks(who, request) }
      const enforced = await enforce(table, asked, async (body) => await within(timeLimitMs, ask, body))
      if (enforced.wouldDeny) say(`would deny (${enforced.reason}): ${enforced.decisionId ?? 'no decision'}`)
      else if (enforced.reason === 'no_answer') say('the decision point does not answer; denied')
      judged.set(request, enforced)
      return enforced
    },
  }
}

/** SECURITY: whoever cannot be read is nobody, not an error that a framework might pass on. */
function whoAsks(who: NonNullable<GuardOptions['subject']>, request: IncomingMessage): SubjectOfRequest | undefined {
  try {
    return who(request)
  } catch {
    return undefined
  }
}

const byHeader = (table: RouteTable, trusted: BlockList, request: IncomingMessage): SubjectOfRequest | undefined => {
  const address = request.socket.remoteAddress ?? ''
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  return isIP(address) !== 0 && trusted.check(address, family) ? subjectFrom(table, request.headersDistinct) : undefined
}

function trustedOf(proxies: readonly string[]): BlockList {
  const list = new BlockList()
  for (const proxy of proxies) {
    const [address = '', bits] = proxy.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    const most = family === 'ipv6' ? 128 : 32
    if (isIP(address) === 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most))) {
      throw new Fault('usage', `\`${proxy}\` is no address and no network, as 127.0.0.1 or 10.0.0.0/8`)
    }
    list.addSubnet(address, bits === undefined ? most : Number(bits), family)
  }
  return list
}

async function within(limitMs: number, ask: Ask, body: Parameters<Ask>[0]): Promise<Awaited<ReturnType<Ask>>> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Fault('unprocessable', 'the decision point is too slow')), limitMs)
  })
  try {
    return await Promise.race([ask(body), late])
  } finally {
    clearTimeout(timer)
  }
}

/** What a client is told: not why, which is for the log. */
export function refusalOf({ status, decisionId }: Enforced): { readonly status: number; readonly text: string } {
  const title = { 200: '', 401: 'nobody is authenticated', 403: 'this is denied', 503: 'this cannot be decided now' }[
    status
  ]
  return { status, text: JSON.stringify({ title, status, decision_id: decisionId }) }
}
