// Reads that were refused, as entries: the first at once, and what the same subject is refused again within a minute as one
// entry with a count. Whoever repeats a refused read would else write the log full. In memory: what is pending is written
// when the server stops.
import type { Actor } from '#kernel'
import { noteRefusal } from '#access/records'
import type { Refusal } from '#access/records'
import type { Doors } from './doors.ts'

const WINDOW_MS = 60_000
/** Beyond these, each is written at once. */
const KEYS_MAX = 10_000
const SUBJECTS_MAX = 20

interface Pending {
  readonly actor: Actor
  readonly refusal: Refusal
  readonly subjects: Set<string>
  /** When its last entry was written. */
  since: number
  count: number
}

type Write = (actor: Actor, refusal: Refusal) => Promise<void>

export class RefusedReads {
  readonly #pending = new Map<string, Pending>()
  readonly #write: Write
  readonly #now: () => number
  #timer: NodeJS.Timeout | undefined

  constructor(write: Write, now: () => number = () => performance.now()) {
    this.#write = write
    this.#now = now
  }

  async note(actor: Actor, refusal: Refusal): Promise<void> {
    // who asks, for what and why not; and with which token, which an entry names
    const key = JSON.stringify([actor.id, actor.onBehalfOf ?? null, refusal.tokenId, refusal.operation, refusal.code])
    const known = this.#pending.get(key)
    if (known !== undefined) {
      known.count += 1
      for (const subject of refusal.subjects) if (known.subjects.size < SUBJECTS_MAX) known.subjects.add(subject)
      return
    }
    if (this.#pending.size < KEYS_MAX) {
      this.#pending.set(key, { actor, refusal, subjects: new Set(), since: this.#now(), count: 0 })
      this.#timer ??= setInterval(() => void this.flush().catch(() => undefined), WINDOW_MS).unref()
    }
    try {
      await this.#write(actor, refusal)
    } catch (error) {
      this.#pending.delete(key)
      throw error
    }
  }

  /** Writes what is due; with `all`, everything. What cannot be written stays for the next time. */
  async flush(all = false): Promise<void> {
    const now = this.#now()
    for (const [key, pending] of this.#pending) {
      if (!all && now - pending.since < WINDOW_MS) continue
      const { actor, refusal, count } = pending
      if (count === 0) this.#pending.delete(key)
      else {
        const subjects = [...pending.subjects]
        // counted on from here, also by requests that come while this is written
        pending.count = 0
        pending.subjects.clear()
        pending.since = now
        try {
          await this.#write(actor, { ...refusal, subjects, count })
        } catch (error) {
          pending.count += count
          throw error
        }
      }
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush(true)
  }
}

const OF = new WeakMap<Doors, RefusedReads>()

/** The one of a server. */
export function refusedReadsOf(doors: Doors): RefusedReads {
  const known = OF.get(doors) ?? new RefusedReads((actor, refusal) => noteRefusal(doors.access, actor, refusal))
  OF.set(doors, known)
  return known
}
