// What other policies would change: who gains what and who loses what, over every right that anything names; and which of the
// decisions that were made would have come out otherwise.
import { Fault } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { knownRights, simulate } from '../decide/index.ts'
import type { DecisionState, Flip, NamedElsewhere, PoliciesInForce, SimulatedTuple } from '../decide/index.ts'
import { nameRecorded, resourceRecorded } from '../decision-log/recorded-name.ts'
import { policiesOver } from '../feed/change.ts'
import type { PolicyJson } from '../feed/change.ts'
import { readPoliciesToDecide } from '../policy-writing/index.ts'
import type { TextProblem } from '../policy-writing/index.ts'
import { getPolicyVersion } from './read-policies.ts'

type PolicySource = { readonly number: number } | { readonly text: string; readonly schema?: string | undefined }

interface PoliciesToCompare {
  readonly before?: PolicySource | undefined
  readonly after: PolicySource
}

export interface PolicyComparison {
  /** At most `LISTED_MAX` of each. */
  readonly gains: readonly Flip[]
  readonly loses: readonly Flip[]
  readonly gained: number
  readonly lost: number
  readonly compared: number
  /** True where there was more than is compared at once: what is missing may change too. */
  readonly cutShort: boolean
  readonly recorded: {
    readonly wouldDeny: readonly Flip[]
    readonly wouldAllow: readonly Flip[]
    /** Decisions, counted as often as they were made. */
    readonly denied: number
    readonly allowed: number
    readonly replayed: number
    readonly cutShort: boolean
  }
}

export type Compared = PolicyComparison | { readonly problems: readonly TextProblem[] }

export const LISTED_MAX = 500
const COMPARED_MAX = 500_000
const NAMES_MAX = 2000
const RECORDED_MAX = 20_000
/** Thirty days. */
const RECORDED_MS = 30 * 86_400_000
/** Some milliseconds of a process that others ask meanwhile. */
const SLICE = 500

const running = new WeakSet<DecisionState>()

/**
 * Without `before`: against what is in force. Nothing is kept, and nobody's decision waits for it. One at a time: throws
 * Fault('conflict') where another goes on.
 */
export async function comparePolicies(
  db: LayerDatabase,
  state: DecisionState,
  sources: PoliciesToCompare,
  now: number,
): Promise<Compared> {
  if (running.has(state)) throw new Fault('conflict', 'policies are being compared already; ask again in a minute')
  running.add(state)
  try {
    return await compareNow(db, state, sources, now)
  } finally {
    running.delete(state)
  }
}

async function compareNow(
  db: LayerDatabase,
  state: DecisionState,
  { before, after }: PoliciesToCompare,
  now: number,
): Promise<Compared> {
  const read = [await textOf(db, after), before === undefined ? undefined : await textOf(db, before)] as const
  for (const one of read) if (one !== undefined && 'problems' in one) return one
  const [next, earlier] = read as readonly [readonly PolicyJson[], readonly PolicyJson[] | undefined]
  const named = await namedElsewhere(db)
  const { asked: recorded, unreadable } = await recordedDecisions(db, now)
  const compiled: PoliciesInForce[] = []
  const compile = (policies: readonly PolicyJson[]): PoliciesInForce => {
    const made = policiesOver(state, 'compared', policies)
    compiled.push(made)
    return made
  }
  try {
    const [to, from] = [compile(next), earlier === undefined ? undefined : compile(earlier)]
    const replay = replayer(state, from, to, now)
    const rights = await tally(knownRights(state, named), COMPARED_MAX, replay)
    const past = await tally(recorded, RECORDED_MAX, replay)
    return {
      gains: rights.gains.slice(0, LISTED_MAX),
      loses: rights.loses.slice(0, LISTED_MAX),
      gained: rights.gains.length,
      lost: rights.loses.length,
      compared: rights.replayed,
      cutShort: rights.cutShort,
      recorded: {
        wouldDeny: past.loses.slice(0, LISTED_MAX),
        wouldAllow: past.gains.slice(0, LISTED_MAX),
        denied: timesOf(past.loses),
        allowed: timesOf(past.gains),
        replayed: past.replayed,
        cutShort: past.cutShort || unreadable,
      },
    }
  } finally {
    for (const { set } of compiled) set.release()
  }
}

