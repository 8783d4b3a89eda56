// The client of the API: its types are generated from the OpenAPI document, its errors are faults of this house.
import createClient from 'openapi-fetch'
import type { Client } from 'openapi-fetch'
import { Fault, isFaultCode } from '#kernel'
import type { paths } from './schema.d.ts'

export type { components, operations, paths } from './schema.d.ts'

export interface ClientOptions {
  /** `https://reeve.example`, without a path. */
  readonly url: string
  readonly token?: string
  /** Told to the server's log. */
  readonly userAgent?: string
  readonly timeoutMs?: number
  readonly fetch?: (request: Request) => Promise<Response>
}

export type ReeveClient = Client<paths>

const TIMEOUT_MS = 60_000

/** Calls look like `client.GET('/v1/principals/{principalId}', { params: { path: { principalId } } })`. */
export function reeveClient(options: ClientOptions): ReeveClient {
  const { url, token, userAgent = 'reeve', timeoutMs = TIMEOUT_MS } = options
  const send = options.fetch ?? fetch
  return createClient<paths>({
    baseUrl: url,
    headers: { 'user-agent': userAgent, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    // SECURITY: a redirect could carry the token to another server; ours never sends one
    redirect: 'error',
    fetch: async (request) => {
      const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)])
      try {
        return await send(new Request(request, { signal }))
      } catch (cause) {
        throw unreachable(url, cause)
      }
    },
  })
}

/** A refusal of the server, as it said it. */
export class ApiFault extends Fault {
  /** The code of the problem document; `internal` for a failure of the server. */
  readonly problem: string
  readonly httpStatus: number
  /** The server's log has the request under this id. */
  readonly requestId: string | undefined
  readonly mistakes: readonly { readonly pointer: string; readonly detail: string }[]

  constructor(response: Response, body: unknown) {
    const said = (typeof body === 'object' && body !== null ? body : {}) as Partial<ProblemBody>
    const problem = typeof said.type === 'string' ? (said.type.split(':').at(-1) ?? 'internal') : 'internal'
    const detail =
      typeof said.detail === 'string' ? said.detail : `the server answered ${response.status} without saying why`
    super(isFaultCode(problem) ? problem : 'outcome_unknown', detail)
    this.name = 'ApiFault'
    this.problem = problem
    this.httpStatus = response.status
    this.requestId = said.instance
    this.mistakes = Array.isArray(said.errors) ? said.errors : []
  }
}

interface ProblemBody {
  readonly type: string
  readonly detail: string
  readonly instance: string
  readonly errors: { pointer: string; detail: string }[]
}

function unreachable(url: string, cause: unknown): Fault {
  const name = cause instanceof Error ? cause.name : ''
  if (name === 'TimeoutError')
    return new Fault('outcome_unknown', `\`${url}\` did not answer in time; ask again`, { cause })
  return new Fault('database_unavailable', `no server answers at \`${url}\`; start one with reeve serve`, { cause })
}

/** The data of an answer. Throws ApiFault for a problem document, with what the server said. */
export async function answered<T>(
  asked: Promise<{ readonly data?: T; readonly error?: unknown; readonly response: Response }>,
): Promise<T> {
  const { data, error, response } = await asked
  if (error !== undefined || !response.ok) throw new ApiFault(response, error)
  return data as T
}

/** All items of a list, page by page. */
export async function* everyItem<T>(
  page: (cursor: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next?: string }>,
): AsyncGenerator<T> {
  let cursor: string | undefined
  do {
    const { items, next } = await page(cursor)
    yield* items
    cursor = next
  } while (cursor !== undefined)
}
