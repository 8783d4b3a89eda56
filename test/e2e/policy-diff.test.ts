// `reeve policy diff` on the sample estate, against brute force: every right asked of the real server, under the one version and
// under the other.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from '#db'
import * as roll from '#identity/roll'
import type { Id, Instant } from '#kernel'
import { resourceOf } from '../../src/access/decide/resource-name.ts'
import { grantInTest } from '../../src/access/grant/grant-in-test.ts'
import { STARTER_POLICIES } from '../../src/access/policy-version/starter-text.ts'
import { activatePolicies, approvePolicies, proposePolicies } from '../../src/access/policy-version/write-policies.ts'
import { roleInTest } from '../../src/access/role/role-in-test.ts'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import { seededRandom } from '../../src/db/random-in-test.ts'
import { person, personOf } from '../../src/identity/principal/roll-in-test.ts'
import { reeve } from '../scan/run-reeve.ts'
import { environmentOf, estate, until } from './decision-estate-in-test.ts'
import type { DecisionEstate } from './decision-estate-in-test.ts'
import { cleanEnvironment, startServer } from './server-in-test.ts'

const LATER = '2030-01-01T00:00:00.000Z' as Instant
const OTHERS = ['other:read', 'other:write', 'other:admin', 'other:act']
const BATCH = 1000
/** Of what the command does not list; of what it lists, each right is asked. */
const SHARE_ASKED = process.env['REEVE_EXHAUSTIVE'] === undefined ? 0.15 : 1

interface Listed {
  readonly principalId: string
  readonly action: string
  readonly resource: string
}

/** Of the sample estate: registered, owned, with a purpose and an end. */
const ACTIVE_MAX = 10

async function activateEach({ roll: { identity }, act }: DecisionEstate): Promise<string[]> {
  const active: string[] = []
  for await (const { id, data } of roll.everyPrincipal(identity)) {
    if (active.length === ACTIVE_MAX || data.state !== 'discovered' || data.kind === 'human' || data.kind === 'group')
      continue
    try {
      await roll.registerDiscovered(identity, act(), { id })
      await roll.assignOwner(identity, act(), { id, owner: person('ada') })
      await roll.setPurpose(identity, act(), { id, purpose: 'a test' })
      await roll.setExpiry(identity, act(), { id, expiresAt: LATER })
      await roll.activatePrincipal(identity, act(), { id })
      active.push(id)
    } catch {
      // one of a high tier needs more: it stays as it is, and may nothing
    }
  }
  return active
}

async function named(world: DecisionEstate, member: 'actions' | 'resources'): Promise<string[]> {
  const rows = await world.access.db.transaction(
    async (tx) =>
      await tx.query<{ name: string }>(sql`
        select distinct n.name from access.entitlement e, jsonb_array_elements_text(e.data -> ${member}) n (name)`),
  )
  return rows.map(({ name }) => name).sort()
}

const whole = (names: readonly string[]): string[] => names.filter((name) => !/[*?\s]/.test(name))

/** `*` alone stands for whatever nothing names; nobody can ask for it. */
const canBeAsked = (resource: string): boolean => resourceOf(resource).type !== ''

const of = ({ principalId, action, resource }: Listed): string => [principalId, action, resource].join(' ')