type Replayer = (tuples: readonly SimulatedTuple[]) => readonly Flip[]

/** Throws Fault('conflict') where other policies came in force while it went on. */
function replayer(
  state: DecisionState,
  from: PoliciesInForce | undefined,
  policies: PoliciesInForce,
  now: number,
): Replayer {
  const inForce = state.policies
  return (tuples) => {
    if (state.policies !== inForce)
      throw new Fault('conflict', 'other policies came in force while these were compared; compare again')
    const replay = (): readonly Flip[] => simulate(state, { kind: 'policies_replaced', policies }, tuples, now).flips
    return from === undefined ? replay() : state.suppose({ kind: 'policies_replaced', policies: from }, replay)
  }
}

interface Tally {
  readonly gains: Flip[]
  readonly loses: Flip[]
  replayed: number
  cutShort: boolean
}

/** In slices: others are decided for between them. */
async function tally(tuples: Iterable<SimulatedTuple>, max: number, replay: Replayer): Promise<Tally> {
  const found: Tally = { gains: [], loses: [], replayed: 0, cutShort: false }
  let slice: SimulatedTuple[] = []
  const count = (): void => {
    for (const flip of replay(slice)) (flip.after.allowed ? found.gains : found.loses).push(flip)
    found.replayed += slice.length
    slice = []
  }
  for (const tuple of tuples) {
    if (found.replayed + slice.length === max) {
      found.cutShort = true
      break
    }
    if (slice.push(tuple) < SLICE) continue
    count()
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
  }
  count()
  return found
}

const timesOf = (flips: readonly Flip[]): number => flips.reduce((sum, { tuple }) => sum + (tuple.count ?? 1), 0)

async function textOf(
  db: LayerDatabase,
  source: PolicySource,
): Promise<readonly PolicyJson[] | { readonly problems: readonly TextProblem[] }> {
  const { text, schema } = 'number' in source ? await getPolicyVersion(db, source.number) : source
  const { written, problems } = await readPoliciesToDecide({ policies: text, ...(schema !== undefined && { schema }) })
  if (written === undefined) return { problems }
  return written.policies.map(({ id, json }) => ({ id, json: json as PolicyJson['json'] }))
}

/** What sources say that somebody has, and what somebody has asked for. */
async function namedElsewhere(db: LayerDatabase): Promise<NamedElsewhere> {
  const names = async (member: 'actions' | 'resources'): Promise<string[]> =>
    await db.transaction(
      async (tx) =>
        (
          await tx.query<{ name: string }>(sql`
            select distinct n.name from (
              select data from access.entitlement where data ->> 'goneAt' is null
              union all select data from access.access_request) r,
              jsonb_array_elements_text(r.data -> ${member}) n (name)
            order by n.name limit ${NAMES_MAX}`)
        ).map(({ name }) => name),
      { readOnly: true },
    )
  return { actions: await names('actions'), resources: await names('resources') }
}

/** Of the last thirty days, the most frequent first; each as it stood when it was made last. */
async function recordedDecisions(
  db: LayerDatabase,
  now: number,
): Promise<{ readonly asked: readonly SimulatedTuple[]; readonly unreadable: boolean }> {
  const rows = await db.transaction(
    async (tx) =>
      await tx.query<{ principal_id: string; action: string; resource: string; count: string; at: Date }>(sql`
        select principal_id, action, resource, sum(count) as count, max(minute) as at from access.decision_count
        where minute > ${new Date(now - RECORDED_MS)}
        group by principal_id, action, resource order by sum(count) desc, 1, 2, 3 limit ${RECORDED_MAX + 1}`),
    { readOnly: true },
  )
  const asked = rows.flatMap((row): SimulatedTuple[] => {
    const [action, resource] = [nameRecorded(row.action), resourceRecorded(row.resource)]
    if (action === undefined || resource === undefined) return []
    const { principal_id: principalId, count, at } = row
    return [{ principalId, action, resource, count: Number(count), at: new Date(at).getTime() }]
  })
  return { asked, unreadable: asked.length < rows.length }
}
