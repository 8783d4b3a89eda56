// What route cases need and nobody in the world of the test can have made over the API: of people who are made for it.
import { listBreakGlass } from '#access/decisions'
import { assignRole } from '#access/records'
import { createWithEntries } from '#evidence/port'
import { EVERYTHING, getPrincipal } from '#identity/roll'
import { newId } from '#kernel'
import type { Instant } from '#kernel'
import { grantInTest } from '../../src/access/grant/grant-in-test.ts'
import { PRINCIPAL } from '../../src/identity/record/tables.ts'
import { personOf } from '../../src/identity/principal/roll-in-test.ts'
import type { World } from './route-cases.ts'

/** As a sync would have made it. */
export async function discoveredLike(world: World, like: string): Promise<string> {
  const { identity } = world.api.roll
  const { data } = await getPrincipal(identity, EVERYTHING, like)
  const id = newId('principal')
  const words = { type: 'principal.discovered' }
  const record = { id, data: { ...data, refs: [], externalId: id, state: 'discovered' }, words } as const
  await identity.db.transaction((tx) => createWithEntries(tx, PRINCIPAL, world.api.roll.act('ada'), [record]))
  return id
}

export async function assignment(world: World, name: string): Promise<string> {
  await world.api.roll.addPerson(name)
  const { id } = await assignRole(world.api.doors.identity, world.api.doors.access, world.api.roll.act('ada'), {
    subjectId: personOf(name),
    role: 'reviewer',
    reason: 'a test',
    heldByActor: 'bootstrap',
  })
  return id
}

/** As somebody would have used it who is not in the world of the test. */
export async function brokenGlass(world: World, somebody: string): Promise<string> {
  const { roll } = world.api
  await roll.addPerson(somebody)
  const act = roll.act(somebody)
  const until = new Date(Date.parse(act.at) + 3_600_000).toISOString() as Instant
  const taken = { kind: 'break_glass', actions: ['pg:*'], resources: ['pg://main/*'], until } as const
  const access = world.api.doors.access
  const { data } = await grantInTest(access, act, { principalId: newId('principal'), ...taken })
  const uses = await listBreakGlass(access.db, 'open', { limit: 1000 })
  return uses.find((use) => use.data.requestId === data.requestId)?.id ?? ''
}
