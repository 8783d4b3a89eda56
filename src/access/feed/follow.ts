// Follows the outbox: the whole state once, then what changed, told in the order in which it was seen. A hint of the
// database wakes it at once; it looks sixteen times a second by itself, so that a lost one costs that and nothing else.
import type { Connection, Listening } from '#db'
import { listenTo } from '#db'
import { messageOf } from '#kernel'
import { DecisionState } from '../decide/index.ts'
import type { CredentialFacts } from '../decide/index.ts'
import type { GrantState } from '../grant/records.ts'
import type { Change } from './change.ts'
import { applyChange } from './change.ts'
import { policiesInForce } from './policies-in-force.ts'
import { readNews } from './read-news.ts'
import type { FoundNews, News, OutboxPlace } from './read-news.ts'
import { isNewsKind, OVER, partOfState, wholeState } from './read-state.ts'
import type { FeedSource, NewsKind } from './read-state.ts'

export interface FollowOptions extends FeedSource {
  /** Of the access layer, for hints; without it, it only looks. */
  readonly listenOn?: Connection
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly say: (event: string) => void
  /** A change, applied to the state already. Told one at a time. */
  readonly onChange?: (change: Change) => void
  readonly lookEveryMs?: number
}

export interface Follower {
  readonly state: DecisionState
  /** Looks now; resolves when what was committed before the call is known. */
  look(): Promise<void>
  stop(): Promise<void>
}

const CHANNEL = 'reeve_outbox'
/** Where a hint is missed a denial arrives within two of these; each look costs half a millisecond of the processor's time. */
const LOOK_EVERY_MS = 60
/** Where there is nothing new, followers are told that often; and so long a database that fails is left alone. */
const QUIET_MS = 1000
/** What is changed past Reeve writes no outbox: policies are compared with the log again. */
const POLICIES_EVERY_MS = 60_000
/** The outbox keeps a day, and an hour whoever asks. */
const ANEW_AFTER_MS = 30 * 60_000

/** Resolves when the whole state is known. Faults: database_unavailable. */
export async function followOutbox(options: FollowOptions): Promise<Follower> {
  const following = new Following(options)
  await following.begin()
  return following
}

class Following implements Follower {
  #state = new DecisionState()
  readonly #options: FollowOptions
  /** Everything before it has been told. */
  #place: OutboxPlace | undefined
  /** Told already, of transactions that may not be over: id and transaction. */
  #told = new Map<number, bigint>()
  #looking: Promise<void> | undefined
  #again = false
  #comparedAt = 0
  #comparing: Promise<void> | undefined
  /** How often policies were told: what was read before the last time is not told after it. */
  #policiesTold = 0
  #positionToldAt = 0
  /** Milliseconds of `performance.now()`: nothing is tried by itself before. */
  #notBefore = 0
  #listenNotBefore = 0
  #failure = ''
  /** The version in force here, of which a hint said that it no longer is; until a look that began after it. */
  #superseded: { readonly versionId: string } | undefined
  /** Grants of which a hint said that there is a newer version; until a look that began after it. */
  readonly #changed = new Map<string, number>()
  #stopped = false
  #timer: NodeJS.Timeout | undefined
  #listening: Listening | undefined

  constructor(options: FollowOptions) {
    this.#options = options
  }

  get state(): DecisionState {
    return this.#state
  }

  async begin(): Promise<void> {
    await this.#readWhole(this.#options.now(), await readNews(this.#options.access))
    await this.#listen()
    this.#timer = setInterval(() => {
      // a look that takes longer than the time between two is not followed by another at once
      if (this.#looking === undefined && performance.now() >= this.#notBefore) void this.#lookSafely()
    }, this.#options.lookEveryMs ?? LOOK_EVERY_MS)
  }

