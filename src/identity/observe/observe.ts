// The door of the roll for a sync: observations of one source become records, changes, and nothing where nothing changed.
import type { Act, Id } from '#kernel'
import { inBatches, sql, writeBatch } from '#db'
import type { Refused, Tx } from '#db'
import { insertFingerprints } from '../credential/fingerprint.ts'
import type { IdentityLayer } from '../operation.ts'
import type { MatchProposal } from '../principal/propose-matches.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { markGone } from './gone.ts'
import { CREDENTIALS } from './kind-credential.ts'
import { PRINCIPALS } from './kind-principal.ts'
import { noCounts, OUTCOMES } from './observed.ts'
import type { Counts, Observed, ObservedKind, ObservedRecord, Outcome, SourceRun } from './observed.ts'
import { observeRecords } from './observe-records.ts'
import { proposeStanding } from './propose-matches.ts'

export interface ObserveOptions {
  readonly identity: IdentityLayer
  readonly run: SourceRun
  readonly onRefused: (refused: Refused) => void
  /** After each batch is durable. */
  readonly onBatch?: (records: number) => void
}

export interface Observation {
  readonly counts: Counts
  /** Where the roll knows a record by another id than the scan. */
  readonly moved: ReadonlyMap<string, string>
  /** What could not be written; named to `onRefused`. */
  readonly refused: ReadonlySet<string>
  /** The first of what the roll did not know. */
  readonly news: readonly string[]
}

const NEWS_MAX = 20

export async function observePrincipals(
  options: ObserveOptions,
  items: Iterable<Observed<PrincipalRecord>>,
): Promise<Observation> {
  const { run } = options
  return await observe(options, PRINCIPALS, items, async (tx, { same }) => {
    if (run.dryRun || same.length === 0) return
    await proposeStanding(
      tx,
      run.act,
      same.map(({ a, b, ref }) => ({
        kind: 'principals',
        pair: [a as Id<'principal'>, b as Id<'principal'>],
        strength: 'explicit',
        reason: `a source says that \`${ref}\` is one of its identifiers`,
      })),
    )
  })
}

export async function observeCredentials(
  options: ObserveOptions,
  items: Iterable<Observed<CredentialRecord>>,
): Promise<Observation> {
  return await observe(options, CREDENTIALS, items, async (tx, { records }) => {
    const created = records.filter(({ version }) => version === 1)
    const changed = records.filter(({ version }) => version > 1)
    const rows = ({ id, data }: (typeof records)[number]): { keyId: string; value: string; credentialId: string }[] =>
      data.fingerprints.map((fingerprint) => ({ ...fingerprint, credentialId: id }))
    const fresh = created.flatMap(rows)
    if (fresh.length > 0) {
      await tx.copyIn(
        'identity.fingerprint',
        ['key_id', 'value', 'credential_id'],
        fresh.map(({ keyId, value, credentialId }) => [keyId, Buffer.from(value, 'hex'), credentialId]),
      )
    }
    if (changed.length === 0) return
    const now = changed.flatMap(rows)
    await tx.execute(sql`
      delete from identity.fingerprint f where f.credential_id = any(${changed.map(({ id }) => id)})
        and not exists (
          select from unnest(${now.map(({ keyId }) => keyId)}::text[], ${now.map(({ value }) => value)}::text[],
                             ${now.map(({ credentialId }) => credentialId)}::text[]) as now (key_id, value, id)
          where now.key_id = f.key_id and decode(now.value, 'hex') = f.value and now.id = f.credential_id)`)
    await insertFingerprints(tx, now)
  })
}

/** What this complete read did not meet. Call it last, once for all that was met. */
export async function markGoneRecords(
  identity: IdentityLayer,
  run: SourceRun,
): Promise<{ readonly principals: number; readonly credentials: number }> {
  const transaction = transactionOf(identity)
  const principals = await markGone(transaction, PRINCIPALS, run)
  const credentials = await markGone(transaction, CREDENTIALS, run)
  if (!run.dryRun) identity.onPrincipalChanged?.(principals.changed as readonly Id<'principal'>[])
  return { principals: principals.gone, credentials: credentials.gone }
}

/** Pairs that may be one, in ids of the roll. */
export async function proposeMatchesOf(
  identity: IdentityLayer,
  act: Act,
  proposals: readonly MatchProposal[],
): Promise<number> {
  return await identity.db.transaction((tx) => proposeStanding(tx, act, proposals))
}

/** An import's statements may take longer than what a person waits for. */
const transactionOf =
  (identity: IdentityLayer) =>
  <R>(work: (tx: Tx) => Promise<R>): Promise<R> =>
    identity.db.transaction(work, { statementTimeoutMs: 0 })

async function observe<D extends ObservedRecord>(
  { identity, run, onRefused, onBatch }: ObserveOptions,
  kind: ObservedKind<D>,
  items: Iterable<Observed<D>>,
  afterwards: (tx: Tx, outcome: Awaited<ReturnType<typeof observeRecords<D>>>) => Promise<void>,
): Promise<Observation> {
  const sum = noCounts()
  const moved = new Map<string, string>()
  const refused = new Set<string>()
  const news: string[] = []
  const refuse = (what: Refused): void => {
    refused.add(what.id)
    sum.problems += 1
    onRefused(what)
  }
  for (const batch of inBatches(items, run.batch)) {
    const outcomes: Outcome[] = await writeBatch(
      identity.db,
      batch,
      async (tx, some) => {
        const outcome = await observeRecords(tx, kind, run, some)
        await afterwards(tx, outcome)
        return outcome
      },
      refuse,
    )
    for (const { counts, ids, seen, claimed, changed, news: created } of outcomes) {
      for (const name of OUTCOMES) sum[name] += counts[name]
      for (const [from, to] of ids) if (from !== to) moved.set(from, to)
      for (const id of seen) run.seen.add(id)
      news.push(...created.slice(0, NEWS_MAX - news.length))
      for (const id of claimed) run.claimed.add(id)
      if (kind.noun === 'principal' && changed.length > 0)
        identity.onPrincipalChanged?.(changed as readonly Id<'principal'>[])
    }
    onBatch?.(batch.length)
  }
  return { counts: sum, moved, refused, news }
}
