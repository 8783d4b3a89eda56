// One batch of observations against the roll, in one transaction: new records, changes, presences, identifiers.
import { newId } from '#kernel'
import type { Ref } from '#kernel'
import type { Tx } from '#db'
import { storable } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import type { EntryWords, RecordChange, RecordToCreate } from '#evidence/port'
import { changedFields } from './changed-fields.ts'
import { noCounts } from './observed.ts'
import type { Counts, Observed, ObservedKind, ObservedRecord, Outcome, Rank, SourceRun } from './observed.ts'
import { counts, presencesOf, writePresences } from './presence.ts'
import type { Presence, PresenceNow } from './presence.ts'
import { findTargets } from './targets.ts'

/** What is to be written, and what is to be told. Made without writing, so that a dry run is the same way half as long. */
class Plan<D extends ObservedRecord> {
  readonly creates: RecordToCreate<D>[] = []
  readonly changes: RecordChange<D>[] = []
  readonly refs: { readonly ref: Ref; readonly recordId: string }[] = []
  readonly added: PresenceNow[] = []
  readonly changed: PresenceNow[] = []
  readonly takenOver: string[] = []
  readonly counts: Counts = noCounts()
  readonly ids = new Map<string, string>()
  readonly seen = new Set<string>()
  readonly claimed = new Set<string>()
  readonly same: { a: string; b: string; ref: string }[] = []
}

export async function observeRecords<D extends ObservedRecord>(
  tx: Tx,
  kind: ObservedKind<D>,
  run: SourceRun,
  items: readonly Observed<D>[],
): Promise<Outcome & { readonly records: readonly Current<D>[] }> {
  const targets = await findTargets(tx, kind, items, !run.dryRun)
  const plan = new Plan<D>()
  const known = new Map<string, Observed<D>[]>()
  const refsOf = new Map<string, Ref[]>()
  for (const item of items) {
    const { id, idTaken, others, freeRefs } = targets.of(item)
    if (id === undefined) {
      create(plan, kind, run, item, idTaken, freeRefs)
      continue
    }
    plan.ids.set(item.id, id)
    push(known, id, item)
    for (const ref of freeRefs) push(refsOf, id, ref)
    for (const other of others) {
      plan.seen.add(other.id)
      if (kind.noun === 'principal') plan.same.push({ a: id, b: other.id, ref: other.ref })
    }
  }
  const presences = await presencesOf(tx, [...new Set([...known.keys(), ...plan.same.map(({ b }) => b)])])
  for (const [id, group] of known) {
    const held = targets.held.get(id)
    if (held !== undefined) change(plan, kind, run, held, group, refsOf.get(id) ?? [], presences.get(id) ?? [])
  }
  for (const { b } of plan.same) if (!known.has(b)) stillSeen(plan, run, b, presences.get(b) ?? [])
  const records = run.dryRun ? [] : await write(tx, kind, run, plan)
  const { ids, seen, claimed, same } = plan
  const changed = records.map((record) => record.id)
  const news = plan.creates.map((record) => record.id)
  return { counts: plan.counts, ids, seen: [...seen], claimed: [...claimed], same, changed, news, records }
}

function create<D extends ObservedRecord>(
  plan: Plan<D>,
  kind: ObservedKind<D>,
  run: SourceRun,
  item: Observed<D>,
  idTaken: boolean,
  refs: readonly Ref[],
): void {
  const id = idTaken ? newId(kind.idKind) : item.id
  const data = kind.complete({ ...item.fresh, refs: [...refs].sort() })
  plan.creates.push({ id, data, words: words(kind, kind.noun === 'principal' ? 'discovered' : 'observed', run, data) })
  for (const ref of refs) plan.refs.push({ ref, recordId: id })
  plan.added.push({ recordId: id, defines: true, rank: item.rank, lastUsedAt: item.lastUsedAt ?? null })
  plan.ids.set(item.id, id)
  plan.seen.add(id)
  plan.claimed.add(id)
  plan.counts.created += 1
}

function change<D extends ObservedRecord>(
  plan: Plan<D>,
  kind: ObservedKind<D>,
  run: SourceRun,
  held: Current<D>,
  group: readonly Observed<D>[],
  refs: readonly Ref[],
  presences: readonly Presence[],
): void {
  const mine = presences.find(({ sourceId }) => sourceId === run.sourceId)
  const speaker = run.claimed.has(held.id) ? undefined : speakerOf(kind, run, held, group)
  const rank = speaker === undefined ? (mine?.rank ?? lowest(group)) : standing(speaker.rank, mine?.rank)
  const defines = speaker === undefined ? (mine?.defines ?? false) : counts(run.sourceId, rank, presences)
  const at = run.act.at
  let data = held.data
  if (speaker !== undefined && !kind.isClosed(data)) {
    // a mention speaks only for what nothing but mentions made
    const revises = defines && (speaker.rank < 2 || (mine?.defines === true && mine.rank === 2))
    const alone = !presences.some(({ sourceId, goneAt }) => sourceId !== run.sourceId && goneAt === null)
    const revision = { sourceId: run.sourceId, alone, at, graceDays: run.graceDays }
    if (revises) data = kind.revise(data, speaker.fresh, revision)
    else if (speaker.rank < 2 && kind.disagrees(data, speaker.fresh)) plan.counts.disagreed += 1
    data = kind.supplement(data, speaker.fresh, revision)
  }
  if (refs.length > 0) data = { ...data, refs: [...new Set([...data.refs, ...refs])].sort() }
  const reappeared = speaker !== undefined && kind.reappears(held.data, speaker)
  if (reappeared) data = { ...data, reappearedAt: at }
  const returned = data.goneAt !== undefined
  if (returned) data = withoutGone(data)
  data = storable(kind.complete(data))
  const fields = changedFields(held.data, data)
  plan.seen.add(held.id)
  if (speaker !== undefined) plan.claimed.add(held.id)
  for (const ref of refs) plan.refs.push({ ref, recordId: held.id })
  const outcome = reappeared
    ? 'reappeared'
    : returned
      ? 'returned'
      : fields.length === 0
        ? 'unchanged'
        : fields.some((field) => kind.drift.has(field as keyof D))
          ? 'drifted'
          : 'updated'
  // a second observation of one record in a later batch was counted with the first
  if (outcome !== 'unchanged' || !run.seen.has(held.id)) plan.counts[outcome] += 1
  if (fields.length > 0) {
    const next = data
    plan.changes.push({ current: held, patch: () => next, words: words(kind, outcome, run, next, fields) })
  }
  present(plan, run, held.id, { defines, rank, lastUsedAt: latest(group, mine) }, presences)
}

