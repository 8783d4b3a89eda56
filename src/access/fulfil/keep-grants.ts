// The grants that are due: those that a target has to be told of, and those whose time is over. Each is carried by itself, so that
// a target that hangs keeps only its own waiting.
import { setTimeout as sleep } from 'node:timers/promises'
import { AtOnce } from './at-once.ts'
import { dueGrants, endThoseOver, untrusted } from './due-grants.ts'
import { carry } from './steps.ts'
import type { Fulfilling, Pass } from './steps.ts'
import { StepWriter } from './write-steps.ts'
import type { CurrentGrant } from '../grant/write-grants.ts'

/** Of one target in one pass. */
const BATCH = 500
/** Calls of one target at once, of each kind. */
const CALLS_AT_ONCE = 64
/** A pass ends though a target has not answered: what is due elsewhere does not wait for it. */
const PASS_MS = 250

/** Those that are carried here. By one process at a time: whoever holds the lock of grants. */
export class GrantKeeper {
  readonly #underWay = new Map<string, CurrentGrant>()
  readonly #turns = new Map<string, AtOnce>()
  readonly #carried = new Set<Promise<unknown>>()
  readonly #passMs: number
  #failure: unknown

  constructor(passMs = PASS_MS) {
    this.#passMs = passMs
  }

  /** `work.signal` ends it between two steps. Throws what one of them met, also in an earlier pass. */
  async pass(work: Fulfilling): Promise<'more' | 'done'> {
    const over = await endThoseOver(work.access, BATCH)
    const due = await dueGrants(work.access, this.#busy(), BATCH)
    // one may be both: its time is over, and who has it is held
    const all = new Map([...due, ...(await untrusted(work, BATCH))].map((grant) => [grant.id, grant]))
    const pass = this.#passOf(work)
    let moved = false
    const carried = [...all.values()]
      .filter(({ id }) => !this.#underWay.has(id))
      .map(async (grant) => {
        moved = (await this.#carryOne(pass, grant)) || moved
      })
    await this.#inTime(carried)
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
    // where none could go on, asking again at once would only ask again
    return over === BATCH || moved ? 'more' : 'done'
  }

  async settled(): Promise<void> {
    while (this.#carried.size > 0) await Promise.all(this.#carried)
  }

  /** Never throws. */
  async #inTime(carried: readonly Promise<void>[]): Promise<void> {
    if (carried.length === 0) return
    const all = Promise.all(
      carried.map(async (one) => {
        await one.catch((error: unknown) => {
          this.#failure ??= error
        })
      }),
    )
    this.#carried.add(all)
    const settled = all.finally(() => this.#carried.delete(all))
    const timer = new AbortController()
    await Promise.race([settled, sleep(this.#passMs, undefined, { signal: timer.signal }).catch(() => undefined)])
    timer.abort()
  }

  /** Answers whether it went on. */
  async #carryOne(pass: Pass, grant: CurrentGrant): Promise<boolean> {
    const target = pass.access.fulfillers?.find(({ name }) => name === grant.data.fulfilment?.by)
    if (target === undefined) return false
    this.#underWay.set(grant.id, grant)
    try {
      return await carry(pass, grant, target)
    } finally {
      this.#underWay.delete(grant.id)
    }
  }

  #busy(): { readonly ids: string[]; readonly targets: string[] } {
    const byTarget = Map.groupBy(this.#underWay.values(), ({ data }) => data.fulfilment?.by ?? '')
    const targets = [...byTarget].filter(([, grants]) => grants.length >= BATCH).map(([name]) => name)
    return { ids: [...this.#underWay.keys()], targets }
  }

  #passOf(work: Fulfilling): Pass {
    return {
      ...work,
      steps: new StepWriter(work.access),
      turnsOf: ({ name }, what) => {
        const key = `${what} ${name}`
        const known = this.#turns.get(key) ?? new AtOnce(CALLS_AT_ONCE)
        this.#turns.set(key, known)
        return known
      },
    }
  }
}
