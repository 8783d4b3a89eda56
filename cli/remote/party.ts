// Which person or team is meant: an id, `me`, an id of the feed, an e-mail address, a handle, or a whole name.
import { answered, everyItem } from '#client'
import type { ReeveClient } from '#client'
import { Fault } from '#kernel'
import type { Schemas } from './server.ts'

export type PartyRef = Schemas['PartyRef']

const PREFIXES = { psn_: 'person', tm_: 'team' } as const

/** Throws Fault('usage') where nobody, or more than one, is meant. */
export async function partyNamed(client: ReeveClient, name: string): Promise<PartyRef> {
  for (const [prefix, kind] of Object.entries(PREFIXES)) {
    if (name.startsWith(prefix)) return { kind, id: name }
  }
  if (name === 'me') return await myself(client)
  const wanted = name.replace(/^team:/, '').toLowerCase()
  const people = name.startsWith('team:') ? [] : await peopleNamed(client, wanted)
  const teams = await teamsNamed(client, wanted)
  const [found, another] = [...people, ...teams]
  if (found === undefined) {
    throw new Fault('usage', `no person or team is called \`${name}\`: reeve people list shows them`)
  }
  if (another !== undefined) {
    throw new Fault('usage', `several people or teams are called \`${name}\`: give the id, as ${found.id}`)
  }
  return found
}

async function myself(client: ReeveClient): Promise<PartyRef> {
  const me = await answered(client.GET('/v1/me'))
  if (me.kind !== 'person') throw new Fault('usage', '`me` is a person, and this token is none: name who is meant')
  return { kind: 'person', id: me.id }
}

/** The identity that the token is: of a person the record that their feed keeps, of an API client itself. */
export async function myPrincipal(client: ReeveClient): Promise<string> {
  const me = await answered(client.GET('/v1/me'))
  if (me.kind !== 'person') return me.id
  const { data } = await answered(client.GET('/v1/people/{personId}', { params: { path: { personId: me.id } } }))
  return data.principalId
}

async function peopleNamed(client: ReeveClient, wanted: string): Promise<PartyRef[]> {
  const found: PartyRef[] = []
  const people = everyItem((cursor) =>
    answered(
      client.GET('/v1/people', { params: { query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) } } }),
    ),
  )
  for await (const { id, data } of people) {
    const names = [data.feedId, data.name, ...data.emails, ...data.handles].map((one) => one.toLowerCase())
    if (names.includes(wanted)) found.push({ kind: 'person', id })
  }
  return found
}

async function teamsNamed(client: ReeveClient, wanted: string): Promise<PartyRef[]> {
  const found: PartyRef[] = []
  const teams = everyItem((cursor) =>
    answered(
      client.GET('/v1/teams', { params: { query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) } } }),
    ),
  )
  for await (const { id, data } of teams) {
    if ([data.feedId, data.name].some((one) => one.toLowerCase() === wanted)) found.push({ kind: 'team', id })
  }
  return found
}

/** Names of people and teams by id, for showing; what cannot be read is shown by its id. */
export async function partyNames(client: ReeveClient, ids: Iterable<string>): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for (const id of new Set(ids)) {
    const asked = id.startsWith('tm_')
      ? client.GET('/v1/teams/{teamId}', { params: { path: { teamId: id } } })
      : client.GET('/v1/people/{personId}', { params: { path: { personId: id } } })
    const { data } = await asked
    names.set(id, data?.data.name ?? id)
  }
  return names
}