  async look(): Promise<void> {
    // the look that is under way may have begun before what the caller means
    while (this.#looking !== undefined) await this.#looking.catch(() => undefined)
    await this.#startLook()
    await this.#comparing
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    await this.#listening?.stop()
    await this.#looking?.catch(() => undefined)
    await this.#comparing
  }

  /** One at a time; what is asked for meanwhile is done right after. */
  async #lookSafely(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#again = true
      return
    }
    try {
      await this.#startLook()
      this.#failure = ''
    } catch (error) {
      const failure = messageOf(error)
      if (failure !== this.#failure) this.#options.say(`decisions go on from what is known: ${failure}`)
      this.#failure = failure
      // SECURITY: what was withdrawn must not decide on; what takes its place cannot be read
      if (this.#superseded !== undefined) this.#tell({ kind: 'policies_superseded', ...this.#superseded })
      this.#superseded = undefined
      // nor what may have been narrowed give what it gave
      for (const [grantId, version] of this.#changed) {
        if (this.#state.grants.versionOf(grantId) < version)
          this.#tell({ kind: 'grant_ended', grantId, version, at: this.#options.now() })
      }
      this.#changed.clear()
      this.#notBefore = performance.now() + QUIET_MS
    }
    if (this.#again && !this.#stopped) {
      this.#again = false
      setImmediate(() => void this.#lookSafely())
    }
  }

  #startLook(): Promise<void> {
    const superseded = this.#superseded
    const changed = new Map(this.#changed)
    this.#looking = this.#look()
      .then(() => {
        if (this.#superseded === superseded) this.#superseded = undefined
        for (const [id, version] of changed) if (this.#changed.get(id) === version) this.#changed.delete(id)
      })
      .finally(() => (this.#looking = undefined))
    return this.#looking
  }

  async #look(): Promise<void> {
    if (this.#stopped) return
    const { now, access } = this.#options
    if (this.#listening?.lost.aborted === true) await this.#listen()
    const at = now()
    const found = await readNews(access, this.#place)
    if (!found.goesOn || at - this.#state.knownAt > ANEW_AFTER_MS) return await this.#readWhole(at, found)
    const { news, place } = found
    const fresh = news.filter(({ id }) => !this.#told.has(id))
    for (const [kind, subjects] of byKind(fresh)) {
      for await (const change of partOfState(this.#options, kind, [...subjects])) this.#tell(change)
    }
    this.#place = place
    for (const { id, transaction } of fresh) this.#told.set(id, BigInt(transaction))
    for (const [id, transaction] of this.#told) if (transaction < place.xmin) this.#told.delete(id)
    if (Math.abs(at - this.#comparedAt) > POLICIES_EVERY_MS || fresh.some(({ kind }) => kind === 'policy')) {
      this.#comparedAt = at
      this.#comparing ??= this.#compare().finally(() => (this.#comparing = undefined))
    }
    // every follower writes what it is told to its own connection: not with each look that nothing is new
    if (fresh.length > 0 || Math.abs(at - this.#positionToldAt) >= QUIET_MS) this.#tellPosition(place, at)
  }

  /** The policies in force with their text, which takes a compiler's time: looks go on meanwhile. */
  async #compare(): Promise<void> {
    while (!this.#stopped) {
      const told = this.#policiesTold
      try {
        const changes = await policiesInForce(this.#options.access, this.#options.entryHash)
        // others were told meanwhile: those are to be compared
        if (told !== this.#policiesTold) continue
        for (const change of changes) this.#tell(change)
      } catch {
        // most likely the database is not there, which looks say: again in a second
        this.#comparedAt += QUIET_MS - POLICIES_EVERY_MS
      }
      return
    }
  }

  #tellPosition({ epoch, xmin }: OutboxPlace, at: number): void {
    this.#positionToldAt = at
    this.#tell({ kind: 'position', position: `${epoch}:${xmin}`, knownAt: at })
  }

  /** The news were read at `at`, before the state is: what is committed meanwhile is met again. */
  async #readWhole(at: number, { news, place, goesOn }: FoundNews): Promise<void> {
    if (!goesOn) this.#beginAnew()
    // else whoever follows asks for the whole by themselves
    for await (const change of wholeState(this.#options, at)) {
      this.#apply(change)
      if (goesOn) this.#options.onChange?.(change)
    }
    this.#place = place
    this.#told = new Map(news.map(({ id, transaction }) => [id, BigInt(transaction)]))
    this.#tellPosition(place, at)
  }

  /** SECURITY: of what was known nothing can be relied on: a grant that is not there any more is told by nobody. */
  #beginAnew(): void {
    if (Number.isFinite(this.#state.knownAt))
      this.#options.say('this is another database, or an older copy was put back: everything is read anew')
    this.#state = new DecisionState()
    this.#changed.clear()
    this.#options.onChange?.({ kind: 'anew' })
  }

  #tell(change: Change): void {
    this.#apply(change)
    this.#options.onChange?.(change)
  }

  #apply(change: Change): void {
    const refused = this.#state.policiesRefused
    applyChange(this.#state, change)
    if (change.kind.startsWith('policies')) this.#policiesTold += 1
    const { policiesRefused } = this.#state
    if (policiesRefused !== undefined && policiesRefused !== refused)
      this.#options.say(`ALARM: nothing is allowed: the policies in force cannot decide: ${policiesRefused}`)
  }

  async #listen(): Promise<void> {
    const { listenOn, say } = this.#options
    if (listenOn === undefined || this.#stopped || performance.now() < this.#listenNotBefore) return
    this.#listenNotBefore = performance.now() + QUIET_MS
    try {
      this.#listening = await listenTo(listenOn, CHANNEL, (payload) => this.#hear(payload))
    } catch (error) {
      say(`no hints of changes: ${messageOf(error)}; looking by itself`)
    }
  }

  /** What the hint itself says already denies; then it looks. */
  #hear(payload: string): void {
    try {
      const hint = JSON.parse(payload) as Hint
      for (const change of overBy(hint, this.#options.now())) this.#tell(change)
      if (hint.kind === 'grant') this.#noteChanged(hint)
      const versionId = this.#state.policies?.versionId ?? ''
      if (hint.said?.some(([id, , state]) => id === versionId && state === 'superseded'))
        this.#superseded = { versionId }
    } catch {
      // a hint that cannot be read is a hint to look
    }
    void this.#lookSafely()
  }

  #noteChanged({ said }: Hint): void {
    for (const [id, version, state] of said ?? []) {
      const known = this.#state.grants.versionOf(id)
      if (known >= 0 && known < version && !OVER.has(state as GrantState)) this.#changed.set(id, version)
    }
  }
}

interface Hint {
  readonly kind: string
  readonly said: readonly (readonly [id: string, version: number, state: string])[] | null
}

/** What a hint ends by itself. */
function* overBy({ kind, said }: Hint, at: number): Generator<Change> {
  for (const [id, version, state] of said ?? []) {
    if (kind === 'principal' && (state === 'quarantined' || state === 'retired')) {
      yield { kind: 'held', principalId: id, version, state }
    }
    if (kind === 'denial' && state === 'denied') yield { kind: 'denial', subjectId: id, denied: true, version }
    if (kind === 'grant' && OVER.has(state as GrantState)) yield { kind: 'grant_ended', grantId: id, version, at }
    if (kind === 'token' && state === 'revoked') yield { kind: 'token_revoked', tokenId: id }
    if (kind === 'credential' && isOver(state)) yield { kind: 'credential_over', credentialId: id, version, state }
  }
}

const isOver = (state: string): state is Exclude<CredentialFacts['state'], 'live'> =>
  state === 'revoked' || state === 'leaked' || state === 'rotated'

function byKind(news: readonly News[]): Map<NewsKind, Set<string>> {
  const found = new Map<NewsKind, Set<string>>()
  for (const { kind, subjects } of news) {
    if (!isNewsKind(kind)) continue
    const known = found.get(kind) ?? new Set<string>()
    for (const subject of subjects) known.add(subject)
    found.set(kind, known)
  }
  return found
}
