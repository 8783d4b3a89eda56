// For proxies that ask before they pass a request on: nginx (`auth_request`), Caddy (`forward_auth`), Envoy (ext_authz over
// HTTP), each by its own contract. And for Kubernetes, which asks as an authorization webhook.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { enforce, evaluate, readBody, recordWouldDeny, reviewAccess, subjectFrom } from '#access/decisions'
import type { Enforced, RouteTable } from '#access/decisions'
import type { Desk } from './desk.ts'
import { requestIdOf } from './respond.ts'

const NGINX = '/enforce/v1/nginx'
const CADDY = '/enforce/v1/caddy'
const ENVOY = '/enforce/v1/envoy'
const KUBERNETES = '/enforce/v1/kubernetes'

/** True where the request was one of these, and is being answered. */
type Enforcing = (request: IncomingMessage, response: ServerResponse) => boolean

export function enforcing(desk: Desk, table: RouteTable): Enforcing {
  return (request, response) => {
    const { url = '', method } = request
    if (!url.startsWith('/enforce/v1/')) return false
    if (url === KUBERNETES && method === 'POST' && table.kubernetes !== undefined) {
      desk.answer(async (point, text) => await reviewAccess(table, point, readBody(text)), request, response)
      return true
    }
    const original = originalOf(request)
    if (original === undefined) return false
    void guard(desk, table, request, response, original)
    return true
  }
}

interface Original {
  readonly method: string
  readonly target: string
}

/** What the client asked the proxy, as this proxy says it. SECURITY: what another one would say is the client's word. */
function originalOf({ url = '', method = '', headersDistinct }: IncomingMessage): Original | undefined {
  const said = (name: string): string => {
    const values = headersDistinct[name] ?? []
    return values.length === 1 ? (values[0] ?? '') : ''
  }
  // Caddy appends the client's query to the address that it asks
  const [asked] = url.split('?', 1)
  if (asked === NGINX) return { method: said('x-original-method'), target: said('x-original-uri') }
  if (asked === CADDY) return { method: said('x-forwarded-method'), target: said('x-forwarded-uri') }
  return url.startsWith(`${ENVOY}/`) ? { method, target: url.slice(ENVOY.length) } : undefined
}

async function guard(
  desk: Desk,
  table: RouteTable,
  request: IncomingMessage,
  response: ServerResponse,
  original: Original,
): Promise<void> {
  const requestId = requestIdOf(request)
  try {
    desk.admit(request, 'decide')
    const subject = subjectFrom(table, request.headersDistinct)
    const { headers } = request
    const enforced = await enforce(table, { ...original, headers, subject }, (body) => evaluate(desk.point, body))
    await recordWouldDeny(desk.point, table, original.method, enforced)
    answer(response, requestId, enforced)
  } catch (error) {
    desk.refuse(response, requestId, error)
  }
}

/** Every header is there in every answer, so that what a client sent under its name is overwritten. Without a body: proxies drop it. */
function answer(response: ServerResponse, requestId: string, enforced: Enforced): void {
  const { passes, status, reason, wouldDeny, decisionId = '', expiresAt = '', obligations } = enforced
  response.writeHead(passes ? 200 : status, {
    'content-length': '0',
    'cache-control': 'no-store',
    'x-request-id': requestId,
    'x-reeve-reason': reason,
    'x-reeve-decision': decisionId,
    'x-reeve-expires-at': expiresAt,
    'x-reeve-obligations': obligationsText(obligations),
    'x-reeve-would-deny': wouldDeny ? reason : '',
  })
  response.end()
}

/** Of ASCII alone, as a header must be. */
function obligationsText(obligations: Enforced['obligations']): string {
  const text = JSON.stringify(obligations)
  return text.replaceAll(/[^\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
