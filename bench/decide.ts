// The pure decision: Reeve's evaluator beside Cedar's own, casbin and CASL, on the same requests with the answers compared.
// OPA is named and not measured: its WebAssembly modules are built by a program that npm does not have.
import { hrtime } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { PolicySet } from '#access/policy'
import { abac, grants, guarded, rbac, spread, type Abac, type Rbac, type Request } from './decide-estates.ts'
import {
  casbinAbac,
  casbinRbac,
  caslAbac,
  caslRbac,
  cedarWasm,
  compiled,
  toJson,
  withTemplates,
  type Decide,
} from './decide-peers.ts'
import { against, rounded, type Bench, type BenchOptions, type Figure } from './figure.ts'

export const decide: Bench = {
  name: 'decide',
  about: 'one decision in process: policies, a million grants, RBAC and ABAC, beside cedar-wasm, casbin and CASL',
  defaultScale: 0.1,
  async *run(options) {
    yield* policies(options)
    yield* manyGrants(options)
    yield* roles(options)
    yield* attributes(options)
  },
}

const figure = (name: string, scale: number, rest: Omit<Figure, 'bench' | 'figure' | 'scale'>): Figure => ({
  bench: 'decide',
  figure: name,
  scale,
  ...rest,
})

/** Nanoseconds of one call, of the least disturbed of several short rounds; for us and for peers alike. */
function nanoseconds(decideOne: Decide, count: number, budgetMs = 60): number {
  for (let number = 0; number < count; number++) decideOne(number)
  const rounds: number[] = []
  for (let round = 0; round < 7; round++) {
    const start = hrtime.bigint()
    const end = start + BigInt(budgetMs) * 1_000_000n
    let calls = 0
    let now = start
    while (now < end) {
      const batch = calls === 0 ? 1 : Math.min(count, calls)
      for (let number = 0; number < batch; number++) decideOne((calls + number) % count)
      calls += batch
      now = hrtime.bigint()
    }
    rounds.push(Number(now - start) / calls)
  }
  return Math.min(...rounds)
}

function compare(name: string, count: number, ours: Decide, peer: Decide): void {
  let allowed = 0
  for (let number = 0; number < count; number++) {
    const answer = ours(number)
    if (answer !== peer(number)) throw new Error(`${name} and Reeve differ on request ${number}`)
    if (answer) allowed++
  }
  if (allowed === 0 || allowed === count) throw new Error(`${name}: every request has the same answer`)
}

const asked =
  (set: PolicySet, requests: readonly Request[]): Decide =>
  (number) => {
    const request = requests[number]
    return request !== undefined && set.evaluate(request).decision === 'allow'
  }

function* policies({ scale, say }: BenchOptions): Iterable<Figure> {
  for (const count of [10, 100, 1000, Math.round(100_000 * scale)]) {
    say(`guardrails and ${count} policies`)
    const estate = guarded(count)
    const set = compiled(toJson(estate.policies), estate.entities)
    const ours = asked(set, estate.requests)
    const value = nanoseconds(ours, estate.requests.length)
    const name = `decision, guardrails and ${count} policies in ${set.shapes} shapes`
    if (count > 1000) {
      yield figure(name, scale, {
        value: rounded(value),
        unit: 'ns',
        note: 'cedar-wasm is linear: minutes at this size',
      })
      continue
    }
    const peer = cedarWasm(estate, `bench${count}`)
    compare('cedar-wasm', estate.requests.length, ours, peer)
    yield figure(name, scale, { unit: 'ns', ...against('cedar-wasm, stateful', value, nanoseconds(peer, 20), 'less') })
  }
}