test(
  'policy diff lists exactly those of the sample estate who gain and lose',
  { skip: databaseUnavailable(), timeout: 400_000 },
  async (t) => {
    const base = await testDatabase()
    const folder = await mkdtemp(join(tmpdir(), 'reeve-differs-'))
    const dataDirectory = join(folder, 'data')
    const server = await startServer({ dataDirectory, args: ['--sample'], env: environmentOf(base) })
    t.after(async () => {
      await server.kill()
      await base.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    })
    const world = await estate(base, join(dataDirectory, 'keys'))
    const { access, act } = world
    await roleInTest(access.db, act(), personOf('ada'), 'approver')
    const active = await activateEach(world)
    const [actions, resources] = [await named(world, 'actions'), await named(world, 'resources')]
    t.diagnostic(`${active.length} identities are active; ${actions.length} actions and ${resources.length} resources`)
    assert.ok(active.length === ACTIVE_MAX && actions.length >= 20 && resources.length >= 10)
    for (const [at, principalId] of active.slice(0, 6).entries()) {
      const right = { actions: [whole(actions)[at % 8] ?? ''], resources: [whole(resources)[at % 8] ?? ''] }
      await grantInTest(access, act(), { principalId: principalId as Id<'principal'>, ...right })
    }
    const versions = await Promise.all(
      texts(active, whole(actions), whole(resources)).map(async (text) => await approved(world, text)),
    )

    const told = await reeve(['policy', 'diff', ...versions.map(String), '--json'], {
      env: cleanEnvironment({ REEVE_URL: server.url, REEVE_TOKEN: world.adminToken, HOME: folder }),
    })
    assert.equal(told.code, 0, told.stderr)
    const listed = JSON.parse(told.stdout) as {
      gains: Listed[]
      loses: Listed[]
      gained: number
      lost: number
      cutShort: boolean
    }
    assert.equal(listed.cutShort, false)

    // those that ask are active too, and whom a feed has
    const everyone = (await Array.fromAsync(roll.everyPrincipal(world.roll.identity))).filter(
      ({ data }) => data.state === 'active',
    )
    const random = seededRandom()
    t.diagnostic(`REEVE_SEED=${random.seed}`)
    const inList = new Set([...listed.gains, ...listed.loses].map(of))
    const rights = everyone.flatMap(({ id: principalId }) =>
      [...actions, ...OTHERS].flatMap((action) =>
        [...resources, 'other://anything']
          .filter(canBeAsked)
          .map((resource): Listed => ({ principalId, action, resource }))
          .filter((right) => inList.has(of(right)) || random.chance(SHARE_ASKED)),
      ),
    )
    const [first, second] = [await allowedUnder(versions[0] ?? 0), await allowedUnder(versions[1] ?? 0)]
    const gains = [...second].filter((right) => !first.has(right)).sort()
    const loses = [...first].filter((right) => !second.has(right)).sort()
    t.diagnostic(`${rights.length} rights asked twice: ${gains.length} are gained, ${loses.length} are lost`)
    assert.ok(gains.length > 10 && loses.length > 10, 'enough of each to be wrong about')
    assert.deepEqual([listed.gained, listed.lost], [listed.gains.length, listed.loses.length])
    const askable = (flips: readonly Listed[]): string[] =>
      flips
        .filter(({ resource }) => canBeAsked(resource))
        .map(of)
        .sort()
    assert.deepEqual(askable(listed.gains), gains)
    assert.deepEqual(askable(listed.loses), loses)

    async function allowedUnder(number: number): Promise<Set<string>> {
      const { id } = await activatePolicies(access, act(), { number })
      const ask = async (some: readonly Listed[]): Promise<Answer[]> => {
        const evaluations = some.map(({ principalId, action, resource }) => ({
          subject: { type: 'principal', id: principalId },
          action: { name: action },
          resource: resourceOf(resource),
        }))
        const response = await fetch(`${server.url}/access/v1/evaluations`, {
          method: 'POST',
          headers: { authorization: `Bearer ${world.pdpToken}`, 'content-type': 'application/json' },
          body: JSON.stringify({ evaluations }),
        })
        assert.equal(response.status, 200)
        return ((await response.json()) as { evaluations: Answer[] }).evaluations
      }
      await until(async () => (await ask(rights.slice(0, 1)))[0]?.context.policy_version === id, 10_000)
      const allowed = new Set<string>()
      for (let from = 0; from < rights.length; from += BATCH) {
        const some = rights.slice(from, from + BATCH)
        for (const [at, answer] of (await ask(some)).entries()) {
          assert.equal(answer.context.policy_version, id)
          // what was allowed but for its entry: more at once than the log takes is no matter of policies
          if (answer.decision || answer.context.reason === 'evidence_unavailable')
            allowed.add(of(some[at] ?? assert.fail('one answer for each')))
        }
      }
      return allowed
    }
  },
)

interface Answer {
  readonly decision: boolean
  readonly context: { readonly reason: string; readonly policy_version?: string }
}

/** Proposed and approved, not in force. */
async function approved({ access, act }: DecisionEstate, text: string): Promise<number> {
  const { version } = await proposePolicies(access, act(), { text, comment: 'a test', behind: ['psn_one'] })
  const number = version?.data.number ?? assert.fail('it can be read')
  await approvePolicies(access, act(), { number, behind: ['psn_two'] })
  return number
}

/** Two versions over names of the estate: permits by kind and for one, forbids of one resource and of one level. */
function texts(active: readonly string[], actions: readonly string[], resources: readonly string[]): [string, string] {
  const action = (at: number): string => `action == Action::"${actions[at] ?? ''}"`
  const resource = (at: number): string => `resource == Resource::"${resources[at] ?? ''}"`
  const principal = (at: number): string => `principal == Principal::"${active[at] ?? ''}"`
  const first = [
    `permit (principal, ${action(5)}, ${resource(3)});`,
    `permit (${principal(7)}, action, ${resource(4)}) when { context.level == "read" };`,
    `permit (${principal(8)}, ${action(6)}, resource);`,
  ]
  const second = [
    `permit (principal, ${action(5)}, ${resource(3)}) when { principal.kind == "service_account" };`,
    `permit (${principal(9)}, action, ${resource(5)}) when { context.level != "admin" };`,
    `permit (${principal(8)}, ${action(6)}, resource) unless { principal.environment == "production" };`,
    `permit (principal, ${action(9)}, ${resource(7)}) when { principal.system == "aws" || principal.tier == "low" };`,
    `forbid (${principal(0)}, action, resource);`,
    `forbid (principal, action, ${resource(2)}) when { context.granted != "no" };`,
  ]
  return [first, second].map((more) => [STARTER_POLICIES, ...more].join('\n')) as [string, string]
}
