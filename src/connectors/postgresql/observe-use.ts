// The rung that changes nothing: who is signed in as the role, by application and address, over the time that it stands. A
// session that is shorter than the time between two looks is not seen, and nothing is concluded from that.
import type { Instant, Json } from '#kernel'
import type { StepCall, StepVerdict, TargetStep } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import { isObject } from './held-mark.ts'
import { roleOf } from './role.ts'
import { sessionsEverywhere } from './sessions.ts'
import type { Everywhere } from './sessions.ts'
import { oidIn, standingOf } from './standing.ts'

/** Close together at first, then a twentieth of the time that it has stood. */
const PAUSE_MS_MIN = 15_000
const PAUSE_MS_MAX = 10 * 60_000
const PART = 20
const USES_MAX = 200
const NAMED_MAX = 20
const UNASKED_MAX = 20
const UNSEEN = 'sessions that were shorter than the time between two looks; who became the role by SET ROLE'

/** Who uses it, as far as it was seen. */
interface Use {
  readonly application: string
  readonly from: string
  readonly database: string
  readonly first: Instant
  readonly last: Instant
  /** Sessions at once. */
  readonly most: number
}

interface Seen {
  readonly since: Instant
  readonly last: Instant
  readonly looks: number
  readonly uses: readonly Use[]
  /** There were more than are kept. */
  readonly cutShort: boolean
  /** Standbys that could not be asked at some look, and why. */
  readonly unasked?: readonly string[]
}

export const observeUse: TargetStep = {
  name: 'observe_use',
  title: 'who uses it',
  asksOnly: true,
  look: async (call) => {
    const { account } = call.subject
    const role = await asAdministrator(call, { for: 'asking' }, (one) => roleOf(one, account))
    const touches = [`nothing: it is looked from time to time who is signed in as ${account}`]
    const found = { already: false, statements: [], touches, before: { oid: role?.oid ?? null } }
    if (role !== undefined) return found
    const next = 'look whether the name is right: case counts, and a name has 63 bytes at most'
    return { ...found, blocked: { reason: `there is no role \`${account}\``, next } }
  },
  act: async () => undefined,
  goOn: async (call) => {
    const now = call.clock()
    if (call.until === undefined || now >= call.until) return undefined
    const seen = await lookedAt(call, now)
    if ('lost' in seen) return undefined
    const stood = Date.parse(now) - Date.parse(seen.since)
    const pause = Math.min(Math.max(stood / PART, PAUSE_MS_MIN), PAUSE_MS_MAX)
    const again = Math.min(Date.parse(now) + pause, Date.parse(call.until))
    return { seen: asJson(seen), again: new Date(again).toISOString() as Instant }
  },
  verify: async (call) => {
    const seen = await lookedAt(call, call.clock())
    return 'lost' in seen ? { ...seen.lost, facts: call.seen ?? null } : answered(call, seen)
  },
}

/** With what it saw before. */
async function lookedAt(
  call: StepCall,
  now: Instant,
): Promise<Seen | { readonly lost: Extract<StepVerdict, { effect: 'unproven' }> }> {
  return await asAdministrator(call, { for: 'asking' }, async (administrator) => {
    const standing = await standingOf(administrator, call)
    if ('lost' in standing) return standing
    const everywhere = await sessionsEverywhere(call, { account: call.subject.account, oid: oidIn(call) })
    return added(seenIn(call.seen) ?? { since: now, last: now, looks: 0, uses: [], cutShort: false }, everywhere, now)
  })
}

function added(seen: Seen, { sessions, unasked }: Everywhere, now: Instant): Seen {
  const uses = new Map(seen.uses.map((use) => [keyOf(use), use]))
  let { cutShort } = seen
  for (const [key, group] of Map.groupBy(sessions, keyOf)) {
    const [one] = group
    const known = uses.get(key)
    if (one === undefined) continue
    if (known === undefined && uses.size >= USES_MAX) cutShort = true
    else
      uses.set(key, {
        application: one.application,
        from: one.from,
        database: one.database,
        // the oldest stands first
        first: known?.first ?? one.startedAt,
        last: now,
        most: Math.max(known?.most ?? 0, group.length),
      })
  }
  const never = [...new Set([...(seen.unasked ?? []), ...unasked])].slice(0, UNASKED_MAX)
  const base = { since: seen.since, last: now, looks: seen.looks + 1, uses: [...uses.values()], cutShort }
  return never.length === 0 ? base : { ...base, unasked: never }
}

const keyOf = ({ application, from, database }: Pick<Use, 'application' | 'from' | 'database'>): string =>
  JSON.stringify([application, from, database])

function answered({ subject: { account } }: StepCall, seen: Seen): StepVerdict {
  const { uses, looks, since, last, cutShort, unasked = [] } = seen
  const facts = { ...asJson(seen), unseen: [UNSEEN, ...unasked].join('; ') }
  const [first] = unasked
  const when = `in ${looks} looks from ${since} to ${last}${first === undefined ? '' : ` (not seen: ${first})`}`
  if (uses.length === 0) return { effect: 'verified', answer: `no session of ${account} was seen ${when}`, facts }
  const more = uses.length > NAMED_MAX || cutShort ? '; and more' : ''
  const words = uses.slice(0, NAMED_MAX).map(inWords).join('; ')
  return { effect: 'verified', answer: `${account} was seen in use ${when}: ${words}${more}`, facts }
}

const inWords = ({ application, from, database, first, last, most }: Use): string =>
  `${application === '' ? 'no named application' : application} from ${from} on ${database} (${most} at once, ${first} to ${last})`

const asJson = ({ unasked, ...seen }: Seen): { readonly [name: string]: Json } => ({
  ...seen,
  uses: seen.uses.map((use) => ({ ...use })),
  ...(unasked !== undefined && { unasked: [...unasked] }),
})

/** Of its own earlier looks, as the plan has kept them. */
const seenIn = (kept: Json | undefined): Seen | undefined =>
  isObject(kept) && Array.isArray(kept['uses']) ? (kept as unknown as Seen) : undefined