const collect = (): void => {
  setFlagsFromString('--expose_gc')
  ;(runInNewContext('gc') as () => void)()
}
const heldBytes = (): number => {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

interface Measured {
  readonly hot: number
  readonly distinct: number
}

function* manyGrants({ scale, say }: BenchOptions): Iterable<Figure> {
  const count = Math.round(1_000_000 * scale)
  say(`${count} grants`)
  const small = filled(100)
  const { set, request, bytes } = filled(count)
  const [few, many] = inTurns([
    { set: small.set, request: small.request },
    { set, request },
  ])
  yield figure(`hot requests, ${count} grants against 100`, scale, {
    unit: 'ns',
    ...against('100 grants', many.hot, few.hot, 'less'),
  })
  yield figure(`distinct requests, ${count} grants against 100`, scale, {
    unit: 'ns',
    ...against('100 grants', many.distinct, few.distinct, 'less'),
  })
  yield figure('memory of a grant', scale, { unit: 'bytes', ...against('limit', bytes, 300, 'less') })
  yield figure('99th percentile of a decision', scale, {
    unit: 'ns',
    ...against('limit', percentile(set, request), 20_000, 'less'),
  })
  yield figure(`adding and ending one grant among ${count}`, scale, { value: rounded(changing(set)), unit: 'ns' })
}

function filled(count: number): { set: PolicySet; request: () => Request; bytes: number } {
  const estate = grants(count)
  const set = withTemplates(estate)
  const before = heldBytes()
  for (const link of estate.links()) set.addLink(link)
  const bytes = (heldBytes() - before) / count
  const pick = spread(7)
  return { set, request: () => estate.request(pick), bytes }
}

interface Filled {
  readonly set: PolicySet
  readonly request: () => Request
}

/** The least of several turns. V8 compiles for what it has met: a second set in a process costs more than the first, of any size. */
function inTurns([small, big]: readonly [Filled, Filled]): readonly [Measured, Measured] {
  const requests = [small, big].map(({ set, request }) => ({
    hot: asked(set, Array.from({ length: 100 }, request)),
    distinct: asked(set, Array.from({ length: 100_000 }, request)),
  }))
  const turns = Array.from({ length: 3 }, () =>
    requests.map(({ hot, distinct }) => ({
      hot: nanoseconds(hot, 100),
      distinct: nanoseconds(distinct, 100_000, 150),
    })),
  )
  const least = (which: number): Measured => ({
    hot: Math.min(...turns.map((turn) => turn[which]?.hot ?? Infinity)),
    distinct: Math.min(...turns.map((turn) => turn[which]?.distinct ?? Infinity)),
  })
  return [least(0), least(1)]
}

function percentile(set: PolicySet, request: () => Request): number {
  const requests = Array.from({ length: 100_000 }, request)
  const times = requests.map((one) => {
    const start = hrtime.bigint()
    set.evaluate(one)
    return Number(hrtime.bigint() - start)
  })
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN
}

/** Each time another grant: one id again and again is not what happens. */
function changing(set: PolicySet): number {
  let number = 0
  return nanoseconds(() => {
    const id = `another-${number++}`
    set.addLink({
      id,
      template: 'grant-read',
      principal: { type: 'Workload', id: `workload-${number % 97}` },
      resource: { type: 'Doc', id: `document-${number % 89}` },
    })
    return set.remove(id)
  }, 1000)
}

function rbacDecide({ roles: all, users, requests }: Rbac): Decide {
  const texts = Object.fromEntries(
    all.map(({ name, resource, actions }) => [
      name,
      `permit(principal in Role::"${name}", action in [${actions.map((action) => `Action::"${action}"`).join()}], resource == Doc::"${resource}");`,
    ]),
  )
  const records = users.map(({ name, roles: own }) => ({
    uid: { type: 'User', id: name },
    attrs: {},
    parents: own.map((role) => ({ type: 'Role', id: role })),
  }))
  const asRequests = requests.map(({ user, action, resource }) => ({
    principal: { type: 'User', id: user },
    action: { type: 'Action', id: action },
    resource: { type: 'Doc', id: resource },
    context: {},
  }))
  return asked(compiled(toJson(texts), records), asRequests)
}

async function* roles({ scale, say }: BenchOptions): AsyncIterable<Figure> {
  say('1,000 roles and 10,000 users')
  const estate = rbac(1000, 10_000)
  const ours = rbacDecide(estate)
  yield* beside('RBAC, 1,000 roles and 10,000 users', scale, ours, {
    casbin: await casbinRbac(estate),
    'CASL, an ability a user': caslRbac(estate),
  })
}

function abacDecide({ rules, requests }: Abac): Decide {
  const texts = Object.fromEntries(
    rules.map(({ action, level }) => [
      action,
      `permit(principal, action == Action::"${action}", resource) when { principal.level >= ${level} && principal.department == resource.department && !resource.archived };`,
    ]),
  )
  const records = requests.flatMap(({ subject, object }) => [
    {
      uid: { type: 'User', id: subject.id },
      attrs: { department: subject.department, level: subject.level },
      parents: [],
    },
    {
      uid: { type: 'Doc', id: object.id },
      attrs: { department: object.department, archived: object.archived },
      parents: [],
    },
  ])
  const asRequests = requests.map(({ subject, action, object }) => ({
    principal: { type: 'User', id: subject.id },
    action: { type: 'Action', id: action },
    resource: { type: 'Doc', id: object.id },
    context: {},
  }))
  return asked(compiled(toJson(texts), records), asRequests)
}

async function* attributes({ scale, say }: BenchOptions): AsyncIterable<Figure> {
  say('100 rules over attributes')
  const estate = abac(100)
  yield* beside('ABAC, 100 rules', scale, abacDecide(estate), {
    casbin: await casbinAbac(estate),
    'CASL, an ability a user': caslAbac(estate),
  })
}

function* beside(name: string, scale: number, ours: Decide, peers: Readonly<Record<string, Decide>>): Iterable<Figure> {
  for (const [peer, theirs] of Object.entries(peers)) {
    compare(peer, 200, ours, theirs)
    yield figure(name, scale, {
      unit: 'ns',
      ...against(peer, nanoseconds(ours, 200), nanoseconds(theirs, 200), 'less'),
    })
  }
  const note = 'not beside @open-policy-agent/opa-wasm: its modules are compiled by `opa`, which is not in npm'
  yield figure(name, scale, { unit: 'ns', value: rounded(nanoseconds(ours, 200)), note })
}
