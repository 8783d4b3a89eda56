// The people of a test of the API, each with a token: who administers, owns, approves, audits, and who has nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrapToken } from '#access/records'
import type { ConnectionsLayer } from '#connections'
import { DecisionState } from '#access/decisions'
import { GraphKeeper } from '../../src/access/graph/keeper.ts'
import { policies } from '../../src/access/decide/state-in-test.ts'
import { STARTER_POLICIES } from '../../src/access/policy-version/starter-text.ts'
import { apiInTest } from './api.ts'
import type { ApiInTest } from './api.ts'
import type { World } from './route-cases.ts'

const nobody = () => ({ denied: 'unknown' }) as const

export async function worldInTest(): Promise<World & { close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-api-'))
  writeFileSync(join(folder, 'people.csv'), 'id,name,email\n1,Somebody,somebody@larkfield.example\n')
  let connections: ConnectionsLayer | undefined
  const state = new DecisionState()
  state.putPolicies(await policies(state, STARTER_POLICIES))
  const api: ApiInTest = await apiInTest({}, (database, clock) => {
    const places = { importRoots: [folder], dataDirectory: join(folder, 'data') }
    connections = { db: database.layer('connections'), clock, places }
    const decisions = { state: () => state, now: () => Date.parse(clock()), authenticate: nobody }
    return { connections, decisions, graph: new GraphKeeper(database.layer('access')) }
  })
  if (connections === undefined) throw new Error('it was made above')
  const bootstrap = await bootstrapToken(api.doors.identity, api.doors.access, {
    actor: { id: 'reeve' },
    at: api.roll.now(),
  })
  if (bootstrap === undefined) throw new Error('nobody administers yet')
  const tokens = {
    ada: await api.somebody('ada', ['identity-admin']),
    kim: await api.somebody('kim', ['access-admin']),
    olga: await api.somebody('olga'),
    petra: await api.somebody('petra', ['approver']),
    otto: await api.somebody('otto', ['auditor']),
    mallory: await api.somebody('mallory'),
  }
  return {
    api,
    tokens,
    bootstrap: bootstrap.value,
    connections,
    folder,
    async close() {
      await api.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
