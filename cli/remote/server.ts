// The server that a command asks, through the generated client, with the token that is at hand.
import { answered, ApiFault, reeveClient } from '#client'
import type { components, ReeveClient } from '#client'
import { Fault } from '#kernel'
import { version } from '../version.ts'
import { credentialsFrom } from './credentials.ts'
import type { Credentials } from './credentials.ts'

export type Schemas = components['schemas']
export type Principal = Schemas['Principal']

/** Options that every command with a server has. */
export interface RemoteOptions {
  readonly json?: boolean
}

export async function server(given?: Credentials): Promise<ReeveClient> {
  const { url, token } = given ?? (await credentialsFrom())
  return reeveClient({ url, token, userAgent: `reeve/${version}` })
}

type When = { readonly asOf?: string; readonly asKnownAt?: string }

/** By id, explicit identifier or external id, else by the name that lists show, where one principal alone has it. */
export async function principalNamed(client: ReeveClient, name: string, when: When = {}): Promise<Principal> {
  const read = async (principalId: string): Promise<Principal> =>
    await answered(client.GET('/v1/principals/{principalId}', { params: { path: { principalId }, query: when } }))
  try {
    return await read(name)
  } catch (cause) {
    if (!(cause instanceof ApiFault) || cause.httpStatus !== 404) throw cause
    const [one, another, ...more] = await called(client, name)
    if (one === undefined) throw cause
    if (another === undefined) return await read(one.id)
    const ids = [one, another, ...more].slice(0, CANDIDATES_MAX).map(({ id, data }) => `${id} (${data.refs[0] ?? ''})`)
    throw new Fault('usage', `several principals are called \`${name}\`, give the id of one: ${ids.join(', ')}`, {
      cause,
    })
  }
}

const CANDIDATES_MAX = 10
const PAGES_MAX = 5

async function called(client: ReeveClient, name: string): Promise<Principal[]> {
  const found: Principal[] = []
  let cursor: string | undefined
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = { q: name, limit: 200, ...(cursor === undefined ? {} : { cursor }) }
    // what is no text to search for is no name either
    const { data } = await client.GET('/v1/principals', { params: { query } })
    found.push(...(data?.items ?? []).filter((principal) => principal.data.name === name))
    cursor = data?.next
    if (cursor === undefined) break
  }
  return found
}

/** What an update of exactly this version is sent with. */
export const updateOf = (principal: Principal): { path: { principalId: string }; header: { 'If-Match': string } } => ({
  path: { principalId: principal.id },
  header: { 'If-Match': `"${principal.version}"` },
})

/** A page, or with `all` every page, of a list. */
export async function pages<T>(
  { all = false, limit, cursor }: { readonly all?: boolean; readonly limit?: number; readonly cursor?: string },
  read: (page: {
    limit?: number
    cursor?: string
  }) => Promise<{ readonly items: readonly T[]; readonly next?: string }>,
): Promise<{ items: T[]; next?: string }> {
  const items: T[] = []
  let next = cursor
  for (;;) {
    const page = await read({
      ...(limit === undefined ? {} : { limit }),
      ...(next === undefined ? {} : { cursor: next }),
    })
    items.push(...page.items)
    next = page.next
    if (next === undefined) return { items }
    if (!all) return { items, next }
  }
}

/** A day or an instant; the server has the last word. */
export function dayOrInstant(value: string): string {
  if (!/^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?$/.test(value)) {
    throw new Fault('usage', `\`${value}\` is no day: write it as 2027-03-31 or 2027-03-31T12:00:00Z`)
  }
  return value
}