/** The observation that speaks for the record: of the very thing, or, where this read has none of that, the one that says most. */
function speakerOf<D extends ObservedRecord>(
  kind: ObservedKind<D>,
  run: SourceRun,
  held: Current<D>,
  group: readonly Observed<D>[],
): Observed<D> | undefined {
  const own = group.find((observed) => kind.owns(held.data, observed))
  if (own !== undefined || run.observesOwn(held.data)) return own
  return group.toSorted((a, b) => a.rank - b.rank)[0]
}

/** A source that defined a record once is not outranked by its own later mention of it. */
const standing = (rank: Rank, before: Rank | undefined): Rank =>
  rank === 2 && before !== undefined && before < 2 ? before : rank

const lowest = (group: readonly { readonly rank: Rank }[]): Rank => Math.min(...group.map(({ rank }) => rank)) as Rank

function latest(
  group: readonly Pick<Observed<unknown>, 'lastUsedAt'>[],
  mine: Presence | undefined,
): Presence['lastUsedAt'] {
  let best = mine?.lastUsedAt ?? null
  for (const { lastUsedAt } of group)
    if (lastUsedAt !== undefined && (best === null || lastUsedAt > best)) best = lastUsedAt
  return best
}

function withoutGone<D extends ObservedRecord>({ goneAt: _gone, ...rest }: D): D {
  return rest as D
}

/** Writes down only what differs. */
function present<D extends ObservedRecord>(
  plan: Plan<D>,
  run: SourceRun,
  recordId: string,
  now: Omit<PresenceNow, 'recordId'>,
  presences: readonly Presence[],
): void {
  const mine = presences.find(({ sourceId }) => sourceId === run.sourceId)
  if (mine === undefined) plan.added.push({ recordId, ...now })
  else if (
    mine.goneAt !== null ||
    mine.defines !== now.defines ||
    mine.rank !== now.rank ||
    mine.lastUsedAt !== now.lastUsedAt
  )
    plan.changed.push({ recordId, ...now })
  const outranked = presences.some(({ sourceId, defines }) => sourceId !== run.sourceId && defines)
  if (now.defines && outranked) plan.takenOver.push(recordId)
}

/** A record that another identifier of an observation names is met as well, though another one speaks. */
function stillSeen<D extends ObservedRecord>(
  plan: Plan<D>,
  run: SourceRun,
  recordId: string,
  presences: readonly Presence[],
): void {
  const mine = presences.find(({ sourceId }) => sourceId === run.sourceId)
  const { defines = false, rank = 2, lastUsedAt = null } = mine ?? {}
  if (plan.added.some((planned) => planned.recordId === recordId)) return
  if (plan.changed.some((planned) => planned.recordId === recordId)) return
  present(plan, run, recordId, { defines, rank, lastUsedAt }, presences)
}

function words<D extends ObservedRecord>(
  kind: ObservedKind<D>,
  what: string,
  run: SourceRun,
  data: D,
  fields?: readonly string[],
): EntryWords {
  // of what kind an identity is, the log says: what is shown of it hangs on whether it is a person
  const said = kind.noun === 'principal' && (fields?.includes('kind') ?? true) && 'kind' in data
  const content = {
    source: run.sourceId,
    ...(said ? { kind: String(data.kind) } : {}),
    ...(fields === undefined ? {} : { fields }),
  }
  return { type: `${kind.noun}.${what}`, content }
}

async function write<D extends ObservedRecord>(
  tx: Tx,
  kind: ObservedKind<D>,
  run: SourceRun,
  plan: Plan<D>,
): Promise<Current<D>[]> {
  const made = plan.creates.length === 0 ? [] : await createWithEntries(tx, kind.table, run.act, plan.creates)
  const changed = plan.changes.length === 0 ? [] : await changeWithEntries(tx, kind.table, run.act, plan.changes)
  if (plan.refs.length > 0) {
    await tx.copyIn(
      'identity.ref',
      ['ref', 'record_id'],
      plan.refs.map(({ ref, recordId }) => [ref, recordId]),
    )
  }
  await writePresences(tx, run.sourceId, run.act.at, plan)
  return [...made, ...changed]
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
