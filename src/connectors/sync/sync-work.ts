// The work of one sync, part by part: principals, then their credentials, then their rights; at the end what is gone.
import type { Act, Fact, ReadProblem } from '#kernel'
import { markGoneAccess, noAccess } from '#access/records'
import type { AccessRun } from '#access/records'
import {
  endSourceRun,
  markGoneRecords,
  noCounts,
  observeCredentials,
  observePrincipals,
  proposeMatchesOf,
  sourceRun,
} from '#identity/roll'
import type { Observation, PeopleOfRoll, PrincipalRecord, SourceRun } from '#identity/roll'
import { observeAccess } from './access.ts'
import type { ObservedKind } from './access.ts'
import { exposuresOfAuthors } from './exposures.ts'
import { IdSet } from './id-set.ts'
import { likelyPeople, LikelyPairs } from './matches.ts'
import type { Parts } from './parts.ts'
import { addCounts, Refusals, SAMPLE_MAX } from './result.ts'
import type { PeopleCounts, SyncResult } from './result.ts'
import { Sightings } from './sightings.ts'
import type { SyncOptions, SyncProgress } from './sync.ts'

export type Say = (step: SyncProgress['step'], done?: number, total?: number) => void

export interface SyncToDo {
  readonly options: SyncOptions
  readonly act: Act
  readonly parts: Parts
  readonly roll: PeopleOfRoll
  readonly say: Say
}

export class SyncWork {
  readonly #todo: SyncToDo
  readonly #run: SourceRun
  readonly #seenAccess = new IdSet()
  readonly #refused = new Refusals()
  readonly #likely: LikelyPairs
  readonly #problems: ReadProblem[] = []
  readonly #sample: string[] = []
  readonly #counts = {
    principals: noCounts(),
    credentials: noCounts(),
    accounts: noAccess(),
    entitlements: noAccess(),
    ways: noAccess(),
  }
  readonly #done = { principals: 0, credentials: 0, rights: 0 }
  #rights: Promise<void> = Promise.resolve()
  #matches = 0
  #exposures = 0

  constructor(todo: SyncToDo) {
    const { options, act, parts } = todo
    const { identity, source, keyId, dryRun = false, batch } = options
    this.#todo = todo
    this.#likely = new LikelyPairs(parts.names)
    this.#run = sourceRun(identity, {
      sourceId: source.id,
      act,
      dryRun,
      seen: new IdSet(),
      claimed: new IdSet(),
      ...(keyId === undefined ? {} : { keyId }),
      ...(batch === undefined ? {} : { batch }),
      observesOwn: (held) =>
        'externalId' in held && parts.has((held as PrincipalRecord).system, (held as PrincipalRecord).externalId),
    })
  }

  async observe(part: readonly Fact[]): Promise<void> {
    const { options, act, parts, roll, say } = this.#todo
    const { identity, source, dryRun = false } = options
    say('correlating', 0, parts.facts)
    const facts = [...parts.everywhere, ...part]
    const sightings = new Sightings({ ...options, act, facts, roll })
    const principals = await this.#principals(sightings)
    sightings.known = principals
    const credentials = await this.#credentials(sightings)
    // the rights of one part are written while the identities of the next are worked out: another layer, another pool
    await this.#rights
    this.#rights = this.#observeRights(sightings)
    this.#rights.catch(() => undefined)
    this.#problems.push(...sightings.problems())
    this.#sample.push(...principals.news.slice(0, SAMPLE_MAX - this.#sample.length).map((id) => sightings.nameOf(id)))
    this.#likely.add(sightings)
    if (dryRun) return
    const { moved } = credentials
    this.#exposures += await exposuresOfAuthors({ identity, act, source, facts, sightings, roll, moved })
    this.#matches += await proposeMatchesOf(identity, act, likelyPeople(sightings, roll))
  }

  async #observeRights(sightings: Sightings): Promise<void> {
    const { access } = this.#todo.options
    const { accounts, entitlements, ways } = await observeAccess(
      access,
      (kind) => this.#accessRun(kind, sightings),
      sightings,
    )
    addCounts(this.#counts.accounts, accounts)
    addCounts(this.#counts.entitlements, entitlements)
    addCounts(this.#counts.ways, ways)
  }

  /** Whatever happens, nothing is still being written afterwards. */
  async settle(): Promise<void> {
    await this.#rights.catch(() => undefined)
  }

  async end(people: PeopleCounts | undefined): Promise<SyncResult> {
    const { options, act, say } = this.#todo
    const { identity, read, source, dryRun = false } = options
    await this.#rights
    if (!dryRun) this.#matches += await proposeMatchesOf(identity, act, this.#likely.proposals())
    const { principals, credentials, accounts, entitlements, ways } = this.#counts
    say('gone')
    let rekeyed = 0
    if (!read.partial) {
      const gone = await markGoneRecords(identity, this.#run)
      principals.gone = gone.principals
      credentials.gone = gone.credentials
      const goneAccess = await markGoneAccess(options.access, this.#accessRun('entitlement'))
      accounts.gone = goneAccess.accounts
      entitlements.gone = goneAccess.entitlements
      ways.gone = goneAccess.ways
      if (!dryRun) rekeyed = await endSourceRun(identity, this.#run, source.name)
    }
    return {
      ...this.#counts,
      ...(people === undefined ? {} : { people }),
      matches: this.#matches,
      exposures: this.#exposures,
      rekeyed,
      partial: read.partial,
      problems: [...read.problems, ...this.#problems],
      blindSpots: read.blindSpots,
      refused: this.#refused.list,
      sample: dryRun ? this.#sample : [],
    }
  }

  async #principals(sightings: Sightings): Promise<Observation> {
    const { options, say } = this.#todo
    const observed = await observePrincipals(
      {
        identity: options.identity,
        run: this.#run,
        onRefused: this.#refused.of('principal', sightings),
        onBatch: (records) => say('principals', (this.#done.principals += records)),
      },
      sightings.principals(),
    )
    addCounts(this.#counts.principals, observed.counts)
    return observed
  }

  async #credentials(sightings: Sightings): Promise<Observation> {
    const { options, say } = this.#todo
    const observed = await observeCredentials(
      {
        identity: options.identity,
        // two credentials of one read are never one record in two guises
        run: { ...this.#run, observesOwn: () => false },
        onRefused: this.#refused.of('credential', sightings),
        onBatch: (records) => say('credentials', (this.#done.credentials += records)),
      },
      sightings.credentials(),
    )
    addCounts(this.#counts.credentials, observed.counts)
    return observed
  }

  #accessRun(kind: ObservedKind, sightings?: Sightings): AccessRun {
    const { options, act, say } = this.#todo
    return {
      sourceId: options.source.id,
      act,
      dryRun: options.dryRun ?? false,
      ...(options.batch === undefined ? {} : { batch: options.batch }),
      seen: this.#seenAccess,
      onRefused: this.#refused.of(kind, sightings),
      onBatch: (records) => say('rights', (this.#done.rights += records)),
    }
  }
}
