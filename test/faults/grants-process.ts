// A process of its own that keeps grants, as a server does: connections and the address of the target come as arguments; a
// number is the port of a PostgreSQL.
import { DecisionState } from '#access/decisions'
import { openDatabase } from '#db'
import type { Connection, Layer } from '#db'
import { systemClock } from '#kernel'
import { facts, policies } from '../../src/access/decide/state-in-test.ts'
import { fulfillerInTest } from '../../src/access/fulfil/target-in-test.ts'
import { startGrants } from '../../src/start/grants.ts'
import { timedFulfiller } from './timed-fulfiller.ts'

const [connections = '', url = ''] = process.argv.slice(2)
const byLayer = JSON.parse(connections) as Record<Layer, Connection>
const database = openDatabase(byLayer)
const state = new DecisionState()
state.putPrincipal(facts('app'))
state.putPolicies(await policies(state, 'forbid(principal, action, resource) when { context.request has never };'))
startGrants({
  opened: { connectionFor: (layer) => byLayer[layer] },
  access: {
    db: database.layer('access'),
    clock: systemClock,
    tokenKeys: () => [],
    settings: { bothAdministrations: false, tokenDaysMax: 1 },
    fulfillers: [/^\d+$/.test(url) ? timedFulfiller(Number(url)) : fulfillerInTest(url)],
  },
  state: () => {
    state.knownAt = Date.now()
    return state
  },
  say: (event) => process.stderr.write(`${event}\n`),
})
process.stdout.write('ready\n')
