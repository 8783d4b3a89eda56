// The people of a test of the API, each with a token: who administers, owns, approves, audits, and who has nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrapToken } from '#access/records'
import type { ConnectionsLayer } from '#connections'
import { DecisionState, DenialBinding, hinting } from '#access/decisions'
import type { Database } from '#db'
import { OfferedCredentials } from '#effect'
import type { EffectLayer } from '#effect'
import { TileFolder } from '#evidence'
import { everyPrincipalFacts, IDENTITY_SETTINGS } from '#identity/roll'
import { newId } from '#kernel'
import type { Clock } from '#kernel'
import { GraphKeeper } from '../../src/access/graph/keeper.ts'
import { policies } from '../../src/access/decide/state-in-test.ts'
import { STARTER_POLICIES } from '../../src/access/policy-version/starter-text.ts'
import { TargetInTest } from '../../src/effect/target-in-test.ts'
import { containDoor } from '../../src/start/contain/contain.ts'
import type { Doors } from '../../src/http/doors.ts'
import { apiInTest } from './api.ts'
import type { ApiInTest } from './api.ts'
import { ACCOUNT_IN_TEST } from './effect-route-cases.ts'
import type { World } from './route-cases.ts'

const nobody = () => ({ denied: 'unknown' }) as const

/** Who gets in where is tried on a real target: `test/e2e/connect.test.ts`. */
const LOGINS: NonNullable<Doors['logins']> = {
  login: async () => ({
    grantId: newId('grant'),
    requestId: newId('access_request'),
    until: '2030-01-01T00:00:00.000Z',
    host: '127.0.0.1',
    port: 5432,
    tls: 'off',
    database: 'postgres',
    user: 'reeve_grt',
    password: 'of this answer',
    secondsGood: 60,
  }),
}

function effectInTest(database: Database, clock: Clock): EffectLayer {
  const target = new TargetInTest()
  target.accounts.set(ACCOUNT_IN_TEST, { mayLogIn: true, sessions: 1, password: 'of the target in the test' })
  return {
    db: database.layer('effect'),
    clock,
    adapters: [target.adapter],
    secretOf: async () => 'of the administrator',
    offered: new OfferedCredentials(),
    marksOf: () => [],
    host: 'host-in-test',
  }
}

export async function worldInTest(): Promise<World & { close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-api-'))
  writeFileSync(join(folder, 'people.csv'), 'id,name,email\n1,Somebody,somebody@larkfield.example\n')
  let connections: ConnectionsLayer | undefined
  const state = new DecisionState()
  state.putPolicies(await policies(state, STARTER_POLICIES))
  const api: ApiInTest = await apiInTest({}, (database, clock) => {
    const places = { importRoots: [folder], dataDirectory: join(folder, 'data') }
    connections = { db: database.layer('connections'), clock, places }
    const binding = new DenialBinding(() => [{ keyId: 'hk_test', key: Buffer.alloc(32, 3) }])
    const requestable = { binding, hint: hinting(() => state, binding) }
    const roll = { db: database.layer('identity'), clock, settings: IDENTITY_SETTINGS }
    const look = async (): Promise<void> => {
      for await (const facts of everyPrincipalFacts(roll)) state.putPrincipal(facts)
    }
    const decisions = { state: () => state, look, now: () => Date.parse(clock()), authenticate: nobody, requestable }
    const graph = new GraphKeeper(database.layer('access'))
    const effect = effectInTest(database, clock)
    const fingerprint = (): [] => []
    const tiles = new TileFolder(join(folder, 'log'))
    return {
      connections,
      decisions,
      graph,
      effect,
      contain: containDoor({ identity: roll, effect, graph, fingerprint }),
      tiles,
      logins: LOGINS,
    }
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
