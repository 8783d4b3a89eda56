// One sync: what was read of one source becomes records of the roll and of the access layer. Every step can be repeated,
// so a sync that was killed is simply run again.
import type { Act, BlindSpot, Fact, ReadProblem } from '#kernel'
import { markGoneAccess } from '#access/records'
import type { AccessLayer, AccessRun } from '#access/records'
import type { ClassificationRules, OwnerOverride } from '#identity'
import {
  endSourceRun,
  markGoneRecords,
  observeCredentials,
  observePrincipals,
  proposeMatchesOf,
  sourceRun,
  whileSourceIsHeld,
} from '#identity/roll'
import type { IdentityLayer, Observation, SourceRun } from '#identity/roll'
import { observeAccess } from './access.ts'
import { exposuresOfAuthors } from './exposures.ts'
import { applyPeople } from './people.ts'
import { likelyMatches } from './matches.ts'
import { REFUSED_MAX } from './result.ts'
import type { RefusedRecord, SyncResult } from './result.ts'
import { Sightings } from './sightings.ts'

/** What a read of the source gave. A `ReadResult` of `readTree` is one, with `partial` from its `stats`. */
export interface SyncRead {
  readonly facts: Iterable<Fact> | AsyncIterable<Fact>
  readonly problems: readonly ReadProblem[]
  readonly blindSpots: readonly BlindSpot[]
  /** Something that was to be read was not. */
  readonly partial: boolean
}

export interface SyncProgress {
  readonly step: 'people' | 'correlating' | 'principals' | 'credentials' | 'rights' | 'gone'
  readonly done: number
  readonly total?: number
}

export interface SyncOptions {
  readonly identity: IdentityLayer
  readonly access: AccessLayer
  /** A connection's id, or another that stays the same from run to run. */
  readonly source: { readonly id: string; readonly name: string }
  readonly read: SyncRead
  readonly act: Act
  /** Of the key that the read's fingerprints were made with; absent when it was made up for this read. */
  readonly keyId?: string
  /** What `reeve.yaml` states. */
  readonly classification?: ClassificationRules
  readonly owners?: readonly OwnerOverride[]
  /** Applies the leavers of a people feed although they are more than the bound. */
  readonly confirmLeavers?: boolean
  readonly onProgress?: (progress: SyncProgress) => void
  readonly signal?: AbortSignal
  /** Counts what would be done, and writes nothing. */
  readonly dryRun?: boolean
}

/** Throws Fault('conflict') where this source is being synced already. */
export async function sync(options: SyncOptions): Promise<SyncResult> {
  return await whileSourceIsHeld(options.identity, options.source.id, () => syncHeld(options))
}

async function syncHeld(options: SyncOptions): Promise<SyncResult> {
  const { identity, source, read, dryRun = false } = options
  // a sync is repeatable by its nature; the key of the request that asked for it is not that of each change
  const { idempotency: _request, ...act } = options.act
  const say = sayer(options)
  const facts: Fact[] = []
  for await (const fact of read.facts) facts.push(fact)
  say('people')
  const { people, roll } = await applyPeople(options, act, facts)
  say('correlating')
  const sightings = new Sightings({ ...options, act, facts, roll })
  const refused = new Refusals(sightings)
  const { principals, credentials, run } = await observeIdentities(options, act, sightings, refused, say)
  let rights = 0
  const seen = new Set<string>()
  const accessRun = (kind: 'account' | 'entitlement'): AccessRun => ({
    sourceId: source.id,
    act,
    dryRun,
    seen,
    onRefused: refused.of(kind),
    onBatch: (records) => say('rights', (rights += records)),
  })
  const { accounts, entitlements } = await observeAccess(options.access, accessRun, sightings)
  const said = { identity, act, source, facts, sightings, roll, moved: credentials.moved }
  const matches = dryRun ? 0 : await proposeMatchesOf(identity, act, likelyMatches(sightings, roll))
  const exposures = dryRun ? 0 : await exposuresOfAuthors(said)
  say('gone')
  let rekeyed = 0
  if (!read.partial) {
    const gone = await markGoneRecords(identity, run)
    principals.counts.gone = gone.principals
    credentials.counts.gone = gone.credentials
    const goneAccess = await markGoneAccess(options.access, accessRun('entitlement'))
    accounts.gone = goneAccess.accounts
    entitlements.gone = goneAccess.entitlements
    if (!dryRun) rekeyed = await endSourceRun(identity, run, source.name)
  }
  return {
    principals: principals.counts,
    credentials: credentials.counts,
    accounts,
    entitlements,
    ...(people === undefined ? {} : { people }),
    matches,
    exposures,
    rekeyed,
    partial: read.partial,
    problems: [...read.problems, ...sightings.problems()],
    blindSpots: read.blindSpots,
    refused: refused.list,
    sample: dryRun ? principals.news.map((id) => sightings.nameOf(id)) : [],
  }
}

type Say = (step: SyncProgress['step'], done?: number, total?: number) => void

function sayer({ onProgress, signal }: SyncOptions): Say {
  return (step, done = 0, total) => {
    signal?.throwIfAborted()
    onProgress?.({ step, done, ...(total === undefined ? {} : { total }) })
  }
}

/** What could not be written, by name; the first of it. */
class Refusals {
  readonly list: RefusedRecord[] = []
  readonly #sightings: Sightings

  constructor(sightings: Sightings) {
    this.#sightings = sightings
  }

  of(kind: RefusedRecord['kind']): (refused: { readonly id: string; readonly why: string }) => void {
    return ({ id, why }) => {
      if (this.list.length < REFUSED_MAX) this.list.push({ kind, name: this.#sightings.nameOf(id), why })
    }
  }
}

async function observeIdentities(
  { identity, source, keyId, dryRun = false }: SyncOptions,
  act: Act,
  sightings: Sightings,
  refused: Refusals,
  say: Say,
): Promise<{ readonly principals: Observation; readonly credentials: Observation; readonly run: SourceRun }> {
  const run = sourceRun(identity, {
    sourceId: source.id,
    act,
    dryRun,
    ...(keyId === undefined ? {} : { keyId }),
    observesOwn: (held) => sightings.observesOwn(held),
  })
  let done = 0
  const principals = await observePrincipals(
    {
      identity,
      run,
      onRefused: refused.of('principal'),
      onBatch: (records) => say('principals', (done += records), sightings.graph.principals.size),
    },
    sightings.principals(),
  )
  sightings.known = principals
  done = 0
  const credentials = await observeCredentials(
    {
      identity,
      // two credentials of one read are never one record in two guises
      run: { ...run, observesOwn: () => false },
      onRefused: refused.of('credential'),
      onBatch: (records) => say('credentials', (done += records), sightings.graph.credentials.size),
    },
    sightings.credentials(),
  )
  return { principals, credentials, run }
}
