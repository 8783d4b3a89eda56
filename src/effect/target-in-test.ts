// A target in the memory of a test, as a real system would know it: accounts that may log in, and their sessions. What was done
// to it stays when whoever does it is gone.
import type { Instant } from '#kernel'
import type { Operation, StepCall, StepVerdict, TargetAdapter, TargetStep } from '#connectors/target'

export interface AccountInTest {
  mayLogIn: boolean
  sessions: number
  password: string
  /** Sessions that do not end. */
  stuck?: number
}

export class TargetInTest {
  readonly accounts = new Map<string, AccountInTest>()
  /** Each call, in order: `act deny_new_logins`. */
  readonly calls: string[] = []
  /** What each step was told that earlier ones had found, when it acted. */
  readonly found = new Map<string, StepCall['found']>()
  /** Called before each call is carried out, and after it. */
  before: (call: string) => void | Promise<void> = () => undefined
  after: (call: string) => void = () => undefined
  /** Steps that can't be done. */
  readonly blocked = new Set<string>()

  readonly adapter: TargetAdapter = {
    system: 'postgresql',
    title: 'a target in a test',
    operations: this.#operations(),
    examine: async () => [],
    find: async () => ({
      exists: true,
      facts: [],
      sessions: [],
      reach: [],
      reachCutShort: false,
      otherWays: [],
      unknown: [],
    }),
  }

  #operations(): Record<Operation, readonly TargetStep[]> {
    const probe = (name: string): TargetStep => ({
      name,
      title: name,
      asksOnly: true,
      look: this.#called(name, 'look', async () => ({ already: false, statements: [], touches: [], before: null })),
      act: async () => undefined,
      verify: this.#called(name, 'verify', async (call) => this.#probe(name, call)),
    })
    const deny = this.#change(
      'deny_new_logins',
      (account) => (account.mayLogIn = false),
      ({ mayLogIn }) => !mayLogIn,
    )
    const end = this.#change(
      'end_sessions',
      (account) => (account.sessions = account.stuck ?? 0),
      ({ sessions }) => sessions === 0,
    )
    const allow = this.#change(
      'allow_logins',
      (account) => (account.mayLogIn = true),
      ({ mayLogIn }) => mayLogIn,
    )
    const { undo: _, ...drop } = this.#change(
      'drop',
      (account) => (account.password = ''),
      ({ password }) => password === '',
    )
    return {
      observe: [this.#observe()],
      deny: [deny],
      contain: [probe('try_before'), deny, end, probe('try_after')],
      revoke: [deny, end, drop],
      restore: [allow],
    }
  }

  /** Sessions that it saw, a minute apart. */
  #observe(): TargetStep {
    const seenBy = ({ subject, seen = [] }: StepCall): number[] => [
      ...(seen as number[]),
      this.accounts.get(subject.account)?.sessions ?? 0,
    ]
    return {
      name: 'observe',
      title: 'observe',
      asksOnly: true,
      look: async () => ({ already: false, statements: [], touches: [], before: null }),
      act: async () => undefined,
      goOn: this.#called('observe', 'goOn', async (call) => {
        const now = call.clock()
        if (call.until === undefined || now >= call.until) return undefined
        return { seen: seenBy(call), again: new Date(Date.parse(now) + 60_000).toISOString() as Instant }
      }),
      verify: async (call) => ({ effect: 'verified', answer: `seen ${seenBy(call).join(', ')}` }),
    }
  }

  #change(
    name: string,
    act: (account: AccountInTest) => unknown,
    isSo: (account: AccountInTest) => boolean,
  ): TargetStep {
    const of = ({ subject }: Pick<StepCall, 'subject'>): AccountInTest => {
      const account = this.accounts.get(subject.account)
      if (account === undefined) throw new Error('no such account')
      return account
    }
    return {
      name,
      title: name,
      look: this.#called(name, 'look', async (call) => ({
        already: false,
        statements: [`${name} ${call.subject.account}`],
        touches: [call.subject.account],
        before: this.blocked.has(name) ? null : { mayLogIn: of(call).mayLogIn },
        ...(this.blocked.has(name) && { blocked: { reason: 'it cannot be', next: 'look at the name' } }),
      })),
      act: this.#called(name, 'act', async (call) => {
        this.found.set(name, call.found)
        act(of(call))
      }),
      verify: this.#called(name, 'verify', async (call): Promise<StepVerdict> =>
        isSo(of(call))
          ? { effect: 'verified', answer: 'it is so' }
          : { effect: 'unproven', reason: 'it is not so', next: 'look' },
      ),
      undo: this.#called(name, 'undo', async (call): Promise<StepVerdict> => {
        of(call).mayLogIn = (call.before as { mayLogIn: boolean }).mayLogIn
        return { effect: 'verified', answer: 'as it was' }
      }),
    }
  }

  #probe(name: string, { subject, credential }: Pick<StepCall, 'subject' | 'credential'>): StepVerdict {
    const account = this.accounts.get(subject.account)
    if (credential === undefined)
      return { effect: 'unproven', reason: 'changed, not probed: no credential was offered', next: 'offer it' }
    const accepted = account?.mayLogIn === true && account.password === credential.secret()
    if (name === 'try_before') return { effect: 'verified', answer: accepted ? 'accepted' : 'refused (28000)' }
    if (accepted) return { effect: 'unproven', reason: 'it still lets in', next: 'look' }
    return { effect: 'verified', answer: 'refused (28000)' }
  }

  #called<C, T>(step: string, verb: string, work: (call: C) => Promise<T>): (call: C) => Promise<T> {
    return async (call) => {
      const what = `${verb} ${step}`
      this.calls.push(what)
      await this.before(what)
      const answer = await work(call)
      this.after(what)
      return answer
    }
  }
}
